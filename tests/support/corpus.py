"""What tests read, ingest, index and search: orders to a fake reader, drawings, odd texts."""

import io
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from fpdf import FPDF
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from pipeline.chunking.chunk import Chunk, ChunkTable, write_chunks
from pipeline.documents.document import Document, Page, Reading
from pipeline.documents.ingestion import ingest
from pipeline.documents.raw_files import RawEntry
from pipeline.documents.report import IngestReport
from pipeline.documents.source import ReadingCache, ReadingSource
from pipeline.documents.worker import MachineLimits
from pipeline.encoders.reranker import Reranker
from pipeline.files import directory_hash, folder_files, hash_file, hash_text
from pipeline.params import (
    CleaningParams,
    IndexParams,
    IngestParams,
    OcrParams,
    RetrievalParams,
    parse_section,
)
from pipeline.retrieval.lexical_index import LexicalIndex, build_lexical_index
from pipeline.retrieval.ranking import Search
from pipeline.retrieval.retriever import ComposedRetriever
from pipeline.retrieval.search import open_search
from pipeline.retrieval.vector_index import VectorIndex, build_index
from pipeline.versions.store import VersionStore
from tests.fakes import BagOfWordsEncoder, directed_readers
from tests.support.versions import SETTINGS

INGEST = IngestParams(
    exclude=("*.tmp", "drafts/*"),
    max_megabytes=1,
    max_unpacked_megabytes=1000,
    max_pages=5000,
    max_megapixels=100,
    near_duplicate=0.9,
    tags={},
)
OCR = OcrParams(mode="auto", resolution=200, discard=0.5, threshold=0.8)
CLEANING = CleaningParams(ligatures=True, hyphenation=True, repeated_lines=True, whitespace=True)
LETTER = ("The pump hums at night.", "Tighten seven screws.", "Call us in spring.")
"""Lines that are drawn large enough to be read without fault."""
MODES = ("dense", "lexical", "hybrid")
QUESTIONS = {
    "empty": "",
    "blank": " ",
    "stop words": "the of and",
    "one character": "x",
    "one Chinese character": "保",
    "Chinese": "保証期間",
    "half a character": "\udce9",
    "10,000 words": "pump " * 10_000,
}
_FRAGMENTS = (
    "pump ",
    "The pump stops. ",
    "E-4471",
    "été",
    "保証期間。",
    "👩‍👩‍👧",
    "\n",
    "\n\n",
    "   ",
    "\t",
    "...",
    "x" * 50,
    "don't ",
    "\u0301",
    "\u200d",
    "ﷺ",
    "<|endoftext|>",
    "\0",
    "\u2028",
    "\x85",
    ", ",
    ";",
    "1234567",
)
ODD_TEXTS = st.one_of(
    st.text(max_size=200),
    st.lists(st.sampled_from(_FRAGMENTS), max_size=80).map("".join),
    st.text(" \n\t\u00a0", max_size=30),
    st.integers(1, 3000).map(lambda length: "ab" * length),
)


def write_orders(folder: Path, orders: Mapping[str, str]) -> Path:
    raw = folder / "raw"
    for name, order in orders.items():
        (raw / name).parent.mkdir(parents=True, exist_ok=True)
        (raw / name).write_text(order)
    return raw


def ingest_orders(
    folder: Path,
    orders: Mapping[str, str],
    limits: MachineLimits = MachineLimits(2),  # noqa: B008 (frozen)
    ocr: OcrParams = OCR,
    cleaning: CleaningParams = CLEANING,
) -> tuple[list[Document], IngestReport]:
    """Ingest files; what was read is recorded in `folder/record`, and cached."""
    cache = ReadingCache(folder / "readings", ocr.model_dump())
    readers = partial(directed_readers, folder / "record")
    source = ReadingSource(readers, cache, limits)
    return ingest(write_orders(folder, orders), source, INGEST, ocr, cleaning)


def reads(folder: Path) -> list[str]:
    """Return what was read since this was asked last."""
    record = folder / "record"
    lines = record.read_text().splitlines() if record.exists() else []
    record.unlink(missing_ok=True)
    return sorted(lines)


def directed_tasks(folder: Path, orders: Mapping[str, str]) -> list[RawEntry]:
    """Write an order into a file each, and return what a pool is given of it."""
    tasks = []
    for name, order in orders.items():
        path = folder / f"{name}.do"
        path.write_text(order)
        tasks.append(RawEntry(path, path.name, len(order), sha256=hash_file(path)))
    return tasks


def ingest_params(**changes: Any) -> IngestParams:
    """Return the limits of tests, with changes."""
    return parse_section(IngestParams, "ingest", {**SETTINGS["ingest"], **changes})


def ocr_params(**changes: Any) -> OcrParams:
    """Return how tests recognise text, with changes."""
    return parse_section(OcrParams, "ocr", {**SETTINGS["ocr"], **changes})


def drawn(lines: Sequence[str] = LETTER, size: int = 26, width: int = 420) -> Image.Image:
    """Draw lines in black on white, 1.6 times their size from one to the next."""
    image = Image.new("RGB", (width, int((len(lines) + 1) * size * 1.6)), "white")
    for number, line in enumerate(lines):
        write(image, (20, int((number + 0.5) * size * 1.6)), line, size)
    return image


def write(image: Image.Image, place: tuple[int, int], text: str, size: int = 26) -> None:
    """Write into an image in a font that has every European letter."""
    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    font = ImageFont.truetype(str(fonts / "DejaVuSans.ttf"), size)
    ImageDraw.Draw(image).text(place, text, fill="black", font=font)


def encoded(image: Image.Image, form: str, **options: Any) -> bytes:
    """Return the bytes of an image file."""
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def scan(image: Image.Image, header: str = "", share: float = 1.0) -> bytes:
    """Return a PDF of one page, an image over a share of its height below a header as text."""
    width, height = 0.5 * image.width, 0.5 * image.height
    file = FPDF(unit="pt", format=(width, height / share))
    file.set_auto_page_break(False)
    file.set_margin(0)
    file.add_page()
    file.image(image, 0, (1 / share - 1) * height, width, height)
    file.set_font("helvetica", size=9)
    if header:
        file.text(4, 10, header)
    return bytes(file.output())


def paged(pages: Sequence[str], between: str = "\n\n") -> Reading:
    """Join pages as a reader of PDF does."""
    spans, position = [], 0
    for number, text in enumerate(pages, start=1):
        spans.append(Page(number, position, position + len(text)))
        position += len(text) + len(between)
    return Reading(between.join(pages), tuple(spans))


def page_texts(reading: Reading) -> list[str]:
    """Return the text of each page."""
    return [reading.text[page.start : page.end] for page in reading.pages]


def retrieval_params(**changes: Any) -> RetrievalParams:
    """Return the tests' settings of retrieval, changed."""
    return parse_section(RetrievalParams, "retrieval", {**SETTINGS["retrieval"], **changes})


def text_chunks(texts: Sequence[str], document: str | None = None) -> list[Chunk]:
    """Return a chunk for each text: of Documents of their own, or following in one of a line each.

    The first are called `0.md`, `1.md`, ...
    """
    chunks, start = [], 0
    for row, text in enumerate(texts):
        path = document or f"{row}.md"
        at = start if document else 0
        gap = "\n" if document and row + 1 < len(texts) else ""
        chunks.append(
            Chunk(
                f"c{row}", path, path, at, at + len(text), text, hash_text(text), None, (), gap=gap
            )
        )
        start += len(text) + 1
    return chunks


@dataclass(frozen=True)
class SearchedCorpus:
    """What retrieval needs of a Version."""

    chunks: ChunkTable
    index: VectorIndex
    lexical: LexicalIndex

    def search(self, params: RetrievalParams) -> Search:
        return open_search(self.chunks, BagOfWordsEncoder(), self.index, self.lexical, params)

    def retriever(self, reranker: Reranker | None = None, **changes: Any) -> ComposedRetriever:
        params = retrieval_params(**changes)
        return ComposedRetriever(self.search(params), self.chunks, self.index, params, reranker)


def searched_corpus(folder: Path, chunks: Sequence[Chunk], **changes: Any) -> SearchedCorpus:
    """Index chunks, with the tests' settings of the index, changed."""
    params = parse_section(IndexParams, "index", {**SETTINGS["index"], **changes})
    write_chunks(folder / "chunks.parquet", chunks)
    texts = [chunk.indexed_text for chunk in chunks]
    vectors = np.zeros((0, BagOfWordsEncoder.dimension), dtype=np.float32)
    return SearchedCorpus(
        ChunkTable.read(folder / "chunks.parquet"),
        build_index(BagOfWordsEncoder().encode(texts) if texts else vectors, params),
        build_lexical_index(texts, params),
    )


def stored_documents(cache: Path, *works: Path) -> VersionStore:
    """Keep the Documents of the folders that `build_version` worked in."""
    for work in works:
        files = folder_files(work / "documents")
        rows = []
        for name, path in files.items():
            digest = hash_file(path, "md5")
            rows.append({"md5": digest, "relpath": name})
            shutil.copyfile(path, _object(cache, digest))
        _object(cache, directory_hash(files)).write_text(json.dumps(rows), encoding="utf-8")
    return VersionStore(cache)


def _object(cache: Path, digest: str) -> Path:
    path = cache / "files" / "md5" / digest[:2] / digest[2:]
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def clustered(rows: int, dimension: int, seed: int = 7) -> NDArray[np.float32]:
    """Draw unit vectors, shape [rows, dimension], around one centre for every hundred rows."""
    random = np.random.default_rng(seed)
    centres = 1.25 * random.standard_normal((max(rows // 100, 1), dimension), dtype=np.float32)
    vectors = random.standard_normal((rows, dimension), dtype=np.float32)
    vectors += centres[random.integers(0, len(centres), rows)]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors
