"""The layout of what people said about answers: preferences and ratings, as published.

- `ragchecker/human_labeled_data.json`: two answers to a question beside a reference, and which
  of them two people each prefer, -2 to 2 (Ru et al., "RAGChecker", 2024, meta-evaluation);
  `baseline_ragchecker.json`: what its language model says.
- `qags/mturk_*.jsonl`: summaries whose every sentence three people called supported by the
  source or not (Wang et al., "QAGS", 2020).
- `summedits/summedits_*.json`: summaries with small edits, 1 where the source still bears them
  out (Laban et al., "SummEdits", 2023).
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from pipeline.errors import DataError
from pipeline.text.sentences import sentence_spans

ASPECTS = ("correctness", "completeness", "overall")
RATED = ("cnndm", "xsum")
EDITED = ("ectsum", "qmsumm", "samsum", "scitldr")


@dataclass(frozen=True, slots=True)
class Preference:
    """Two answers to one question, and by how much the second is preferred to the first."""

    question: str
    reference: str
    answers: tuple[str, str]
    labels: Mapping[str, tuple[float, float]]
    """Aspect to what each of two people said, -2 to 2."""
    judged: Mapping[str, float]
    """Aspect to the difference that RAGChecker's language model sees, -1 to 1."""


@dataclass(frozen=True, slots=True)
class Rating:
    """A summary and how far its source bears it out, by the majority of the people asked."""

    source: str
    sentences: tuple[str, ...]
    label: float


def half_of(group: str) -> str:
    """Return which half of the labels a question or source belongs to, `choose` or `confirm`.

    All answers to a question, and all summaries of a source, go together.
    """
    return "confirm" if hashlib.sha256(group.encode()).digest()[-1] % 2 else "choose"


def read_preferences(folder: Path) -> tuple[Preference, ...]:
    """Read RAGChecker's pairs of answers, the labels of both people together.

    Raises:
        DataError: a file is missing or of another layout.
    """
    path = folder / "ragchecker" / "human_labeled_data.json"
    machine = _read(folder / "ragchecker" / "baseline_ragchecker.json")
    people = _read(path)
    with _layout_of(path):
        if len(people) != 2 * len(machine):
            raise ValueError("not two people for each pair")
        pairs = zip(people[::2], people[1::2], machine, strict=True)
        return tuple(_preference(*rows) for rows in pairs)


def read_ratings(folder: Path) -> dict[str, tuple[Rating, ...]]:
    """Read the summaries of QAGS and SummEdits by the name of their set.

    Raises:
        DataError: a file is missing or of another layout.
    """
    qags = {name: folder / "qags" / f"mturk_{name}.jsonl" for name in RATED}
    summedits = {name: folder / "summedits" / f"summedits_{name}.json" for name in EDITED}
    ratings: dict[str, tuple[Rating, ...]] = {}
    for name, path in (qags | summedits).items():
        rows = _read(path)
        with _layout_of(path):
            ratings[name] = tuple(map(_edited if name in EDITED else _rated, rows))
    return ratings


@contextmanager
def _layout_of(path: Path) -> Iterator[None]:
    """Turn what a file of another layout raises into one line that names the file."""
    try:
        yield
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise DataError(f"{path} is of another layout ({error!r})") from None


def _read(path: Path) -> Any:
    if not path.is_file():
        raise DataError(f"{path} does not exist; give the folder with ragchecker, qags, summedits")
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".jsonl":
            return [json.loads(line) for line in text.splitlines() if line]
        return json.loads(text)
    except ValueError as error:
        raise DataError(f"{path} is not JSON ({error})") from None


def _preference(
    first: Mapping[str, Any], second: Mapping[str, Any], machine: Mapping[str, Any]
) -> Preference:
    if not first["instance_id"] == second["instance_id"] == machine["instance_id"]:
        raise ValueError(f"instance_id {first['instance_id']} is not labelled twice in a row")
    seen = [machine[name]["ragchecker"] for name in ("model1", "model2")]
    keys = {aspect: f"{aspect}_label" for aspect in ASPECTS}
    return Preference(
        question=first["query"],
        reference=first["gt_answer"],
        answers=(first["model1"]["response"], first["model2"]["response"]),
        labels={name: (float(first[key]), float(second[key])) for name, key in keys.items()},
        judged={name: seen[1][key] - seen[0][key] for name, key in keys.items()},
    )


def _rated(row: Mapping[str, Any]) -> Rating:
    sentences = row["summary_sentences"]
    answers = [[said["response"] == "yes" for said in each["responses"]] for each in sentences]
    return Rating(
        source=row["article"],
        sentences=tuple(each["sentence"] for each in sentences),
        label=fmean(2 * sum(said) > len(said) for said in answers),
    )


def _edited(row: Mapping[str, Any]) -> Rating:
    summary = row["summary"]
    sentences = tuple(summary[start:end] for start, end in sentence_spans(summary))
    return Rating(row["doc"], sentences, float(row["label"]))
