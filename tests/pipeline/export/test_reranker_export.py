import shutil
from pathlib import Path

import numpy as np
import pytest

from pipeline.encoders.reranker import OnnxReranker
from pipeline.errors import ParamsError
from pipeline.export.loading import model_source
from pipeline.export.reranker_export import MOST_DEVIATION, exported_reranker
from pipeline.files import directory_hash, folder_files
from tests.support.models import write_tiny_cross_encoder

TOKENIZER = Path(model_source("all-MiniLM-L6-v2"))
PAIRS = [
    ("Where is the valve?", "The valve is below the pump."),
    ("Où est la vanne ?", "保証 😀"),
    ("Where is the valve?", "Error E-4471: " + "frozen line " * 200),
    ("x", ""),
]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_cross_encoder(tmp_path_factory.mktemp("model") / "tiny", TOKENIZER)


@pytest.mark.parametrize("family", ["bert", "distilbert"])
@pytest.mark.parametrize("activation", ["", "torch.nn.modules.linear.Identity"])
def test_scores_and_their_order_are_the_originals(
    tmp_path: Path, family: str, activation: str
) -> None:
    from sentence_transformers import CrossEncoder

    folder = write_tiny_cross_encoder(tmp_path / "model", TOKENIZER, family, activation=activation)
    original = CrossEncoder(str(folder), device="cpu")
    reranker = OnnxReranker.open(folder_files(exported_reranker(str(folder), tmp_path / "cache")))
    original.max_seq_length = reranker.card.max_tokens
    expected = np.asarray(original.predict(PAIRS, show_progress_bar=False))
    found = np.array([reranker.rerank(question, [text])[0] for question, text in PAIRS])
    assert found == pytest.approx(expected, abs=1e-4)
    assert np.argsort(found).tolist() == np.argsort(expected).tolist()
    assert reranker.card.deviation <= MOST_DEVIATION
    assert bool(activation) != bool(((found > 0) & (found < 1)).all())


def test_a_second_export_has_the_same_bytes(tmp_path: Path, tiny: Path) -> None:
    folders = [exported_reranker(str(tiny), tmp_path / name) for name in ("one", "two")]
    assert len({directory_hash(folder_files(folder)) for folder in folders}) == 1


def test_an_export_is_kept_and_made_anew_when_the_model_changes(tmp_path: Path, tiny: Path) -> None:
    first = exported_reranker(str(tiny), tmp_path / "cache")
    written = (first / "model.onnx").stat().st_mtime_ns
    assert exported_reranker(str(tiny), tmp_path / "cache") == first
    assert (first / "model.onnx").stat().st_mtime_ns == written
    changed = shutil.copytree(tiny, tmp_path / "changed")
    (changed / "special_tokens_map.json").write_text("{}")
    assert exported_reranker(str(changed), tmp_path / "cache") != first


def test_a_pair_is_cut_to_what_the_model_takes(tmp_path: Path, tiny: Path) -> None:
    reranker = OnnxReranker.open(folder_files(exported_reranker(str(tiny), tmp_path)))
    assert reranker.card.max_tokens == 128
    first, second = reranker.rerank("pump?", ["pump " * 500, "pump " * 900])
    assert first == second


def test_a_model_of_several_scores_is_refused(tmp_path: Path) -> None:
    folder = write_tiny_cross_encoder(tmp_path / "model", TOKENIZER, labels=3)
    with pytest.raises(ParamsError, match="it gives a pair 3 scores; use a CrossEncoder with one"):
        exported_reranker(str(folder), tmp_path / "cache")


def test_a_model_that_scores_no_pairs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match="BertModel does not score pairs; use a CrossEncoder"):
        exported_reranker(str(TOKENIZER), tmp_path)


@pytest.mark.parametrize("model", ["no-such-model", "/gone/folder", "nobody/nothing"])
def test_an_unknown_model_is_one_line_with_the_fix(tmp_path: Path, model: str) -> None:
    with pytest.raises(ParamsError, match="use null, the folder of a CrossEncoder, or") as caught:
        exported_reranker(model, tmp_path)
    assert f"`retrieval.reranker` is {model!r}" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []
