"""What is read again, and what is not."""

from pathlib import Path

from tests.directed_folder import CLEANING, OCR, ingest_orders, reads


def test_nothing_is_read_a_second_time(tmp_path: Path) -> None:
    orders = {"a.do": "say text", "b.do": "raise read", "c.do": "crash", "d.do": "recognise 0.9"}
    first = ingest_orders(tmp_path, orders)
    assert len(reads(tmp_path)) == 4
    second = ingest_orders(tmp_path, orders)
    assert reads(tmp_path) == []
    assert (first.documents, first.report()) == (second.documents, second.report())
    assert [each["cached"] for each in second.timings["files"].values()] == [True] * 4


def test_only_what_changed_is_read_again(tmp_path: Path) -> None:
    orders = {"a.do": "say text", "b.do": "say more"}
    ingest_orders(tmp_path, orders)
    reads(tmp_path)
    renamed = ingest_orders(tmp_path, {**orders, "b.do": "say less", "moved/a.do": "say text"})
    assert reads(tmp_path) == ["say less"]
    assert [each.text for each in renamed.documents] == ["text", "less"]


def test_another_cleaning_reads_nothing_again_but_other_recognition_does(tmp_path: Path) -> None:
    orders = {"a.do": "say the of\ufb01ce"}
    assert ingest_orders(tmp_path, orders).documents[0].text == "the office"
    reads(tmp_path)
    untouched = CLEANING.model_copy(update={"ligatures": False})
    assert ingest_orders(tmp_path, orders, cleaning=untouched).documents[0].text == "the of\ufb01ce"
    assert reads(tmp_path) == []
    ingest_orders(tmp_path, orders, ocr=OCR.model_copy(update={"resolution": 300}))
    assert reads(tmp_path) == ["say the of\ufb01ce"]


def test_a_broken_cache_entry_is_read_again(tmp_path: Path) -> None:
    ingest_orders(tmp_path, {"a.do": "say text"})
    [entry] = (tmp_path / "readings").rglob("*.json")
    entry.write_bytes(entry.read_bytes().replace(b"text", b"lies"))
    assert ingest_orders(tmp_path, {"a.do": "say text"}).documents[0].text == "text"
