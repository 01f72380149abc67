from dataclasses import replace
from typing import Any

import pytest

from pipeline.version import Version
from pipeline.version_change import SettingChange, changed_settings, changed_stages
from tests.changed_version import changed_version


def wrote(version: Version, **outputs: str) -> Version:
    """Return it with other hashes of what its stages wrote."""
    manifest = version.manifest
    update = {"outputs": {**manifest.outputs, **outputs}}
    return replace(version, manifest=manifest.model_copy(update=update))


def test_a_version_differs_from_itself_in_nothing(version: Version) -> None:
    assert changed_stages(version, version) == ()
    assert changed_settings(version, version) == ()


@pytest.mark.parametrize(
    ("sections", "stage"),
    [({"retrieval": {"top_k": 1}}, "retrieve"), ({"generation": {"threshold": 0.9}}, "generate")],
)
def test_a_setting_that_is_read_when_asked_changes_its_stage(
    version: Version, sections: dict[str, Any], stage: str
) -> None:
    changed = changed_version(version, **sections)
    [change] = changed_settings(version, changed)
    assert changed_stages(version, changed) == (stage,)
    assert change.stage == stage


def test_a_param_that_changed_nothing_that_was_written_is_no_difference(version: Version) -> None:
    """`breakpoint` is of another method, `hnsw_m` of another kind of index."""
    changed = changed_version(version, chunk={"breakpoint": 70.0}, index={"hnsw_m": 8})
    assert changed_stages(version, changed) == ()
    assert changed_settings(version, changed) == (
        SettingChange("chunk.breakpoint", 80.0, 70.0),
        SettingChange("index.hnsw_m", 16, 8),
    )


def test_the_same_params_that_wrote_something_else_are_a_difference(version: Version) -> None:
    """The stage's code was another."""
    changed = wrote(version, chunk="0" * 32 + ".dir", embed="1" * 32 + ".dir")
    assert changed_stages(version, changed) == ("chunk",)
    assert changed_stages(version, wrote(version, index="0" * 32 + ".dir")) == ("embed",)


def test_a_stage_that_was_given_something_else_is_judged_by_its_params(version: Version) -> None:
    grown = wrote(version, ingest="0.dir", chunk="1.dir", embed="2.dir", index="3.dir")
    assert changed_stages(version, grown) == ("ingest",)
    assert changed_stages(version, changed_version(grown, chunk={"size": 9})) == ("ingest", "chunk")
    smaller = changed_version(grown, chunk={"size": 9}, index={"part": 3})
    assert changed_stages(version, smaller) == ("ingest", "chunk", "embed")


def test_settings_are_listed_in_the_order_of_the_stages(version: Version) -> None:
    changed = changed_version(
        version, generation={"sentences": 1}, retrieval={"top_k": 1}, chunk={"size": 9}
    )
    names = [change.name for change in changed_settings(version, changed)]
    assert names == ["chunk.size", "retrieval.top_k", "generation.sentences"]


def test_a_setting_that_an_early_version_lacks_is_said_to_be_missing(version: Version) -> None:
    manifest = version.manifest
    index = {key: value for key, value in manifest.params["index"].items() if key != "part"}
    params = {**manifest.params, "index": index}
    early = replace(version, manifest=manifest.model_copy(update={"params": params}))
    assert changed_settings(early, version) == (SettingChange("index.part", None, 4),)
