"""The sections of params.yaml that determine a Version, as frozen models."""

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipeline.errors import ParamsError


class Section(BaseModel):
    """One section of params.yaml: frozen, every key required, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class IngestParams(Section):
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


class OcrParams(Section):
    """How text in images is recognised."""

    mode: Literal["auto", "never", "always"]
    """`auto` recognises pages without a usable text layer."""
    resolution: int = Field(ge=72, le=600)
    """Dots per inch that a page is drawn in."""
    discard: float = Field(ge=0.0, le=1.0)
    """Lines recognised with less confidence are left out."""
    threshold: float = Field(ge=0.0, le=1.0)
    """Pages of less confidence are reported as low."""


class CleaningParams(Section):
    """What is made good in a text before it is stored."""

    ligatures: bool
    """Letters drawn as one become two, invisible characters go."""
    hyphenation: bool
    """Words divided at a line's end become whole."""
    repeated_lines: bool
    """Headers and footers that many pages share go."""
    whitespace: bool
    """Runs of blanks and of empty lines become one."""


class ChunkParams(Section):
    """How `chunk` cuts a Document."""

    method: Literal["recursive", "token", "document"]
    size: int = Field(ge=8)
    """Tokens in a chunk at most, summed over the pieces that the splitter merges.

    A chunk counted as a whole can have a token more, as tokens do not always end where the
    pieces did. `document` keeps a Document whole, whatever its size.
    """
    overlap: int = Field(ge=0)
    """Tokens that a chunk repeats of its predecessor at most."""
    tokenizer: str = Field(min_length=1)
    """`cl100k_base`, or the name of a sentence-transformers model whose tokenizer counts."""

    @model_validator(mode="after")
    def _overlap_below_size(self) -> "ChunkParams":
        if self.overlap >= self.size:
            raise ValueError(f"overlap {self.overlap} must be smaller than size {self.size}")
        return self


class EncoderParams(Section):
    """The model that turns text into vectors."""

    model: str = Field(min_length=1)
    """A sentence-transformers name or path; all-MiniLM-L6-v2 comes from an installed package."""
    max_tokens: int = Field(gt=2)
    """Tokens of a text that the encoder sees; the rest is cut off."""


class IndexParams(Section):
    """The vector index and the lexical index."""

    kind: Literal["flat"]
    """Of the vector index: `flat` is exact."""
    part: int = Field(ge=0, le=8)
    """Characters in the parts of words that the lexical index holds beside stems; 0 for none."""


class RetrievalParams(Section):
    """How passages are found for a question."""

    mode: Literal["dense", "lexical", "hybrid"]
    """By the question's meaning, by its words, or by both."""
    top_k: int = Field(gt=0)
    """Passages that the generator is given."""
    fusion: Literal["agreement", "min_max", "reciprocal_rank"]
    """How `hybrid` makes one ranking of two: see `pipeline/fusion.py`."""
    weight: float = Field(ge=0.0, le=1.0)
    """Share of the dense side in `hybrid`; the rest is the lexical side's."""


class GenerationParams(Section):
    """How an answer is made from passages."""

    generator: Literal["extractive"]
    sentences: int = Field(gt=0)
    """Sentences in an answer at most."""
    lexical: float = Field(ge=0.0, le=1.0)
    """Weight of the question's own words in a sentence's score; the rest is cosine."""
    margin: float = Field(ge=0.0, le=2.0)
    """A sentence joins the best one only if it scores at most this much less."""
    threshold: float = Field(ge=-1.0, le=1.0)
    """Abstain when no sentence scores at least this much."""
    exact: bool
    """Abstain when the question names a code, such as E-4471, that no passage holds."""


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
