from eval.cases.case import Case, Evidence
from eval.cases.case_check import check_cases
from pipeline.documents.document import Document

DOCUMENTS = [
    Document("1", "a.md", "", "text/plain", "plain", "Wait ten\u00a0seconds. Press reset twice."),
    Document("2", "b.md", "", "text/plain", "plain", "Wait ten seconds."),
]


def case(name: str, question: str, *evidence: Evidence, tags: tuple[str, ...] = ()) -> Case:
    answerable = bool(evidence)
    return Case(
        id=name,
        question=question,
        answer="a" if answerable else "",
        answerable=answerable,
        evidence=evidence,
        tags=tags,
    )


def test_sound_cases_are_ok_and_counted() -> None:
    cases = [
        case("1", "How long?", Evidence(document="a.md", quote="ten seconds"), tags=("time",)),
        case("2", "How often?", Evidence(document="a.md", quote="Press reset"), tags=("time", "x")),
        case("3", "Why?", tags=("absent",)),
    ]
    check = check_cases(cases, DOCUMENTS, 90)
    assert check.ok
    assert (check.cases, check.unanswerable) == (3, 1)
    assert [each.how for each in check.evidence.lookups] == ["normalised", "exact"]
    assert [span.document for span in check.several[0].spans] == ["a.md", "b.md"]
    assert check.tags == {"absent": 1, "time": 2, "x": 1}


def test_an_orphan_is_not_ok() -> None:
    lost = Evidence(document="a.md", quote="Press eject, then run")
    check = check_cases([case("1", "How?", lost)], DOCUMENTS, 90)
    assert not check.ok
    assert check.evidence.orphans[0].case_id == "1"


def test_ids_and_questions_that_stand_twice_are_not_ok() -> None:
    evidence = Evidence(document="a.md")
    cases = [case("1", "How  long?", evidence), case("1", "how long?", evidence)]
    check = check_cases(cases, DOCUMENTS, 90)
    assert not check.ok
    assert [(each.what, each.cases) for each in check.duplicates] == [
        ("id", ("1", "1")),
        ("question", ("1", "1")),
    ]
