"""Docling backend: a file to Markdown by one of docling's backends, page by page."""

import importlib
import io
import logging
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pipeline.documents.readers.text import TOO_DEEP, check_depth
from pipeline.errors import ReadError, lasting_line

# Each backend starts LibreOffice where it finds one, unless it has looked for it already.
_CONVERTER_SOUGHT = (
    "docx_to_pdf_converter_init",
    "pptx_to_pdf_converter_init",
    "xlsx_to_pdf_converter_init",
)
_OPEN_SHEET = "sheet: "
_BREAK = "\n\n"
_BAR = ("&#124;", "\\|")
_UNUSED = ("torch", "transformers")
# The container was measured before; docling's own limits are narrower and not ours.
_UNLIMITED = dict.fromkeys(("max_total_bytes", "max_file_bytes", "max_member_count"), sys.maxsize)


@dataclass(frozen=True, slots=True)
class Backend:
    """One of docling's backends, by what the names of its module and classes begin with.

    `options` is that of its class of options where it is another one's; `settings` go into them.
    `packed` formats are zip containers; `paged` ones consist of slides or sheets.
    """

    format: str
    module: str
    name: str
    options: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    packed: bool = True
    paged: bool = False


def convert(backend: Backend, content: bytes, max_pages: int) -> list[str]:
    """Return the Markdown of each slide or sheet, or of the whole as the only one.

    Nothing is fetched, no program is started, and nothing is logged.

    Raises:
        ReadError: the content is broken, nested too deeply, or has too many pages.
    """
    with _quiet():
        try:
            opened = _opened(backend, content)
            pages = opened.page_count() if backend.paged else 1
            if pages > max_pages:
                raise ReadError(
                    f"it has {pages:,} pages, more than `ingest.max_pages` ({max_pages:,})"
                )
            return _markdown(opened.convert(), backend.paged)
        except ReadError:
            raise
        except Exception as error:
            # Zip, XML and every format's library raise their own; docling adds nothing to them.
            raise ReadError(_reason(error, backend.format.upper())) from None


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what docling and its libraries log and warn of from the user."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _opened(backend: Backend, content: bytes) -> Any:
    with _unused_hidden():
        from docling.backend.noop_backend import NoOpBackend
        from docling.datamodel import backend_options
        from docling.datamodel.base_models import InputFormat
        from docling.datamodel.document import InputDocument

        module = importlib.import_module(f"docling.backend.{backend.module}_backend")
    known = InputDocument(
        path_or_stream=io.BytesIO(content),
        format=InputFormat(backend.format),
        backend=NoOpBackend,
        filename=f"document.{backend.format}",
    )
    kind = getattr(backend_options, f"{backend.options or backend.name}BackendOptions")
    limits = {name: value for name, value in _UNLIMITED.items() if name in kind.model_fields}
    opened = getattr(module, f"{backend.name}DocumentBackend")(
        in_doc=known,
        path_or_stream=io.BytesIO(content),
        options=kind(**limits, **backend.settings),
    )
    for sought in _CONVERTER_SOUGHT:
        if hasattr(opened, sought):
            setattr(opened, sought, True)
    for page in getattr(getattr(opened, "mail", None), "text_html", ()):
        check_depth(page)
    return opened


@contextmanager
def _unused_hidden() -> Iterator[None]:
    """Hide libraries that docling's settings import where they find them.

    They cost 1.6 seconds and 220 MB a process, for models that no backend here uses.
    """
    hidden = [name for name in _UNUSED if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)


def _markdown(document: Any, paged: bool) -> list[str]:
    from docling_core.transforms.serializer.markdown import MarkdownDocSerializer, MarkdownParams
    from docling_core.types.doc.common.content_layer import ContentLayer

    shown = {ContentLayer.BODY, ContentLayer.NOTES}
    serializer = MarkdownDocSerializer(
        doc=document,
        params=MarkdownParams(
            layers=shown,
            image_placeholder="",
            escape_html=False,
            escape_underscores=False,
            compact_tables=True,
        ),
    )
    if not paged:
        return [serializer.serialize().text.replace(*_BAR).strip()]
    heads, texts = list[str](), list[list[str]]()
    for reference in document.body.children:
        item = reference.resolve(document)
        if item.label.value != "comment_section":
            # Every other child of the body is a slide or a sheet, also an empty or hidden one.
            heads.append(_sheet_heading(item))
            texts.append([])
        texts[-1].append(serializer.serialize(item=item).text)
    bodies = (_BREAK.join(filter(None, parts)) for parts in texts)
    pages = (head + body if body else "" for head, body in zip(heads, bodies, strict=True))
    return [page.replace(*_BAR).strip() for page in pages]


def _sheet_heading(group: Any) -> str:
    name = str(group.name)
    is_sheet = group.label.value == "sheet" or name.startswith(_OPEN_SHEET)
    return f"## {name.removeprefix(_OPEN_SHEET)}{_BREAK}" if is_sheet else ""


def _reason(error: BaseException, form: str) -> str:
    """Return the innermost reason in one line, as docling wraps what its libraries raise.

    Raises:
        MemoryError: that is the reason, which is no fault of the file.
    """
    while error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, MemoryError):
        raise error
    if isinstance(error, RecursionError):
        return TOO_DEEP
    return f"not readable as {form}: {lasting_line(error, 160) or type(error).__name__}"
