"""Server: the workbench on a port, for as long as it is wanted."""

import contextlib
import os
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.library import Library
from app.workbench.workbench import Workbench
from pipeline.errors import PrerequisiteError

if TYPE_CHECKING:
    import gradio as gr

_HERE = Path(__file__).parent
_SHEETS = ("style.css", "answers.css")
_COLOURS = {
    "body_background_fill": "var(--w-paper)",
    "body_text_color": "var(--w-ink)",
    "body_text_color_subdued": "var(--w-soft)",
    "background_fill_primary": "var(--w-sheet)",
    "background_fill_secondary": "var(--w-paper)",
    "border_color_primary": "var(--w-line)",
    "block_background_fill": "transparent",
    "block_border_color": "transparent",
    "block_label_text_color": "var(--w-soft)",
    "block_title_text_color": "var(--w-soft)",
    "block_info_text_color": "var(--w-soft)",
    "input_background_fill": "var(--w-sheet)",
    "input_background_fill_focus": "var(--w-sheet)",
    "input_border_color": "var(--w-edge)",
    "input_border_color_focus": "var(--w-focus)",
    "input_placeholder_color": "var(--w-faint)",
    "button_primary_background_fill": "var(--w-ink)",
    "button_primary_background_fill_hover": "var(--w-ink-hover)",
    "button_primary_text_color": "var(--w-sheet)",
    "button_primary_border_color": "var(--w-ink)",
    "button_secondary_background_fill": "var(--w-sheet)",
    "button_secondary_background_fill_hover": "var(--w-hover)",
    "button_secondary_text_color": "var(--w-ink)",
    "button_secondary_border_color": "var(--w-edge)",
}


@dataclass(frozen=True, slots=True)
class Server:
    """A workbench that is being served at `url`."""

    url: str
    page: "gr.Blocks"

    def close(self) -> None:
        """Stop serving and free the port."""
        self.page.close(verbose=False)


def launch(
    library: Library, host: str, port: int, announce: Callable[[str], None] | None = None
) -> None:
    """Serve the workbench until Ctrl+C.

    Args:
        library: what to show.
        host: the address to listen on; 127.0.0.1 keeps it to this machine.
        port: the port to listen on.
        announce: called once with the address that is served.

    Raises:
        PrerequisiteError: the port is in use or may not be opened.
    """
    with contextlib.closing(start(library, host, port)) as server:
        if announce:
            announce(server.url)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


def start(library: Library, host: str, port: int) -> Server:
    """Serve the workbench in the background; see `launch`."""
    _check_port(host, port)
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    from app.workbench.layout import build_page

    page = build_page(Workbench(library))
    try:
        page.queue(default_concurrency_limit=8).launch(
            server_name=host,
            server_port=port,
            prevent_thread_lock=True,
            share=False,
            inbrowser=False,
            quiet=True,
            footer_links=[],
            ssr_mode=False,
            pwa=False,
            theme=_theme(),
            head=_head(),
            favicon_path=_HERE / "favicon.svg",
        )
    except OSError as error:
        raise _port_error(host, port, str(error)) from None
    shown = "localhost" if host in ("0.0.0.0", "::") else host
    return Server(f"http://{shown}:{port}/", page)


def _theme() -> Any:
    """Return gradio's plain theme with every visible colour tied to a variable of style.css.

    Its font files are served by gradio itself, so nothing is fetched from elsewhere.
    """
    import gradio as gr

    values = _COLOURS | {f"{name}_dark": value for name, value in _COLOURS.items()}
    base = gr.themes.Base(
        text_size="sm",
        spacing_size="sm",
        radius_size="sm",
        # Of the weights that gradio carries, only these two hold Latin letters.
        font=(gr.themes.LocalFont("IBM Plex Sans", weights=(400, 700)), "system-ui", "sans-serif"),
        font_mono=(gr.themes.LocalFont("IBM Plex Mono", weights=(400, 700)), "monospace"),
    )
    return base.set(**values)


def _head() -> str:
    """Return the style sheets as they are: gradio's `css` would rewrite their selectors."""
    sheets = [(_HERE / name).read_text(encoding="utf-8") for name in _SHEETS]
    return "<style>" + "".join(sheets) + "</style>"


def _check_port(host: str, port: int) -> None:
    """Ask for the port before gradio is imported: its own error comes late and says less."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise _port_error(host, port, error.strerror or str(error)) from None


def _port_error(host: str, port: int, reason: str) -> PrerequisiteError:
    return PrerequisiteError(
        f"the workbench cannot listen on {host}:{port} ({reason.lower()}); stop what uses "
        f"port {port}, or choose another with `--port {port + 1}`"
    )
