from pathlib import Path
from random import Random

import numpy as np
import pytest

from pipeline.encoders.onnx_model import TOKENIZER, WEIGHTS
from pipeline.encoders.reranker import CARD, OnnxReranker
from pipeline.errors import ArtifactError
from pipeline.export.loading import model_source
from pipeline.export.reranker_export import exported_reranker
from pipeline.files import folder_files
from tests.support.models import write_tiny_cross_encoder

WORDS = ["pump", "valve", "the", "of", "reset", "E-4471", "garantie", "über", "保証", "😀"]
QUESTION = "How is the pump reset?"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    work = tmp_path_factory.mktemp("reranker")
    tokenizer = Path(model_source("all-MiniLM-L6-v2"))
    return exported_reranker(str(write_tiny_cross_encoder(work / "tiny", tokenizer)), work)


@pytest.fixture(scope="module")
def reranker(folder: Path) -> OnnxReranker:
    return OnnxReranker.open(folder_files(folder))


def _texts(count: int) -> list[str]:
    random = Random(7)
    return [
        " ".join(random.choices(WORDS, k=random.choice((1, 4, 9, 30, 90)))) for _ in range(count)
    ]


def test_a_score_is_the_same_alone_and_among_any_neighbours(reranker: OnnxReranker) -> None:
    texts = _texts(70)
    alone = [reranker.rerank(QUESTION, [text])[0] for text in texts]
    assert reranker.rerank(QUESTION, texts).tolist() == alone
    assert reranker.rerank(QUESTION, texts[::-1]).tolist() == alone[::-1]
    assert len(set(alone)) > 30


def test_a_score_is_the_same_with_one_thread_and_with_two(
    folder: Path, reranker: OnnxReranker
) -> None:
    texts = _texts(20)
    for threads in (1, 2):
        opened = OnnxReranker.open(folder_files(folder), threads)
        assert np.array_equal(opened.rerank(QUESTION, texts), reranker.rerank(QUESTION, texts))


def test_question_and_text_are_told_apart(reranker: OnnxReranker) -> None:
    [forth] = reranker.rerank("the pump", ["reset the valve"])
    [back] = reranker.rerank("reset the valve", ["the pump"])
    assert forth != back


@pytest.mark.parametrize("question", ["", "?", "caf\udce9", "保証", "pump " * 10_000])
def test_any_question_and_text_have_a_score(reranker: OnnxReranker, question: str) -> None:
    scores = reranker.rerank(question, ["the pump", "", "valve " * 5_000, "a\0b"])
    assert scores.shape == (4,)
    assert np.isfinite(scores).all()


def test_no_texts_have_no_scores(reranker: OnnxReranker) -> None:
    assert reranker.rerank(QUESTION, []).shape == (0,)


@pytest.mark.parametrize("name", [WEIGHTS, TOKENIZER, CARD])
def test_a_missing_or_broken_file_names_itself_and_the_fix(
    tmp_path: Path, folder: Path, name: str
) -> None:
    files = folder_files(folder)
    with pytest.raises(ArtifactError, match=rf"lacks {name}; run `dvc repro` or `dvc pull`"):
        OnnxReranker.open({key: path for key, path in files.items() if key != name})
    for content in (b"", b"{}", b"broken \xff"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ArtifactError, match=r"dvc repro") as caught:
            OnnxReranker.open({**files, name: tmp_path / name})
        assert str(tmp_path / name) in str(caught.value)
        assert "\n" not in str(caught.value)
