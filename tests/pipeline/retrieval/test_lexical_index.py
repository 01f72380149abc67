import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import ArtifactError
from pipeline.params import IndexParams
from pipeline.retrieval.lexical_index import (
    ARRAYS,
    CARD,
    LexicalIndex,
    build_lexical_index,
    read_lexical_index,
    write_lexical_index,
)
from tests.support.versions import SETTINGS

TEXTS = [
    "The warranty of the pump lasts for five years.",
    "Batteries are covered for one year and no longer.",
    "La garantie de la chaudière dure dix ans et pas plus.",
    "Error E-4471 means that the return line of the pump is frozen.",
    "保証期間は購入日から五年です。",
    "",
]
STEMS_ONLY = IndexParams(**{**SETTINGS["index"], "part": 0})
PARAMS = IndexParams(**SETTINGS["index"])


@pytest.fixture(scope="module")
def index() -> LexicalIndex:
    return build_lexical_index(TEXTS, PARAMS)


def _files(folder: Path) -> dict[str, Path]:
    return {path.name: path for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("question", "row"),
    [
        ("Are the pumps under warranties?", 0),
        ("battery", 1),
        ("Combien dure une garantie ?", 2),
        ("chaudiere", 2),
        ("chaudières", 2),
        ("What is e-4471?", 3),
        ("4471", 3),
        ("保証期間", 4),
        ("保", 4),
        ("frozen lines", 3),
    ],
)
def test_a_question_finds_its_chunk(index: LexicalIndex, question: str, row: int) -> None:
    scores = index.scores(question)
    assert scores.shape == (len(TEXTS),)
    assert int(scores.argmax()) == row
    assert scores[row] > 0


@pytest.mark.parametrize(
    "question", ["", "?", "who is it for and why", "de la", "ж", "\udce9", "\0"]
)
def test_a_question_of_nothing_to_look_up_finds_nothing(index: LexicalIndex, question: str) -> None:
    assert not index.scores(question).any()


def test_a_question_of_ten_thousand_words_is_as_the_same_words_once(index: LexicalIndex) -> None:
    long = index.scores("warranty pump " * 5_000)
    assert long[0] > 0
    assert np.array_equal(long, index.scores("warranty pump warranty"))
    assert index.scores("x" * 50_000).shape == (len(TEXTS),)


def test_a_weight_is_bm25_of_lucene() -> None:
    texts = ["pump pump valve", "valve", "tube tube tube tube"]
    scores = build_lexical_index(texts, STEMS_ONLY).scores("pump")
    # Words and pairs together make a chunk's length: 5, 1 and 7.
    length, mean = 5, 13 / 3
    inverse = math.log(1 + (3 - 1 + 0.5) / (1 + 0.5))
    saturation = 0.6 * (1 - 0.75 + 0.75 * length / mean)
    assert scores.tolist() == [pytest.approx(inverse * 2 / (2 + saturation), rel=1e-5), 0.0, 0.0]


def test_words_in_the_questions_order_count_more() -> None:
    index = build_lexical_index(["line return", "return line", "x y z"], STEMS_ONLY)
    first, second, _ = index.scores("return line").tolist()
    assert second > first > 0


def test_parts_find_what_stems_miss() -> None:
    texts = ["Heizungspumpe", "Wasserhahn"]
    assert not build_lexical_index(texts, STEMS_ONLY).scores("Pumpe").any()
    assert build_lexical_index(texts, PARAMS).scores("Pumpe").argmax() == 0


def test_each_chunk_is_stemmed_in_its_language() -> None:
    index = build_lexical_index(TEXTS, STEMS_ONLY)
    assert index.languages == ("english", "french")
    vietnamese = build_lexical_index(["Bảo hành máy bơm", "kéo dài năm năm"], STEMS_ONLY)
    assert vietnamese.languages == ()
    assert vietnamese.scores("bảo hành").tolist()[1] == 0.0
    assert vietnamese.scores("bao hanh")[0] > 0


def test_chunks_too_short_to_tell_a_language_do_so_together() -> None:
    index = build_lexical_index(["the pump stops", "the valve leaks", "the hub"], STEMS_ONLY)
    assert index.languages == ("english",)
    assert index.scores("pumps").argmax() == 0


def test_a_single_chunk_in_another_language_is_taken_for_a_mistake() -> None:
    texts = [TEXTS[0]] * 99 + [TEXTS[2]]
    index = build_lexical_index(texts, STEMS_ONLY)
    assert index.languages == ("english",)
    assert index.scores("chaudière").argmax() == 99


def test_an_index_is_read_back_as_it_was(index: LexicalIndex, tmp_path: Path) -> None:
    write_lexical_index(tmp_path, index)
    again = read_lexical_index(_files(tmp_path))
    assert isinstance(again.weights.base, np.memmap)
    assert (len(again), again.languages, again.part) == (len(TEXTS), index.languages, 4)
    assert np.array_equal(again.scores("warranty of a pump"), index.scores("warranty of a pump"))


@pytest.mark.parametrize("texts", [[], [""], ["the", "of"]])
def test_a_corpus_without_words_is_an_index_that_finds_nothing(
    texts: list[str], tmp_path: Path
) -> None:
    write_lexical_index(tmp_path, build_lexical_index(texts, PARAMS))
    index = read_lexical_index(_files(tmp_path))
    assert len(index) == len(texts)
    assert index.scores("pump").tolist() == [0.0] * len(texts)


def test_every_process_writes_the_same_bytes(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from pipeline.retrieval.lexical_index import build_lexical_index, write_lexical_index\n"
        "from tests.pipeline.retrieval.test_lexical_index import PARAMS, TEXTS\n"
        "index = build_lexical_index(TEXTS * 9, PARAMS)\n"
        "write_lexical_index(Path(sys.argv[1]), index)\n"
    )
    for seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / seed)],
            cwd=Path(__file__).parents[3],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": "."},
            check=True,
        )
    for name in (CARD, *ARRAYS):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()


@pytest.mark.parametrize("name", [CARD, *ARRAYS])
def test_a_missing_file_is_named(index: LexicalIndex, tmp_path: Path, name: str) -> None:
    write_lexical_index(tmp_path, index)
    (tmp_path / name).unlink()
    with pytest.raises(ArtifactError, match=rf"the lexical index lacks {name}; run `dvc repro`"):
        read_lexical_index(_files(tmp_path))


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("kept", [0, 9, -4])
def test_a_broken_array_names_itself_and_the_fix(
    index: LexicalIndex, tmp_path: Path, name: str, kept: int
) -> None:
    write_lexical_index(tmp_path, index)
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:kept])
    with pytest.raises(ArtifactError, match=rf"{name} is not a readable npy file .*dvc repro"):
        read_lexical_index(_files(tmp_path))


@pytest.mark.parametrize(
    "card", ["{}", "[]", '{"chunks": "x", "languages": [], "part": 4}', '{"chunks": 1}']
)
def test_a_card_of_something_else_is_said_so(
    index: LexicalIndex, tmp_path: Path, card: str
) -> None:
    write_lexical_index(tmp_path, index)
    (tmp_path / CARD).write_text(card)
    with pytest.raises(ArtifactError, match=r"lexical\.json is broken .*run `dvc repro`"):
        read_lexical_index(_files(tmp_path))


def test_arrays_of_two_indexes_are_refused(index: LexicalIndex, tmp_path: Path) -> None:
    write_lexical_index(tmp_path / "one", index)
    write_lexical_index(tmp_path / "two", build_lexical_index(TEXTS[:2], PARAMS))
    files = {**_files(tmp_path / "one"), "terms.npy": tmp_path / "two" / "terms.npy"}
    with pytest.raises(ArtifactError, match="its arrays do not belong together"):
        read_lexical_index(files)
