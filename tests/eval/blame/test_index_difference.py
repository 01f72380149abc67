import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.blame.index_difference import (
    Alignment,
    CaseOverlap,
    ChunkChange,
    DocumentChange,
    IndexDifference,
    compare_indexes,
)
from eval.cases.span import Span
from pipeline.answerer import open_answerer
from pipeline.versions.version import Version
from tests.support.mixes import CASES, DEPTH, SCORE, Bench, changed_version


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, corpus: Path, encoder_folder: Path) -> Bench:
    return Bench(corpus, tmp_path_factory.mktemp("indexes"), encoder_folder.parent)


@pytest.fixture(scope="module")
def baseline(bench: Bench) -> Version:
    return bench.build("baseline")


@pytest.fixture(scope="module")
def inserted(bench: Bench, corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Version:
    """The same corpus with two lines before one Document, another Document and one gone."""
    raw = tmp_path_factory.mktemp("inserted") / "raw"
    shutil.copytree(corpus, raw)
    notes = (raw / "notes.txt").read_text(encoding="utf-8")
    notice = "This sheet was printed in Bergen for all the fitters of the western districts.\n\n"
    (raw / "notes.txt").write_text(notice + notes, encoding="utf-8")
    (raw / "colours.txt").write_text("The housing is grey.\n", encoding="utf-8")
    (raw / "garantie.html").unlink()
    return bench.build("inserted", raw=raw)


def compared(before: Version, after: Version) -> IndexDifference:
    return compare_indexes(before, after, CASES, SCORE, DEPTH)


def test_a_version_and_itself_can_answer_no_case_otherwise(baseline: Version) -> None:
    found = compared(baseline, baseline)
    assert (found.chunks.added, found.chunks.removed) == (0, 0)
    assert found.chunks.kept == len(baseline.chunks)
    assert found.stages == ()
    assert found.can_change == 0
    assert found.overlap == 1.0


def test_an_insertion_does_not_change_the_chunks_after_it(
    baseline: Version, inserted: Version
) -> None:
    found = compared(baseline, inserted)
    assert found.stages == ("ingest",)
    assert found.documents.added == ("colours.txt",)
    assert found.documents.removed == ("garantie.html",)
    assert found.documents.changed == ("notes.txt",)
    assert found.documents.kept == 3
    rows = baseline.chunks.column("document").to_pylist()
    assert found.chunks.kept == len(rows) - rows.count("garantie.html")
    assert found.chunks.removed == rows.count("garantie.html")
    assert found.chunks.kept + found.chunks.added == len(inserted.chunks)


def test_a_passage_that_only_moved_is_the_same_passage(
    baseline: Version, inserted: Version
) -> None:
    old, new = (changed_version(each, retrieval={"top_k": 1}) for each in (baseline, inserted))
    [before], [after] = (open_answerer(each).retrieve(CASES[0].question) for each in (old, new))
    assert before.document == after.document == "notes.txt"
    assert before.start < after.start
    assert compared(old, new).cases[0] == CaseOverlap("hub", 1.0, "ranking")


def test_fewer_passages_share_as_much_as_there_is_of_them(baseline: Version) -> None:
    found = compared(baseline, changed_version(baseline, retrieval={"top_k": 1}))
    assert found.stages == ("retrieve",)
    assert {each.why for each in found.cases} == {"passages"}
    assert all(0.0 < each.overlap < 1.0 for each in found.cases)


def test_a_change_below_the_passages_is_one_of_the_ranking(baseline: Version) -> None:
    best = changed_version(baseline, retrieval={"top_k": 1})
    documents = ("notes.txt", "maintenance.docx", "garantie.html")
    fewer = changed_version(best, retrieval={"documents": documents})
    found = compared(best, fewer)
    whys = {each.case_id: each.why for each in found.cases}
    assert "ranking" in whys.values()
    assert "passages" not in whys.values()
    assert found.overlap == 1.0


def test_a_case_that_cannot_have_changed_gets_the_same_answer_and_scores(
    bench: Bench, baseline: Version
) -> None:
    """A filter of Documents takes from some rankings, and from others nothing that counts."""
    documents = ("notes.txt", "maintenance.docx", "garantie.html", "install.pdf")
    fewer = changed_version(baseline, retrieval={"documents": documents})
    same = {each.case_id for each in compared(baseline, fewer).cases if each.why is None}
    assert 0 < len(same) < len(CASES)
    metrics = ("context_recall", "context_precision", "ndcg", "token_f1", "abstention_wrong")
    differences = bench.differences(baseline, fewer, *metrics)
    assert {each.difference for each in differences if each.case_id in same} == {0.0}


def test_other_settings_of_generation_can_change_every_case(baseline: Version) -> None:
    found = compared(baseline, changed_version(baseline, generation={"threshold": 0.2}))
    assert {each.why for each in found.cases} == {"generation"}
    assert found.overlap == 1.0


def test_the_extractive_generator_chooses_by_the_encoder(baseline: Version) -> None:
    class Other:
        hash = "another"
        dimension = baseline.encoder.dimension
        encode = baseline.encoder.encode

    found = compared(baseline, replace(baseline, encoder=Other()))  # type: ignore[arg-type]
    assert {each.why for each in found.cases} == {"generation"}


def test_it_counts_the_cases_that_can_have_changed() -> None:
    documents = DocumentChange(added=(), removed=(), changed=(), kept=1)
    whys = (("c1", 1.0, None), ("c2", 0.5, "passages"), ("c3", 1.0, "ranking"), ("c4", 0.0, None))
    cases = tuple(CaseOverlap(*each) for each in whys)  # type: ignore[arg-type]
    found = IndexDifference((), ChunkChange(0, 0, 1), documents, cases)
    assert (found.can_change, found.overlap) == (2, 0.625)
    empty = IndexDifference((), ChunkChange(0, 0, 1), documents, ())
    assert (empty.can_change, empty.overlap) == (0, None)


TEXT = "Mount the pump.\nTighten the screws.\nStart the pump.\n"
LINES = st.lists(st.sampled_from(["a b c\n", "a x c\n", "d\n", "\n", "e f g"]), max_size=8)


def before(old: str, new: str, start: int, end: int) -> list[Span]:
    return Alignment(old, new).before(Span("a.md", start, end))


def test_a_text_that_did_not_change_stands_where_it_stood() -> None:
    assert before(TEXT, TEXT, 3, 30) == [Span("a.md", 3, 30)]


def test_an_insertion_moves_what_follows_and_is_itself_nowhere() -> None:
    notice = "Read this first.\n"
    shifted = len(notice)
    assert before(TEXT, notice + TEXT, shifted, shifted + 15) == [Span("a.md", 0, 15)]
    assert before(TEXT, notice + TEXT, 0, shifted) == []


def test_a_word_that_changed_leaves_the_rest_of_its_line_where_it_was() -> None:
    new = TEXT.replace("screws", "bolts")
    row = new.index("Tighten")
    places = before(TEXT, new, row, row + len("Tighten the bolts.\n"))
    # The `s` before the full stop is the same in both.
    assert [TEXT[place.start : place.end] for place in places] == ["Tighten the ", "s.\n"]


def test_positions_count_from_the_start_of_the_document() -> None:
    kept = Alignment("same\n", "same\n", offsets=(10, 4))
    assert kept.before(Span("a.md", 4, 8)) == [Span("a.md", 10, 14)]


@given(LINES, LINES)
def test_what_is_kept_is_the_same_text_in_the_same_order(old: list[str], new: list[str]) -> None:
    earlier, later = "".join(old), "".join(new)
    kept = Alignment(earlier, later)
    found = kept.before(Span("a.md", 0, len(later)))
    assert all(left.end <= right.start for left, right in zip(found, found[1:], strict=False))
    for start in range(len(later)):
        for place in kept.before(Span("a.md", start, start + 1)):
            assert earlier[place.start : place.end] == later[start]


@given(LINES)
def test_nothing_of_the_same_text_is_lost(lines: list[str]) -> None:
    text = "".join(lines)
    assert sum(map(len, before(text, text, 0, len(text)))) == len(text)
