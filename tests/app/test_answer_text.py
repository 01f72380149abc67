"""An Answer in the terminal."""

from pathlib import Path

import pytest

from app.answer_text import ABSTAINED, answer_text
from pipeline.answer import Answer
from tests.app.workbench.sample_library import RETURNS, sample_library, version_id


@pytest.fixture
def answers(tmp_path: Path) -> dict[str, Answer]:
    answerer = sample_library(tmp_path, "small").answerer(version_id("small"))
    return {question: answerer.answer(question) for question in (RETURNS, "Anything else?")}


def test_sentences_carry_the_marks_of_the_passages_below(answers: dict[str, Answer]) -> None:
    lines = answer_text(answers[RETURNS]).plain.splitlines()
    assert lines[0].endswith("within 30 days of delivery. [1]")
    assert lines[2] == "Private customers may return goods within 14 days of delivery. [2]"
    assert "[2] policies/returns-2023.md, Returns, 2023 edition (0.66)" in "\n".join(lines)
    assert "[3]" not in "\n".join(lines)


def test_an_abstention_says_so_and_shows_what_came_closest(answers: dict[str, Answer]) -> None:
    text = answer_text(answers["Anything else?"]).plain
    assert text.startswith(ABSTAINED)
    assert "closest passages:" in text
    assert "[3]" in text
    assert "[4]" not in text


def test_a_long_passage_is_cut_at_a_word(answers: dict[str, Answer]) -> None:
    first = answers["Anything else?"].passages[2]
    assert len(first.text) > 160
    [line] = [
        each for each in answer_text(answers["Anything else?"]).plain.splitlines() if "…" in each
    ]
    shown = line.strip().removesuffix(" …")
    assert first.text.startswith(shown + " ")
    assert len(shown) <= 160


def test_the_time_is_said(answers: dict[str, Answer]) -> None:
    assert answer_text(answers[RETURNS]).plain.splitlines()[-1].endswith(" ms")
    assert int(answer_text(answers[RETURNS]).plain.splitlines()[-1].split()[0]) >= 20


def test_markup_in_documents_is_text(tmp_path: Path) -> None:
    answerer = sample_library(tmp_path, "hostile").answerer(version_id("hostile"))
    assert "<script>" in answer_text(answerer.answer(RETURNS)).plain
