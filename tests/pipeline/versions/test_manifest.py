import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import ArtifactError, VersionError
from pipeline.versions.manifest import FORMAT, Manifest, flatten, read_manifest
from tests.support.project import ROOT

FIXTURES = ROOT / "tests" / "pipeline" / "fixtures"


def _content() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FIXTURES / "version-2" / "manifest.json").read_text())
    return content


EVERY_FORMAT = ["version-1", "version-1-hybrid", "version-2", "version-3"]


def _manifest(name: str) -> Manifest:
    return read_manifest(FIXTURES / name / "manifest.json")


def test_there_is_a_fixture_of_every_format() -> None:
    assert sorted(path.name for path in FIXTURES.glob("version-*")) == EVERY_FORMAT
    manifests = [json.loads(path.read_text()) for path in FIXTURES.glob("version-*/manifest.json")]
    assert {each["format"] for each in manifests} == set(range(1, FORMAT + 1))


@pytest.mark.parametrize("name", EVERY_FORMAT)
def test_every_format_so_far_opens(name: str) -> None:
    manifest = _manifest(name)
    assert manifest.format == FORMAT
    assert manifest.encoder.model == "all-MiniLM-L6-v2"
    assert manifest.retrieval.top_k == 4


def test_what_format_1_left_unsaid_is_what_it_did() -> None:
    dense = _manifest("version-1").retrieval
    assert (dense.mode, dense.reranker, dense.threshold) == ("dense", None, None)
    hybrid = _manifest("version-1-hybrid").retrieval
    assert (hybrid.mode, hybrid.weight, hybrid.diversity) == ("hybrid", 0.66, 0.0)


def test_a_version_from_before_language_models_stands_alone() -> None:
    old, new = (_manifest(f"version-{number}") for number in (2, 3))
    assert (old.generation.generator, old.prompts, old.providers) == ("extractive", {}, ())
    assert old.settings["encoder.provider"] == "local"
    assert (set(new.prompts), new.providers) == ({"cited", "standalone"}, ("groq",))


def test_settings_are_flat_names_of_every_param() -> None:
    settings = _manifest("version-2").settings
    assert settings["chunk.size"] == 60
    assert settings["ingest.exclude"] == ".gitignore"
    assert settings["generation.threshold"] == 0.3
    assert settings["index.part"] == 4
    assert settings["retrieval.fusion"] == "agreement"
    assert settings["retrieval.threshold"] == "none"
    assert settings["ingest.tags"] == "manual: install.*, maintenance.*"
    assert flatten({"a": {"b": [1, "c"], "d": True}}) == {"a.b": "1, c", "a.d": True}


def _read(tmp_path: Path, content: object) -> str:
    (tmp_path / "manifest.json").write_text(json.dumps(content))
    with pytest.raises(VersionError) as caught:
        read_manifest(tmp_path / "manifest.json")
    assert "\n" not in str(caught.value)
    assert str(tmp_path / "manifest.json") in str(caught.value)
    return str(caught.value)


def test_a_format_of_the_future_asks_for_a_newer_winnow(tmp_path: Path) -> None:
    message = _read(tmp_path, {**_content(), "format": FORMAT + 1})
    assert f"has format {FORMAT + 1}, this Winnow reads up to {FORMAT}: install a newer" in message


@pytest.mark.parametrize(
    "content", [[], {}, "x", None, {"format": "1"}, {"format": 0}, {"format": True}]
)
def test_what_is_no_manifest_is_said_so(tmp_path: Path, content: object) -> None:
    assert "is no manifest: it has no format number; bring it back" in _read(tmp_path, content)


def test_unknown_missing_and_mistyped_keys_are_named(tmp_path: Path) -> None:
    content = _content()
    assert "`extra`" in _read(tmp_path, {**content, "extra": 1})
    assert "`corpus.chunks`" in _read(
        tmp_path, {**content, "corpus": {"hash": "x", "documents": 1}}
    )
    assert "`retrieval.top_k`" in _read(
        tmp_path, {**content, "retrieval": {**content["retrieval"], "top_k": 0}}
    )
    content.pop("engine")
    assert "`engine`" in _read(tmp_path, content)


def test_a_broken_file_is_an_artifact_error(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(ArtifactError, match="not valid JSON"):
        read_manifest(tmp_path / "manifest.json")
