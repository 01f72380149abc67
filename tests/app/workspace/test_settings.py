"""`--set`: comments stay, nothing is written unless all of it is valid."""

from pathlib import Path

import pytest

from app.workspace.settings import change_settings, settled_params
from app.workspace.workspace import REPOSITORY
from eval.params import read_params
from pipeline.errors import ParamsError


@pytest.fixture
def params(tmp_path: Path) -> Path:
    copy = tmp_path / "params.yaml"
    copy.write_bytes((REPOSITORY / "params.yaml").read_bytes())
    return copy


def test_only_the_value_changes(params: Path) -> None:
    before = params.read_text("utf-8")
    size, k = read_params(params).chunk.size, read_params(params).retrieval.top_k
    change_settings(params, [f"chunk.size={size + 1}", " retrieval.top_k = 3 "])
    expected = before.replace(f"size: {size}", f"size: {size + 1}")
    assert params.read_text("utf-8") == expected.replace(f"top_k: {k}", "top_k: 3")


def test_values_are_yaml_and_maps_can_grow(params: Path) -> None:
    change_settings(
        params,
        ["score.metrics=[token_f1]", "gate.floors.mrr=0.4", "generation.exact=false"],
    )
    read = read_params(params)
    assert read.score.metrics == ("token_f1",)
    assert read.gate.floors["mrr"] == 0.4
    assert read.generation.exact is False


def test_no_settings_touch_nothing(tmp_path: Path) -> None:
    change_settings(tmp_path / "absent.yaml", [])


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("chunk.siz=3", r"'chunk.siz=3': no such key; did you mean chunk.size\?"),
        ("chunk.zzz=3", "no such key; there are chunk.method, chunk.size, chunk.overlap"),
        ("zzz.a=3", "no such key; there are ingest, ocr, cleaning"),
        ("chunk.size.deep=3", "no such key"),
        ("chunk.size", "write SECTION.KEY=VALUE"),
        ("chunk=3", "write SECTION.KEY=VALUE"),
        ("=3", "write SECTION.KEY=VALUE"),
        ("chunk.size=[", r"'\[' is no YAML value"),
        ("chunk.size=big", "`chunk.size` is 'big'"),
        ("chunk.size=", "`chunk.size` is None"),
        ("chunk.overlap=5000", "overlap 5000 must be smaller than size"),
        ("retrieval.mode=telepathy", "`retrieval.mode` is 'telepathy': Input should be"),
        ("score.fuzzy=.nan", "score.fuzzy"),
    ],
)
def test_a_bad_setting_is_named_and_nothing_written(params: Path, setting: str, said: str) -> None:
    before = params.read_bytes()
    for act in (change_settings, settled_params):
        with pytest.raises(ParamsError, match=said) as caught:
            act(params, ["retrieval.top_k=2", setting])
        assert "\n" not in str(caught.value)
    assert params.read_bytes() == before


def test_checking_writes_nothing(params: Path) -> None:
    before = params.read_bytes()
    assert settled_params(params, ["chunk.size=50"]).chunk.size == 50
    assert params.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("chunk: {size: [", "is not valid YAML"),
        ("chunk: {}\nchunk: {}\n", "is not valid YAML"),
        ("- a\n", "must hold sections"),
        ("chunk:\n", "no such key"),
    ],
)
def test_a_broken_file_is_one_clear_line(params: Path, text: str, said: str) -> None:
    params.write_text(text, encoding="utf-8")
    with pytest.raises(ParamsError, match=said) as caught:
        change_settings(params, ["chunk.size=50"])
    assert "\n" not in str(caught.value)
    assert params.read_text("utf-8") == text


def test_a_fault_elsewhere_in_the_file_is_found(params: Path) -> None:
    text = params.read_text("utf-8") + "chnk: {}\n"
    params.write_text(text, encoding="utf-8")
    for settings in (["chunk.size=50"], []):
        with pytest.raises(ParamsError, match=r"unknown key `params.chnk` \(did you mean `chunk`"):
            settled_params(params, settings)
