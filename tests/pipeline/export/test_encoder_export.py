from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from pipeline.encoders.onnx_encoder import OnnxEncoder
from pipeline.errors import ParamsError
from pipeline.export.encoder_export import LEAST_PARITY, exported_encoder
from pipeline.export.loading import model_source
from pipeline.files import directory_hash, folder_files
from pipeline.params import EncoderParams
from tests.support.versions import SETTINGS, write_tiny_model

MODEL = "all-MiniLM-L6-v2"


def _params(
    model: str, max_tokens: int = 64, precision: Literal["fp32", "int8"] = "fp32"
) -> EncoderParams:
    return EncoderParams(provider="local", model=model, max_tokens=max_tokens, precision=precision)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("model") / "tiny", Path(model_source(MODEL)))


def test_vectors_agree_with_the_original(encoder: OnnxEncoder) -> None:
    from sentence_transformers import SentenceTransformer

    texts = ["Where is the valve?", "Où est la vanne ?", "E-4471", "long " * 400, "保証 😀"]
    original = SentenceTransformer(model_source(MODEL), device="cpu")
    original.max_seq_length = encoder.card.max_tokens
    expected = original.encode(texts, normalize_embeddings=True, show_progress_bar=False)
    cosines = np.sum(np.asarray(expected) * encoder.encode(texts), axis=1)
    assert cosines.min() >= LEAST_PARITY["fp32"]
    assert encoder.card.parity >= LEAST_PARITY["fp32"]
    assert encoder.card.dimension == 384


def test_a_second_export_has_the_same_bytes(tmp_path: Path, tiny: Path) -> None:
    folders = [exported_encoder(_params(str(tiny)), tmp_path / name) for name in ("one", "two")]
    hashes = {directory_hash(folder_files(folder)) for folder in folders}
    assert len(hashes) == 1


def test_an_export_is_kept_and_made_anew_when_the_model_or_params_change(
    tmp_path: Path, tiny: Path
) -> None:
    first = exported_encoder(_params(str(tiny)), tmp_path)
    written = (first / "model.onnx").stat().st_mtime_ns
    assert exported_encoder(_params(str(tiny)), tmp_path) == first
    assert (first / "model.onnx").stat().st_mtime_ns == written
    assert exported_encoder(_params(str(tiny), 32), tmp_path) != first
    changed = write_tiny_model(tmp_path / "changed", Path(model_source(MODEL)))
    (changed / "special_tokens_map.json").write_text("{}")
    assert exported_encoder(_params(str(changed)), tmp_path) != first


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_a_text_alone_has_the_bytes_that_it_has_among_others(
    tmp_path: Path, tiny: Path, precision: Literal["fp32", "int8"]
) -> None:
    folder = exported_encoder(_params(str(tiny), precision=precision), tmp_path)
    encoder = OnnxEncoder.open(folder_files(folder))
    assert encoder.card.lone
    assert encoder.card.precision == precision
    texts = ["pump", "the valve of the pump " * 4, "E-4471", "保証 😀"]
    together = encoder.encode([*texts, *(f"neighbour {number}" for number in range(40))])
    for row, text in enumerate(texts):
        assert encoder.encode([text])[0].tobytes() == together[row].tobytes()


@pytest.mark.thorough
def test_int8_is_smaller_close_to_the_original_and_the_same_each_time(
    tmp_path: Path, encoders: Path, encoder_folder: Path
) -> None:
    exact, tokens = encoder_folder, SETTINGS["encoder"]["max_tokens"]
    folders = [
        exported_encoder(_params(MODEL, tokens, "int8"), cache) for cache in (encoders, tmp_path)
    ]
    assert len({directory_hash(folder_files(folder)) for folder in folders}) == 1
    sizes = [(folder / "model.onnx").stat().st_size for folder in (exact, folders[0])]
    assert sizes[1] < 0.8 * sizes[0]
    texts = ["Where is the valve?", "Où est la vanne ?", "long " * 400, "Thaw the return line."]
    vectors = [OnnxEncoder.open(folder_files(each)).encode(texts) for each in (exact, folders[0])]
    assert vectors[0].tobytes() != vectors[1].tobytes()
    assert np.sum(vectors[0] * vectors[1], axis=1).min() >= LEAST_PARITY["int8"]


def test_models_without_token_types_are_exported_too(tmp_path: Path) -> None:
    model = write_tiny_model(tmp_path / "m", Path(model_source(MODEL)), "distilbert")
    encoder = OnnxEncoder.open(folder_files(exported_encoder(_params(str(model)), tmp_path / "c")))
    assert encoder.card.parity >= LEAST_PARITY["fp32"]
    assert encoder.encode(["a", "b"]).shape == (2, 32)


def test_more_tokens_than_the_model_takes_are_refused(tmp_path: Path, tiny: Path) -> None:
    with pytest.raises(ParamsError, match=r"`encoder\.max_tokens` is 129: .* at most 128"):
        exported_encoder(_params(str(tiny), 129), tmp_path / "cache")
    encoder = OnnxEncoder.open(
        folder_files(exported_encoder(_params(str(tiny), 123), tmp_path / "cache"))
    )
    assert encoder.encode(["pump " * 500]).shape == (1, 32)


@pytest.mark.parametrize("model", ["no-such-model", "/gone/folder", "nobody/nothing"])
def test_an_unknown_model_is_one_line_with_the_fix(tmp_path: Path, model: str) -> None:
    with pytest.raises(ParamsError, match="use all-MiniLM-L6-v2, a model folder, or") as caught:
        exported_encoder(_params(model), tmp_path)
    assert f"`encoder.model` is {model!r}" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_broken_weights_are_one_line(tmp_path: Path, tiny: Path) -> None:
    import shutil

    shutil.copytree(tiny, tmp_path / "broken")
    (tmp_path / "broken" / "model.safetensors").write_bytes(b"broken")
    with pytest.raises(ParamsError, match="it cannot be loaded"):
        exported_encoder(_params(str(tmp_path / "broken")), tmp_path / "cache")
