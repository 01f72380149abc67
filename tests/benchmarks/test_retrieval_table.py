"""The command behind docs/retrieval.md, on small sets in the layouts of the real ones."""

import csv
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.estimate import difference_text, estimate, over_sets, paired, value_text
from benchmarks.question_set import question_sets
from benchmarks.retrieval_table import main
from pipeline.errors import DataError

COURSES = ("engineering", "learning")
TOPICS = ("pump", "valve", "filter", "boiler", "heater", "burner")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An FAQ of two courses, and a corpus with gold spans."""
    folder = tmp_path_factory.mktemp("data")
    _write_faq(folder / "faq_techdocs" / "llm_zoomcamp")
    _write_spans(folder / "chroma_chunking")
    return folder


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory, default_encoders: Path) -> Path:
    folder = tmp_path_factory.mktemp("cache")
    shutil.copytree(default_encoders, folder / "encoders")
    return folder


def table(data: Path, cache: Path, *options: str) -> None:
    main([str(data), "--cache", str(cache), *options])


@pytest.mark.thorough
def test_rows_that_cut_otherwise_are_compared_by_characters(
    data: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = (
        "--sets",
        "zoomcamp",
        "Chroma",
        "--groups",
        "chunking",
        "--settings",
        "recursive, 120",
    )
    table(data, cache, *chosen)
    printed = capsys.readouterr().out
    assert "|  | Chroma recall |\n" in printed
    assert "|  | Chroma chunks | Chroma characters |" in printed
    assert "zoomcamp" not in printed
    chunks = {
        line.split(" | ")[0].removeprefix("| "): int(line.split(" | ")[1])
        for line in printed.split("Chroma characters |")[1].splitlines()[2:4]
    }
    assert chunks["recursive, 120"] > chunks["default"]


def test_what_was_measured_is_kept(
    data: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = ("--sets", "Chroma", "--groups", "retrieval", "--settings", "dense")
    table(data, cache, *chosen)
    first = capsys.readouterr().out
    kept = {path: path.stat().st_mtime_ns for path in (cache / "values").iterdir()}
    table(data, cache, *chosen)
    assert capsys.readouterr().out == first
    assert {path: path.stat().st_mtime_ns for path in (cache / "values").iterdir()} == kept


@pytest.mark.thorough
def test_a_question_is_asked_within_its_course_and_belongs_to_one_half(
    data: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every second question names its entry, which stands in both courses; the others name none."""
    chosen = ("--sets", "zoomcamp", "--groups", "retrieval", "--settings", "lexical", "--half")
    printed = {}
    for half in ("even", "odd"):
        table(data, cache, *chosen, half)
        printed[half] = capsys.readouterr().out
    assert "|  | zoomcamp nDCG@10 |\n" in printed["even"]
    assert "| lexical | 1.000 ± .000 |" in printed["even"]
    assert "| lexical | +.000 ± .000 |" in printed["even"]
    assert "| lexical | .000 ± .000 |" in printed["odd"]


def test_a_missing_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="anthropic_docs.json does not exist; give the folder"):
        question_sets(tmp_path, tmp_path)["Anthropic"]()
    with pytest.raises(DataError, match="lacks corpora"):
        question_sets(tmp_path, tmp_path)["Chroma"]()


def test_intervals() -> None:
    sure, spread = estimate([0.5] * 9), estimate([0.0, 1.0] * 50)
    assert value_text(sure) == ".500 ± .000"
    assert value_text(spread) == ".500 ± .100"
    assert over_sets([sure, spread]).half == pytest.approx(spread.half / 2)
    assert difference_text(estimate(paired([0.9, 0.9], [1.0, 1.0]))) == "**−.100 ± .000**"
    assert difference_text(estimate(paired([1.0, 0.0] * 9, [0.0, 1.0] * 9))).startswith("+.000 ±")


def _write_faq(place: Path) -> None:
    place.mkdir(parents=True)
    entries = [
        {"id": f"{course}-{topic}", "course": course, "section": "",
         "question": f"Where is the {topic}?", "text": f"It stands in room {number} of {course}."}
        for course in COURSES for number, topic in enumerate(TOPICS)
    ]  # fmt: skip
    (place / "documents-with-ids.json").write_text(json.dumps(entries))
    rows = []
    for course in COURSES:
        for topic in TOPICS:
            rows.append((f"Where is the {topic}?", course, f"{course}-{topic}"))
            rows.append(("Why?", course, f"{course}-{topic}"))
    _write_csv(place / "ground-truth-data.csv", ("question", "course", "document"), rows)


def _write_spans(place: Path) -> None:
    (place / "corpora").mkdir(parents=True)
    sentences = [f"The {topic} is cleaned every {number} weeks. " * 40
                 for number, topic in enumerate(TOPICS, start=2)]  # fmt: skip
    (place / "corpora" / "care.md").write_text("   \n" * 500 + "\n\n".join(sentences))
    text, rows = (place / "corpora" / "care.md").read_text(), []
    for topic in TOPICS:
        start = text.index(f"The {topic}")
        span = {"content": text[start : start + 20], "start_index": start, "end_index": start + 20}
        rows.append((f"How often is the {topic} cleaned?", json.dumps([span]), "care"))
    _write_csv(place / "questions_df.csv", ("question", "references", "corpus_id"), rows)


def _write_csv(path: Path, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *rows])
