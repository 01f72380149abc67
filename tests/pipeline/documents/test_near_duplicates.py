import random
import subprocess
import sys
from time import perf_counter

import pytest

from pipeline.documents.document import Document
from pipeline.documents.near_duplicates import near_duplicates
from pipeline.documents.report import NearDuplicate

WORDS = 1000


def document(path: str, text: str) -> Document:
    return Document(path, path, path, "text/plain", "test", text)


def prose(seed: int, words: int = WORDS) -> list[str]:
    return [f"w{number}" for number in random.Random(seed).choices(range(10**9), k=words)]


def pair(seed: int, similarity: float) -> list[Document]:
    """Return two documents of which the second has another end, so that they share this much."""
    first, other = prose(seed), prose(-seed - 1)
    shingles = WORDS - 4
    shared = round(2 * shingles * similarity / (1 + similarity)) + 4
    second = first[:shared] + other[shared:]
    return [document(f"{seed} a", " ".join(first)), document(f"{seed} b", " ".join(second))]


@pytest.mark.parametrize("similarity", [0.85, 0.9, 0.95, 0.99])
def test_planted_pairs_are_found_at_the_threshold(similarity: float) -> None:
    documents = [each for seed in range(60) for each in pair(seed, similarity)]
    found = near_duplicates(documents, similarity - 0.001)
    assert len(found) >= 58
    assert all(each.first[:-2] == each.second[:-2] for each in found)
    assert all(each.similarity == pytest.approx(similarity, abs=0.002) for each in found)


def test_pairs_below_the_threshold_are_not_reported() -> None:
    documents = [each for seed in range(60) for each in pair(seed, 0.88)]
    assert near_duplicates(documents, 0.9) == []


def test_equal_texts_under_different_paths_are_entirely_similar() -> None:
    documents = [document(path, " ".join(prose(1))) for path in ("b", "c", "a")]
    assert near_duplicates(documents, 1.0) == [
        NearDuplicate("a", "b", 1.0),
        NearDuplicate("a", "c", 1.0),
        NearDuplicate("b", "c", 1.0),
    ]


def test_case_and_white_space_make_no_difference() -> None:
    documents = [
        document("a", "Rivers flow\ninto THE sea"),
        document("b", "rivers flow into the  sea"),
    ]
    assert near_duplicates(documents, 0.9) == [NearDuplicate("a", "b", 1.0)]


def test_short_texts_are_compared_by_their_words() -> None:
    documents = [document("a", "red green blue"), document("b", "blue green red grey")]
    assert near_duplicates(documents, 0.7) == [NearDuplicate("a", "b", 0.75)]


def test_documents_without_words_are_like_nothing() -> None:
    assert near_duplicates([document("a", ""), document("b", " \n")], 0.1) == []


def test_chinese_is_compared_by_its_characters() -> None:
    text = "在中国的河流中长江是最长的一条河流它从西向东流入大海沿途经过许多城市"
    documents = [document("a", text), document("b", text + "和")]
    (found,) = near_duplicates(documents, 0.9)
    assert 0.9 < found.similarity < 1


def test_the_result_is_the_same_in_every_process() -> None:
    script = (
        "from tests.pipeline.documents.test_near_duplicates import near_duplicates, pair\n"
        "documents = [each for seed in range(5) for each in pair(seed, 0.8)]\n"
        "print(near_duplicates(documents, 0.79))"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]
    assert "NearDuplicate" in runs[0]


@pytest.mark.thorough
def test_a_thousand_documents_take_seconds() -> None:
    documents = [document(str(seed), " ".join(prose(seed))) for seed in range(1000)]
    started = perf_counter()
    near_duplicates(documents, 0.9)
    assert perf_counter() - started < 30
