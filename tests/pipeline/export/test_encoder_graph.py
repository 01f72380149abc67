from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from pipeline.encoders.encoder import CARD, EncoderCard
from pipeline.encoders.onnx_encoder import OnnxEncoder
from pipeline.encoders.onnx_model import TOKENIZER, WEIGHTS, WORDS
from pipeline.errors import ArtifactError
from pipeline.export.encoder_graph import take_word_vectors, write_encoder_graph
from pipeline.export.loading import load_model, model_source, quiet
from pipeline.files import folder_files, write_json
from pipeline.tables import write_array
from tests.support.versions import write_tiny_model

TEXTS = ["pump", "The valve of the pump leaks.", "E-4471", "保証 😀"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An encoder as early Versions hold it: its word vectors are in its weights."""
    folder = tmp_path_factory.mktemp("graph")
    tokenizer = Path(model_source("all-MiniLM-L6-v2"))
    tiny = str(write_tiny_model(folder / "tiny", tokenizer))
    model = load_model("SentenceTransformer", tiny, tiny, "{reason}")
    (folder / "whole").mkdir()
    with quiet():
        write_encoder_graph(model, folder / "whole" / WEIGHTS)
    model.tokenizer.backend_tokenizer.save(str(folder / "whole" / TOKENIZER))
    card = EncoderCard(model=tiny, dimension=32, max_tokens=64, parity=1.0, hash="h")
    write_json(folder / "whole" / CARD, card.model_dump())
    return folder / "whole"


def test_the_graph_gives_the_models_vectors(whole: Path) -> None:
    model = SentenceTransformer(str(whole.parent / "tiny"), device="cpu")
    expected = model.encode(TEXTS, normalize_embeddings=True, show_progress_bar=False)
    vectors = OnnxEncoder.open(folder_files(whole)).encode(TEXTS)
    assert np.sum(np.asarray(expected) * vectors, axis=1).min() > 0.9999


def test_word_vectors_outside_the_weights_give_the_same_bytes(whole: Path, tmp_path: Path) -> None:
    files = dict(folder_files(whole))
    files[WEIGHTS] = tmp_path / WEIGHTS
    files[WEIGHTS].write_bytes((whole / WEIGHTS).read_bytes())
    words = take_word_vectors(files[WEIGHTS])
    assert words is not None
    assert words.shape[1] == 32
    assert files[WEIGHTS].stat().st_size < (whole / WEIGHTS).stat().st_size - words.nbytes // 2
    write_array(tmp_path / WORDS, words)
    apart = OnnxEncoder.open({**files, WORDS: tmp_path / WORDS})
    assert (
        apart.encode(TEXTS).tobytes()
        == OnnxEncoder.open(folder_files(whole)).encode(TEXTS).tobytes()
    )
    assert take_word_vectors(files[WEIGHTS]) is None
    for broken in (files, {**folder_files(whole), WORDS: tmp_path / WORDS}):
        with pytest.raises(ArtifactError, match="do not belong together; run `dvc repro`"):
            OnnxEncoder.open(broken)
