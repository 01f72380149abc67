from dataclasses import replace

from app.garbage import Garbage
from app.garbage_text import garbage_lines, size_text, version_lines
from eval.ledger import Record
from tests.scorecard_folder import ONE, TWO, make_scorecard


def record(version: str, experiment: str = "") -> Record:
    tags = {"experiment": experiment} if experiment else {}
    return Record(version, make_scorecard(version), 1.0, {}, tags)


def test_what_goes_is_counted_by_what_it_was() -> None:
    garbage = Garbage({"a.dir": "Version", "b.dir": "answers", "c.dir": "answers"}, frozenset("ab"))
    [line] = garbage_lines(garbage, {"a": 1_200_000, "b": 34_567}, "DVC's cache")
    assert line == "DVC's cache: 2 objects to remove, 1.2 MB: 1 Version, 2 sets of answers"
    assert garbage_lines(Garbage(), {}, "s3://here") == ["s3://here: nothing to remove"]


def test_versions_of_the_ledger_are_named_newest_first() -> None:
    records = [record(ONE, "wide"), replace(record(TWO), recorded=2.0)]
    [line] = version_lines({ONE, TWO, "f" * 32 + ".dir"}, records)
    assert line.startswith(f"no longer at hand: {TWO[:10]}, {ONE[:10]} (wide); their scores stay")
    assert version_lines({"f" * 32 + ".dir"}, records) == []


def test_many_versions_are_counted() -> None:
    records = [record(f"{number:032x}.dir") for number in range(11)]
    [line] = version_lines({each.scorecard.version for each in records}, records)
    assert " and 3 more; " in line


def test_a_size_stands_in_the_unit_that_a_person_would_use() -> None:
    sizes = [size_text(count) for count in (0, 999, 1000, 118_300_000, 5 * 10**15)]
    assert sizes == ["0 bytes", "999 bytes", "1.0 KB", "118.3 MB", "5000.0 TB"]
