"""The contenders really build, find what changed and answer, in small."""

import json
from pathlib import Path

import pytest

from benchmarks.contender import run_contender
from benchmarks.sample_texts import change_one_text, write_texts

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(600)]


@pytest.mark.parametrize("name", ["winnow", "llama_index", "llama_index_faiss", "langchain"])
def test_a_contender_answers_from_what_it_built_and_from_what_changed(
    tmp_path: Path, name: str
) -> None:
    texts, place, asked = tmp_path / "texts", tmp_path / "place", tmp_path / "asked.json"
    write_texts(texts, 6)
    place.mkdir()
    built = run_contender(name, "build", texts, place)
    sentence = change_one_text(texts, 1)
    updated = run_contender(name, "update", texts, place)
    asked.write_text(json.dumps([sentence, "a pump", "a hub"]), "utf-8")
    answered = run_contender(name, "answer", asked, place)
    assert any(sentence in text for text in answered["first"])
    assert len(answered["first"]) == 6
    assert 12 <= answered["chunks"] <= 14
    assert len(answered["seconds"]) == 3
    assert all(report["took"] > 0 for report in (built, updated, answered))
    assert answered["peak"] > 50e6
