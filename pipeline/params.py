"""The sections of params.yaml that determine a Version, as frozen models."""

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipeline.errors import ParamsError


class Frozen(BaseModel):
    """What a file holds: it does not change, and neither an unknown key nor NaN is taken."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ParamsSection(Frozen):
    """One section of params.yaml: every key is required."""


SectionT = TypeVar("SectionT", bound=BaseModel)


def read_mapping(path: Path) -> dict[str, Any]:
    """Read params.yaml as it stands, unvalidated.

    Raises:
        ParamsError: the file is missing or no mapping of sections.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ParamsError(f"{path} does not exist; restore it with `git checkout {path}`") from None
    except yaml.YAMLError as error:
        raise ParamsError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ParamsError(f"{path} cannot be read ({error}); save it as UTF-8 text") from None
    if not isinstance(content, dict):
        raise ParamsError(f"{path} must hold sections like `chunk:`, not {type(content).__name__}")
    return content


def parse_section(model: type[SectionT], name: str, value: object) -> SectionT:
    """Validate one section, saying every fault in one line.

    Raises:
        ParamsError: naming each unknown, missing or impossible key.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        known = list(model.model_fields)
        faults = [_fault(name, dict(each), known) for each in error.errors()]
        raise ParamsError("params.yaml: " + "; ".join(faults)) from None


def read_section(path: Path, name: str, model: type[SectionT]) -> SectionT:
    """Read and validate the section `name` of params.yaml."""
    content = read_mapping(path)
    if name not in content:
        hint = _suggest(name, [str(section) for section in content])
        raise ParamsError(f"{path} lacks the section `{name}`{hint}")
    return parse_section(model, name, content[name])


def _fault(section: str, fault: Mapping[str, Any], known: list[str]) -> str:
    key = ".".join([section, *map(str, fault["loc"])])
    if fault["type"] == "extra_forbidden":
        leaf = str(fault["loc"][-1])
        return f"unknown key `{key}`{_suggest(leaf, known)}"
    if fault["type"] == "missing":
        return f"missing key `{key}`"
    message = str(fault["msg"]).removeprefix("Value error, ")
    return f"`{key}` is {fault['input']!r}: {message}"


def _suggest(word: str, known: list[str]) -> str:
    close = get_close_matches(word, known, n=1, cutoff=0.6)
    return f" (did you mean `{close[0]}`?)" if close else f" (known: {', '.join(known)})"


class IngestParams(ParamsSection):
    """What `ingest` reads."""

    exclude: tuple[str, ...]
    """Glob patterns, relative to the raw folder, of files that are no documents."""
    max_megabytes: int = Field(gt=0)
    """A larger file is quarantined."""
    max_unpacked_megabytes: int = Field(gt=0)
    """An archive (DOCX, EPUB, ...) that unpacks to more is quarantined."""
    max_pages: int = Field(gt=0)
    """A file of more pages, slides, sheets or frames is quarantined."""
    max_megapixels: int = Field(gt=0)
    """A larger image is quarantined; a larger page of a PDF is drawn smaller."""
    near_duplicate: float = Field(gt=0.0, le=1.0)
    """Documents that share at least this much of their text are reported."""
    tags: dict[str, tuple[str, ...]]
    """Tag to the glob patterns, relative to the raw folder, of the Documents that carry it."""


class OcrParams(ParamsSection):
    """How text in images is recognised."""

    mode: Literal["auto", "never", "always"]
    """`auto` recognises pages without a usable text layer."""
    resolution: int = Field(ge=72, le=600)
    """Dots per inch that a page is drawn in."""
    discard: float = Field(ge=0.0, le=1.0)
    """Lines recognised with less confidence are left out."""
    threshold: float = Field(ge=0.0, le=1.0)
    """Pages of less confidence are reported as low."""


class CleaningParams(ParamsSection):
    """What is made good in a text before it is stored."""

    ligatures: bool
    """Letters drawn as one become two, invisible characters go."""
    hyphenation: bool
    """Words divided at a line's end become whole."""
    repeated_lines: bool
    """Headers and footers that many pages share go."""
    whitespace: bool
    """Runs of blanks and of empty lines become one."""


class ChunkParams(ParamsSection):
    """How `chunk` cuts a Document."""

    method: Literal[
        "recursive", "token", "document", "sentence", "headings", "semantic", "small_to_big"
    ]
    """Of cutting, see `pipeline/chunking/division.py`.

    `recursive` cuts at paragraphs, sentences and words; `token` at words; `document` not at all.
    `sentence` makes a chunk of each sentence and answers from those around it too; `headings` never
    crosses a heading; `semantic` cuts where the meaning changes; `small_to_big` cuts small chunks
    and answers from the larger chunk, its parent, that holds them.
    """
    size: int = Field(ge=8)
    """Tokens in a chunk at most, summed over the sentences or words that it is merged of.

    A chunk counted as a whole can have a token more, as tokens do not always end where those
    did. `document` keeps a Document whole, whatever its size.
    """
    overlap: int = Field(ge=0)
    """Tokens that a chunk repeats of its predecessor at most.

    `document` and `sentence` repeat nothing, and a chunk of `headings`, `semantic` or
    `small_to_big` only what stands in the same section, run of one meaning or parent.
    """
    tokenizer: str = Field(min_length=1)
    """`cl100k_base`, or the name of a sentence-transformers model whose tokenizer counts."""
    window: int = Field(ge=0)
    """Of `sentence`: sentences on either side that an answer is made from besides the one found."""
    parent: int = Field(ge=8)
    """Of `small_to_big`: tokens of the parent that an answer is made from, at most."""
    breakpoint: float = Field(gt=0.0, lt=100.0)
    """Of `semantic`: percentile of the distances between neighbours; a greater one divides."""
    prefix: Literal["none", "title", "headings"]
    """Put before a chunk's text where it is embedded and indexed, and never stored in it."""

    @model_validator(mode="after")
    def _overlap_below_size(self) -> "ChunkParams":
        if self.overlap >= self.size:
            raise ValueError(f"overlap {self.overlap} must be smaller than size {self.size}")
        if self.method == "small_to_big" and self.parent <= self.size:
            raise ValueError(f"parent {self.parent} must be larger than size {self.size}")
        return self


class EncoderParams(ParamsSection):
    """The model that turns text into vectors."""

    provider: Literal["local", "openai"]
    """`local` exports the model into the Version; `openai` asks an endpoint at OPENAI_BASE_URL."""
    model: str = Field(min_length=1)
    """A sentence-transformers name or path; all-MiniLM-L6-v2 comes from an installed package.

    Of `openai`: the name by which the endpoint knows it.
    """
    max_tokens: int = Field(gt=2)
    """Tokens of a text that the encoder sees; the rest is cut off."""
    precision: Literal["fp32", "int8"]
    """Of the exported weights: `int8` is static, with calibrated activations. `local` only."""


class IndexParams(ParamsSection):
    """The vector index and the lexical index."""

    kind: Literal["flat", "hnsw", "ivf_pq"]
    """Of the vector index: `flat` is exact, the others are measured against it."""
    hnsw_m: int = Field(ge=4, le=128)
    """Of `hnsw`: links of a vector on each layer, twice as many on the lowest."""
    hnsw_ef_construction: int = Field(ge=8)
    """Of `hnsw`: candidates looked at while a vector is added."""
    hnsw_ef_search: int = Field(ge=8)
    """Of `hnsw`: candidates looked at while a question is answered, at least."""
    ivf_nlist: int = Field(ge=1)
    """Of `ivf_pq`: cells that the vectors are divided among."""
    ivf_nprobe: int = Field(ge=1)
    """Of `ivf_pq`: cells that are searched."""
    pq_m: int = Field(ge=1)
    """Of `ivf_pq`: bytes of a stored vector; divides its dimension."""
    least_recall: float = Field(ge=0.0, le=1.0)
    """Share of the ten nearest vectors that an inexact index must find, or `index` fails."""
    part: int = Field(ge=0, le=8)
    """Characters in the parts of words that the lexical index holds beside stems; 0 for none."""


class RetrievalParams(ParamsSection):
    """How passages are found for a question."""

    mode: Literal["dense", "lexical", "hybrid"]
    """By the question's meaning, by its words, or by both."""
    top_k: int = Field(gt=0)
    """Passages that the generator is given."""
    fusion: Literal["agreement", "min_max", "reciprocal_rank"]
    """How `hybrid` makes one ranking of two: see `pipeline/retrieval/search.py`."""
    weight: float = Field(ge=0.0, le=1.0)
    """Share of the dense side in `hybrid`; the rest is the lexical side's."""
    candidates: int = Field(gt=0)
    """Best chunks that an inexact index, the reranker and `diversity` look at."""
    reranker: str | None
    """A sentence-transformers CrossEncoder, by name or path, that orders the candidates anew."""
    threshold: float | None
    """Least score of a passage, in the unit of the last step that scored it; null for none."""
    diversity: float = Field(ge=0.0, lt=1.0)
    """What likeness to passages already chosen costs (MMR's 1 - lambda); 0 chooses by score."""
    neighbours: int = Field(ge=0)
    """Chunks on either side that are handed out with the one found."""
    documents: tuple[str, ...]
    """Glob patterns of the paths of Documents that passages may come from; none means all."""
    folders: tuple[str, ...]
    """Folders, relative to the raw folder, that passages may come from; none means all."""
    languages: tuple[str, ...]
    """Languages of the chunks that may be passages, as `english`; none means all."""
    tags: tuple[str, ...]
    """Tags of which a passage's Document carries at least one; none means all."""


class GenerationParams(ParamsSection):
    """How an answer is made from passages."""

    generator: Literal["extractive", "groq", "openai"]
    """`extractive` cites the passages' own sentences; the others ask a language model."""
    sentences: int = Field(gt=0)
    """Of `extractive`: sentences in an answer at most."""
    lexical: float = Field(ge=0.0, le=1.0)
    """Of `extractive`: weight of the question's own words in a sentence's score."""
    margin: float = Field(ge=0.0, le=2.0)
    """Of `extractive`: a sentence joins the best one only if it scores at most this much less."""
    threshold: float = Field(ge=-1.0, le=1.0)
    """Of `extractive`: abstain when no sentence scores at least this much."""
    exact: bool
    """Of `extractive`: abstain when the question names a code that no passage holds."""
    model: str = Field(min_length=1)
    """Of a language model: the name by which the endpoint knows it."""
    prompt: str = Field(min_length=1)
    """Of a language model: a template in `pipeline/prompts`, by its name without the ending."""
    condense: str = Field(min_length=1)
    """Of a language model: the template that makes a follow-up a question of its own."""
    temperature: float = Field(ge=0.0, le=2.0)
    """Of a language model: 0 always takes the likeliest word."""
    max_tokens: int = Field(gt=0)
    """Of a language model: tokens of an answer at most."""
    window: int = Field(gt=0)
    """Of a language model: tokens of prompt and answer together, at most."""
    history: int = Field(ge=0)
    """Of a language model: tokens of the conversation so far that a follow-up is understood by."""

    @model_validator(mode="after")
    def _answer_within_window(self) -> "GenerationParams":
        if self.max_tokens >= self.window:
            raise ValueError(f"max_tokens {self.max_tokens} must be less than window {self.window}")
        return self


class SpendingParams(ParamsSection):
    """What language models may cost; it changes no answer and no score."""

    dollars: float = Field(ge=0.0)
    """US dollars that one run of a stage may spend; it stops before it would spend more."""
    tokens: int = Field(ge=0)
    """Tokens, of prompts and replies, that one run of a stage may spend."""
    prices: dict[str, tuple[float, float]]
    """Model to US dollars for a million tokens of prompt and of reply, before the library's."""
