"""The values of every question of a set with every setting, measured once and kept."""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from statistics import fmean

from tqdm import tqdm

from benchmarks import ranking_measure
from benchmarks.question_set import Question, QuestionSet
from benchmarks.ranking_measure import measure_documents, span_measure
from benchmarks.set_version import SetVersions
from eval.params import Params
from pipeline.answerer import open_retriever
from pipeline.engine import import_closure
from pipeline.errors import WinnowError
from pipeline.files import hash_file, hash_of, read_json, write_json
from pipeline.params import RetrievalParams
from pipeline.retrieval.ranking import Retriever
from pipeline.versions.version import Version


@dataclass(frozen=True, slots=True)
class SettingValues:
    """A value by measure and question, and how many chunks of how many characters there are."""

    values: dict[str, list[float]]
    chunks: int
    characters: float


def measure_settings(
    judged: QuestionSet, rows: Mapping[str, Params], versions: SetVersions
) -> dict[str, SettingValues]:
    """Return what is kept of each row, or measure it; one that is refused is left out."""
    files = {name: versions.key(judged.raw, params) for name, params in rows.items()}
    kept = {
        name: versions.cache / "values" / f"{_key(judged, files[name], params.retrieval)}.json"
        for name, params in rows.items()
    }
    missing: dict[str, list[str]] = defaultdict(list)
    for name, path in kept.items():
        if not path.is_file():
            missing[files[name]].append(name)
    for names in missing.values():
        try:
            _measure_group(judged, {name: (rows[name], kept[name]) for name in names}, versions)
        except WinnowError as error:
            # Such as an inexact index that finds too little of a set that is small.
            logging.getLogger("winnow").warning("%s: %s: %s", judged.name, names, error)
    return {name: SettingValues(**read_json(path)) for name, path in kept.items() if path.is_file()}


def _measure_group(
    judged: QuestionSet, group: Mapping[str, tuple[Params, Path]], versions: SetVersions
) -> None:
    first, _ = next(iter(group.values()))
    questions = judged.locate(versions.documents(judged.raw, first))
    with versions.built(judged.raw, first, [each.text for each in questions]) as version:
        for name, (params, path) in group.items():
            bar = tqdm(questions, desc=f"{judged.name}: {name}", unit="question", disable=None)
            measured = _measure(version, params.retrieval, judged.whole, bar)
            write_json(path, asdict(measured))


def _measure(
    version: Version, params: RetrievalParams, whole: bool, questions: Sequence[Question]
) -> SettingValues:
    chunks = version.chunks.chunks()
    measure = measure_documents if whole else span_measure(chunks)

    @cache
    def retriever(folder: str | None) -> Retriever:
        within = (folder,) if folder else params.folders
        retrieval = params.model_copy(update={"folders": within})
        manifest = version.manifest.model_copy(update={"retrieval": retrieval})
        return open_retriever(replace(version, manifest=manifest))

    rows = [measure(retriever(each.folder), each.text, each.targets) for each in questions]
    return SettingValues(
        values={name: [row[name] for row in rows] for name in rows[0]},
        chunks=len(chunks),
        characters=fmean(len(chunk.text) for chunk in chunks),
    )


def _key(judged: QuestionSet, files: str, retrieval: RetrievalParams) -> str:
    return hash_of([files, retrieval.model_dump(mode="json"), judged.source, _measuring()])


@cache
def _measuring() -> str:
    closure = import_closure(
        "eval.scores.metrics", "eval.cases.evidence", "eval.benchmarks.chunking"
    )
    sources = [hash_file(path) for path in closure.sources.values()]
    return hash_of([sources, hash_file(Path(ranking_measure.__file__))])
