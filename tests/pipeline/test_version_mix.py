from dataclasses import replace
from pathlib import Path

import pytest

from eval.asking import ask_cases
from pipeline.answerer import open_answerer
from pipeline.errors import ParamsError, VersionError
from pipeline.stage_output import StageOutputs
from pipeline.version import Version
from pipeline.version_change import STAGES, Stage
from pipeline.version_mix import VersionMix
from pipeline.version_store import VersionStore
from tests.changed_version import changed_version
from tests.mixed_versions import CASES, DEPTH, HARMLESS, WORSE, Bench, grown_corpus


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
    nothing = StageOutputs(VersionStore(Path("nowhere")))
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
    nothing = StageOutputs(VersionStore(tmp_path))
    with pytest.raises(VersionError, match="dvc pull"):
        VersionMix(mix.baseline, mix.candidate, nothing, tmp_path).after("ingest")


def test_an_index_that_fits_no_such_corpus_says_which_param(bench: Bench, mix: VersionMix) -> None:
    baseline: Version = changed_version(mix.baseline, index={"kind": "ivf_pq", "ivf_nlist": 256})
    with pytest.raises(ParamsError, match=r"index\.\w+"):
        bench.mix(baseline, mix.candidate).after("chunk")
