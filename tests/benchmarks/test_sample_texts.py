from pathlib import Path

import pytest

from benchmarks.sample_texts import change_one_text, sample_questions, sample_sentences, write_texts


def _texts(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in folder.rglob("*.txt")
    }


def test_the_same_seed_writes_the_same_texts(tmp_path: Path) -> None:
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        write_texts(tmp_path / name, 120, seed)
    first, again, other = (_texts(tmp_path / name) for name in "abc")
    assert first == again
    assert first != other
    assert len(first) == len(set(first.values())) == 120


def test_texts_are_sentences_of_the_sample_corpus_of_two_chunks_length(tmp_path: Path) -> None:
    write_texts(tmp_path, 20)
    sentences = sample_sentences()
    for text in _texts(tmp_path).values():
        assert 220 <= len(text.split()) < 285
        title, *paragraphs = text.strip().split("\n\n")
        assert title.startswith("Note ")
        assert all(paragraph.startswith(tuple(sentences)) for paragraph in paragraphs)


def test_one_text_changes_and_holds_the_new_sentence(tmp_path: Path) -> None:
    write_texts(tmp_path, 5)
    before = _texts(tmp_path)
    sentence = change_one_text(tmp_path, 3)
    after = _texts(tmp_path)
    [changed] = [name for name in before if before[name] != after[name]]
    assert after[changed] == f"{sentence}\n\n{before[changed]}"


def test_questions_are_different_and_no_more_than_there_are() -> None:
    assert len(set(sample_questions(200))) == 200
    with pytest.raises(ValueError, match="1000 questions were asked for"):
        sample_questions(1000)
