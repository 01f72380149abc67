from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from eval.answers.asking import ask_cases
from eval.blame.blame import STAGES, Stage
from eval.blame.version_mix import SharedEncoders, VersionMix, changed_stages
from pipeline.answerer import open_answerer
from pipeline.errors import ParamsError, VersionError
from pipeline.versions.store import VersionStore
from pipeline.versions.version import Version
from tests.support.mixes import CASES, DEPTH, HARMLESS, WORSE, Bench, changed_version, grown_corpus

QUESTIONS = ["How long does the warranty last?", "What does error E-4471 mean?"]


class Counting:
    """Counts the texts that a Version's own encoder was given."""

    def __init__(self, version: Version) -> None:
        self._encoder = version.encoder
        self.hash = version.encoder.hash
        self.dimension = version.encoder.dimension
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str], progress: str | None = None) -> NDArray[np.float32]:
        self.encoded += texts
        return self._encoder.encode(texts, progress)


@pytest.fixture
def counting(version: Version) -> Counting:
    return Counting(version)


@pytest.fixture
def counted(version: Version, counting: Counting) -> Version:
    return replace(version, encoder=counting)  # type: ignore[arg-type]


def test_it_answers_as_the_version_does(version: Version) -> None:
    shared = SharedEncoders().answerer(version, QUESTIONS)
    for question in QUESTIONS:
        assert shared.answer(question) == open_answerer(version).answer(question)


def test_no_text_is_encoded_twice_for_versions_of_one_encoder(
    counted: Version, counting: Counting
) -> None:
    encoders = SharedEncoders()
    other = changed_version(counted, retrieval={"top_k": 1})
    for each in (counted, other):
        answerer = encoders.answerer(each, QUESTIONS)
        for question in QUESTIONS:
            answerer.answer(question)
    assert len(counting.encoded) == len(set(counting.encoded))
    assert counting.encoded[: len(QUESTIONS)] == QUESTIONS


def test_versions_of_different_encoders_share_nothing(
    version: Version, counted: Version, counting: Counting
) -> None:
    counting.hash = "another"
    encoders = SharedEncoders()
    encoders.answerer(version, QUESTIONS)
    encoders.answerer(counted, QUESTIONS)
    assert counting.encoded == QUESTIONS


def wrote(version: Version, **outputs: str) -> Version:
    """Return it with other hashes of what its stages wrote."""
    manifest = version.manifest
    update = {"outputs": {**manifest.outputs, **outputs}}
    return replace(version, manifest=manifest.model_copy(update=update))


def test_a_version_differs_from_itself_in_nothing(version: Version) -> None:
    assert changed_stages(version, version) == ()


@pytest.mark.parametrize(
    ("sections", "stage"),
    [({"retrieval": {"top_k": 1}}, "retrieve"), ({"generation": {"threshold": 0.9}}, "generate")],
)
def test_a_setting_that_is_read_when_asked_changes_its_stage(
    version: Version, sections: dict[str, Any], stage: str
) -> None:
    assert changed_stages(version, changed_version(version, **sections)) == (stage,)


def test_a_param_that_changed_nothing_that_was_written_is_no_difference(version: Version) -> None:
    """`breakpoint` is of another method, `hnsw_m` of another kind of index."""
    changed = changed_version(version, chunk={"breakpoint": 70.0}, index={"hnsw_m": 8})
    assert changed_stages(version, changed) == ()


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


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, corpus: Path, encoder_folder: Path) -> Bench:
    return Bench(corpus, tmp_path_factory.mktemp("mixes"), encoder_folder.parent)


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory, corpus: Path) -> Path:
    return grown_corpus(corpus, tmp_path_factory.mktemp("grown") / "raw", worse=True)


@pytest.fixture(scope="module")
def mix(bench: Bench, raw: Path) -> VersionMix:
    """Of two Versions that differ in every stage."""
    candidate = bench.build("candidate", *_upto("generate"), raw=raw)
    return bench.mix(bench.build("baseline"), candidate)


def _upto(stage: Stage) -> list[dict[str, dict[str, object]]]:
    """What a candidate sets that is another in these stages alone; some of it costs much."""
    costly = {"chunk": WORSE["chunk"], "embed": HARMLESS["embed"], "retrieve": WORSE["retrieve"]}
    stages = STAGES[1 : STAGES.index(stage) + 1]
    return [costly.get(each, HARMLESS[each]) for each in stages]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.thorough
def test_a_mix_answers_as_the_version_that_would_be_built_so(
    bench: Bench, raw: Path, mix: VersionMix, stage: Stage
) -> None:
    assert mix.changed == STAGES
    built = bench.build(stage, *_upto(stage), raw=raw)
    mixed, real = (
        ask_cases(open_answerer(each), CASES, DEPTH) for each in (mix.after(stage), built)
    )
    assert mixed == real


def test_what_no_stage_changed_is_not_built_again(mix: VersionMix) -> None:
    """Neither Documents nor vectors are needed where the candidate holds them."""
    candidate = changed_version(mix.baseline, retrieval={"top_k": 1}, generation={"sentences": 2})
    nothing = VersionStore(Path("nowhere"))
    own = VersionMix(mix.baseline, candidate, nothing, Path("nowhere"))
    after = own.after("retrieve")
    assert own.changed == ("retrieve", "generate")
    assert after.index is mix.baseline.index
    assert after.manifest.retrieval.top_k == 1
    assert after.manifest.generation == mix.baseline.manifest.generation


def test_an_index_of_words_is_made_where_only_the_baseline_searches_by_words(
    bench: Bench, mix: VersionMix
) -> None:
    early = replace(changed_version(mix.candidate, retrieval={"mode": "dense"}), lexical=None)
    worded = changed_version(mix.baseline, retrieval={"mode": "lexical"})
    after = bench.mix(worded, early).after("embed")
    assert open_answerer(after).retrieve("Fjell pump warranty")


def test_documents_that_are_not_here_are_asked_for(mix: VersionMix, tmp_path: Path) -> None:
    nothing = VersionStore(tmp_path)
    with pytest.raises(VersionError, match="dvc pull"):
        VersionMix(mix.baseline, mix.candidate, nothing, tmp_path).after("ingest")


def test_an_index_that_fits_no_such_corpus_says_which_param(bench: Bench, mix: VersionMix) -> None:
    baseline: Version = changed_version(mix.baseline, index={"kind": "ivf_pq", "ivf_nlist": 256})
    with pytest.raises(ParamsError, match=r"index\.\w+"):
        bench.mix(baseline, mix.candidate).after("chunk")
