"""Rendering: templates to HTML in which nothing a Document says can become markup."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from app.display.answers import words
from app.display.scorecards import number
from pipeline.endpoints.price import dollars

_TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **values: object) -> str:
    """Fill a template of `templates/`; every value is escaped, a missing one is an error."""
    return _environment().get_template(template + ".html").render(**values)


def duration(seconds: float) -> str:
    """Write seconds as a person would say them: 12 ms, 1.4 s, 2 min 5 s."""
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms" if seconds >= 0.001 else "<1 ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def moment(epoch: float) -> str:
    """Write seconds since the epoch as a date and time of this machine's zone."""
    return datetime.fromtimestamp(epoch, UTC).astimezone().strftime("%d %b %Y, %H:%M")


def short(version: str) -> str:
    """Return the first eight digits of a version id, enough to tell Versions apart."""
    return version[:8]


def coded(message: str) -> Markup:
    """Escape a message and set what stands between backticks as code."""
    parts = [escape(part) for part in message.split("`")]
    return Markup("").join(
        Markup("<code>{}</code>").format(part)
        if at % 2 and at < len(parts) - 1
        else (Markup("`") + part if at % 2 else part)
        for at, part in enumerate(parts)
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for function in (number, duration, moment, words, short, coded, dollars):
        environment.filters[function.__name__] = function
    return environment
