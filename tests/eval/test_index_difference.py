import json

from eval.index_difference import CaseOverlap, ChunkChange, DocumentChange, IndexDifference
from pipeline.version_change import SettingChange

DIFFERENCE = IndexDifference(
    baseline="a.dir",
    candidate="b.dir",
    stages=("chunk",),
    settings=(SettingChange("chunk.size", 150, 60),),
    chunks=ChunkChange(added=5, removed=2, kept=30),
    documents=DocumentChange(added=("new.md",), removed=(), changed=("a.md", "b.md"), kept=17),
    cases=(
        CaseOverlap("c1", 1.0, None),
        CaseOverlap("c2", 0.5, "passages"),
        CaseOverlap("c3", 1.0, "ranking"),
        CaseOverlap("c4", 0.0, "passages"),
    ),
)


def test_it_counts_the_cases_that_can_have_changed() -> None:
    assert DIFFERENCE.can_change == 3
    assert DIFFERENCE.overlap == 0.625
    assert DIFFERENCE.line == (
        "chunks: 30 kept, 5 added, 2 removed; documents: 17 kept, 2 changed, 1 added, 0 removed; "
        "3 of 4 Cases can have changed"
    )


def test_its_json_has_the_counts_and_every_case() -> None:
    content = json.loads(json.dumps(DIFFERENCE.content(), allow_nan=False))
    assert content["chunks"] == {"added": 5, "removed": 2, "kept": 30}
    assert content["why"] == {"passages": 2, "ranking": 1}
    assert (content["can_change"], content["overlap"]) == (3, 0.625)
    assert content["settings"] == [{"name": "chunk.size", "before": 150, "after": 60}]
    assert content["cases"][0] == {"case_id": "c1", "overlap": 1.0, "why": None}


def test_without_cases_there_is_no_overlap() -> None:
    empty = IndexDifference(
        "a.dir", "b.dir", (), (), ChunkChange(0, 0, 1), DocumentChange((), (), (), 1), ()
    )
    assert empty.overlap is None
    assert empty.can_change == 0
