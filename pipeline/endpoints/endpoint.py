"""Endpoint: where a language model is asked, with which key, and how patiently."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import urlsplit

from pipeline.endpoints.limits import KINDS, Kind
from pipeline.errors import PrerequisiteError

Provider = Literal["groq", "openai"]

_ADDRESSES = {"groq": "https://api.groq.com", "openai": "https://api.openai.com/v1"}


@dataclass(frozen=True)
class Endpoint:
    """A model's endpoint; its key is never shown."""

    provider: Provider
    base_url: str
    key: str = field(repr=False)
    silence: float = 30.0
    """Seconds without a byte that count as a stall."""
    attempts: int = 8
    """Times that a call is made before its failure is final."""
    calls: int = 8
    """Calls at the same time."""
    wait: float = 300.0
    """Seconds that a rate limit is waited for at most."""
    per_minute: Mapping[Kind, int] = field(default_factory=dict)
    """Requests and tokens that are allowed, beside what the endpoint itself says."""

    @property
    def key_variable(self) -> str:
        """The environment variable that holds the key."""
        return f"{self.provider.upper()}_API_KEY"

    @property
    def url_variable(self) -> str:
        """The environment variable that holds the address."""
        return f"{self.provider.upper()}_BASE_URL"


def endpoint_at(provider: Provider, environ: Mapping[str, str]) -> Endpoint:
    """Return the endpoint that the environment names.

    Raises:
        PrerequisiteError: its key is missing, or a variable cannot be used.
    """
    endpoint = Endpoint(provider, _ADDRESSES[provider], "")
    address = environ.get(endpoint.url_variable, "").strip()
    key = environ.get(endpoint.key_variable, "").strip()
    if not key and (provider == "groq" or not address):
        other = "" if provider == "groq" else ", or OPENAI_BASE_URL to a server that needs no key"
        raise PrerequisiteError(f"{endpoint.key_variable} is not set: set it to your key{other}")
    if not re.fullmatch(r"[!-~]*", key):
        raise PrerequisiteError(
            f"{endpoint.key_variable} holds a blank or a sign outside ASCII: set it"
        )
    return replace(
        endpoint,
        base_url=_address(endpoint, address) if address else endpoint.base_url,
        key=key,
        silence=_number(environ, "WINNOW_MODEL_SECONDS", 30.0),
        attempts=_count(environ, "WINNOW_MODEL_ATTEMPTS") or 8,
        calls=calls_at_once(environ),
        wait=_number(environ, "WINNOW_MODEL_WAIT", 300.0),
        per_minute={
            kind: most
            for kind in KINDS
            if (most := _count(environ, f"WINNOW_{kind.upper()}_PER_MINUTE"))
        },
    )


def calls_at_once(environ: Mapping[str, str]) -> int:
    """Return how many calls may be made at the same time.

    Raises:
        PrerequisiteError: WINNOW_MODEL_CALLS is no count.
    """
    return _count(environ, "WINNOW_MODEL_CALLS") or 8


def _address(endpoint: Endpoint, address: str) -> str:
    """Return an address without the parts that the SDK adds; what it may hold is never shown."""
    try:
        parts = urlsplit(address)
        plain = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        plain = False
    if not plain or "@" in parts.netloc or parts.query or parts.fragment:
        raise PrerequisiteError(
            f"{endpoint.url_variable} must be like https://host/path, without a password or a "
            f"query: set it, and put the key into {endpoint.key_variable}"
        )
    address = address.rstrip("/")
    return address.removesuffix("/openai/v1") if endpoint.provider == "groq" else address


def _number(environ: Mapping[str, str], variable: str, default: float) -> float:
    text = environ.get(variable, "").strip()
    try:
        number = float(text) if text else default
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise PrerequisiteError(f"{variable} is {text!r}: set it to a number of seconds above 0")
    return number


def _count(environ: Mapping[str, str], variable: str) -> int | None:
    text = environ.get(variable, "").strip()
    if not text:
        return None
    if not text.isdecimal() or not int(text):
        raise PrerequisiteError(f"{variable} is {text!r}: set it to a whole number above 0")
    return int(text)
