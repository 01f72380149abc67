"""Winnow's answer metrics beside people's judgements, on data that lies outside the repository.

python -m pytest -m benchmark -s benchmarks/test_judges.py
"""

import sys

import pytest

from benchmarks.test_published import data, winnow

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3600)]

Tables = dict[tuple[str, str], dict[str, dict[str, float]]]


@pytest.fixture(scope="module")
def tables() -> Tables:
    """What the command prints: title and half to metric to set to figure."""
    output, _ = winnow("benchmark", "judges", str(data("judges")))
    sys.stdout.write(output)
    found: Tables = {}
    columns: list[str] = []
    for line in output.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line[:1].isalpha() and ", " in line:
            title = line.split(", ")
            rows = found.setdefault((title[0], title[-1]), {})
        elif cells[0] == "metric":
            columns = cells[1:]
        elif len(cells) > 1 and cells[0] != "---":
            pairs = zip(columns, cells[1:], strict=True)
            rows[cells[0]] = {name: float(cell.split()[0]) for name, cell in pairs if cell}
    return found


def test_the_evaluation_is_that_of_ragcheckers_authors(tables: Tables) -> None:
    found = tables["Pearson's correlation", "all labels"]
    assert found["one person by another"]["overall"] == pytest.approx(70.1, abs=0.05)
    assert found["RAGChecker, a language model"]["overall"] == pytest.approx(61.9, abs=0.05)
    assert found["baseline: word F1"]["overall"] == pytest.approx(50.8, abs=0.05)


def test_the_ratings_are_those_that_were_published(tables: Tables) -> None:
    found = tables["Pearson's correlation", "all labels"]["baseline: word precision"]
    assert [found["cnndm"], found["xsum"]] == pytest.approx([40.5, 31.1], abs=0.05)


@pytest.mark.parametrize("half", ["all labels", "the half to choose on", "the other half"])
def test_answer_alignment_beats_every_other_metric(tables: Tables, half: str) -> None:
    rows = {name: row["overall"] for name, row in tables["Pearson's correlation", half].items()
            if "overall" in row and name != "one person by another"}  # fmt: skip
    assert rows["answer_alignment"] > 55
    others = [value for name, value in rows.items() if name[:4] not in ("answ", "RAGC")]
    assert rows["answer_alignment"] > max(others)


@pytest.mark.parametrize("half", ["all labels", "the half to choose on", "the other half"])
def test_groundedness_beats_the_share_of_words_where_answers_copy(
    tables: Tables, half: str
) -> None:
    rows = tables["Pearson's correlation", half]
    assert rows["groundedness"]["cnndm"] > rows["baseline: word precision"]["cnndm"] + 10


def test_no_metric_sees_small_edits(tables: Tables) -> None:
    """Should one learn to, docs/metrics.md must say so."""
    for name, row in tables["balanced accuracy", "all labels"].items():
        assert 40 < sum(row.values()) / len(row) < 55, name
