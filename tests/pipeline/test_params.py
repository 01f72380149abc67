from pathlib import Path

import pytest
from pydantic import ValidationError

from pipeline.errors import ParamsError
from pipeline.params import ChunkParams, GenerationParams, RetrievalParams, read_section

CHUNK = (
    "chunk: {method: recursive, size: 200, overlap: 20, tokenizer: cl100k_base, "
    "window: 2, parent: 600, breakpoint: 90, prefix: none}"
)


def _error(tmp_path: Path, text: str) -> str:
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ParamsError) as caught:
        read_section(path, "chunk", ChunkParams)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_section_is_read_and_frozen(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text(CHUNK)
    chunk = read_section(tmp_path / "params.yaml", "chunk", ChunkParams)
    assert (chunk.method, chunk.size, chunk.overlap) == ("recursive", 200, 20)
    with pytest.raises(ValidationError, match="frozen"):
        chunk.size = 300  # type: ignore[misc]


def test_a_mistyped_key_is_named_with_the_one_that_was_meant(tmp_path: Path) -> None:
    message = _error(tmp_path, CHUNK.replace("size", "sise"))
    assert "unknown key `chunk.sise` (did you mean `size`?)" in message
    assert "missing key `chunk.size`" in message


def test_a_key_that_resembles_none_lists_the_known_ones(tmp_path: Path) -> None:
    message = _error(tmp_path, CHUNK.replace("}", ", zzz: 1}"))
    assert "unknown key `chunk.zzz` (known: method, size, overlap, tokenizer, window, " in message


def test_a_missing_section_suggests_its_neighbour(tmp_path: Path) -> None:
    assert "did you mean `chunks`?" in _error(tmp_path, CHUNK.replace("chunk:", "chunks:"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("recursive", "recursiv", "`chunk.method` is 'recursiv': Input should be 'recursive'"),
        ("size: 200", "size: 7", "`chunk.size` is 7"),
        ("size: 200", "size: 20", "overlap 20 must be smaller than size 20"),
        ("size: 200", "size: .nan", "`chunk.size` is nan"),
        ("size: 200", "size: 10.5", "`chunk.size` is 10.5"),
        ("parent: 600", "parent: 7", "`chunk.parent` is 7"),
        ("recursive, size: 200", "small_to_big, size: 600", "parent 600 must be larger than size"),
        ("breakpoint: 90", "breakpoint: 100", "`chunk.breakpoint` is 100"),
        ("prefix: none", "prefix: null", "`chunk.prefix` is None"),
        ("overlap: 20", "overlap: -1", "`chunk.overlap` is -1"),
        ("cl100k_base", "''", "`chunk.tokenizer` is ''"),
        (CHUNK, "chunk:", "`chunk` is None"),
        (CHUNK, "chunk: 3", "`chunk` is 3"),
        (CHUNK, "chunk: {1: 2}", "missing key `chunk.method`"),
        (CHUNK, "1: 2", "lacks the section `chunk` (known: 1)"),
        (CHUNK, "", "must hold sections like `chunk:`, not NoneType"),
        (CHUNK, "- chunk", "must hold sections like `chunk:`, not list"),
        (CHUNK, "chunk: {size: [", "is not valid YAML"),
        (CHUNK, "chunk: !!python/object:os.x {}", "is not valid YAML"),
    ],
)
def test_an_impossible_value_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert said in _error(tmp_path, CHUNK.replace(old, new))


def test_every_fault_is_said_at_once(tmp_path: Path) -> None:
    message = _error(tmp_path, "chunk: {method: x, size: 1, overlap: 0, tokenizer: cl100k_base}")
    assert "`chunk.method`" in message
    assert "`chunk.size`" in message


@pytest.mark.parametrize("threshold", [".nan", ".inf", "2", "high"])
def test_a_threshold_is_a_cosine(tmp_path: Path, threshold: str) -> None:
    (tmp_path / "params.yaml").write_text(f"generation: {{threshold: {threshold}}}")
    with pytest.raises(ParamsError, match=r"`generation\.threshold` is"):
        read_section(tmp_path / "params.yaml", "generation", GenerationParams)


def test_top_k_is_positive(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("retrieval: {mode: dense, top_k: 0}")
    with pytest.raises(ParamsError, match=r"`retrieval\.top_k` is 0"):
        read_section(tmp_path / "params.yaml", "retrieval", RetrievalParams)


def test_a_missing_file_names_the_fix(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match="does not exist; restore it with `git checkout"):
        read_section(tmp_path / "params.yaml", "chunk", ChunkParams)


def test_a_file_that_is_no_text_names_the_fix(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(ParamsError, match="save it as UTF-8"):
        read_section(tmp_path / "params.yaml", "chunk", ChunkParams)
    with pytest.raises(ParamsError, match="cannot be read"):
        read_section(tmp_path, "chunk", ChunkParams)
