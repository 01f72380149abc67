"""Index comparison: two Versions and the Cases to an IndexDifference."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from tqdm import tqdm

from eval.asking import Answering
from eval.case import Case
from eval.index_difference import (
    CaseOverlap,
    IndexDifference,
    Why,
    chunk_change,
    document_change,
)
from eval.kept_text import KeptText
from eval.params import ScoreParams
from eval.place import Place, shared, size, union
from eval.shared_encoders import SharedEncoders
from pipeline.answer import Passage
from pipeline.chunk import Chunk
from pipeline.passages import joined_text
from pipeline.version import Version
from pipeline.version_change import changed_settings, changed_stages

if TYPE_CHECKING:
    from pipeline.endpoints import Endpoints


def compare_indexes(
    baseline: Version,
    candidate: Version,
    cases: Sequence[Case],
    params: ScoreParams,
    depth: int,
    endpoints: "Endpoints | None" = None,
    *,
    same_engine: bool = True,
) -> IndexDifference:
    """Compare what two Versions hold and what they retrieve; no language model is asked.

    Args:
        baseline: Open.
        candidate: Open.
        cases: To retrieve passages for.
        params: Its budget and `k` say how much of a ranking is compared.
        depth: `answer.depth`: characters that a ranking has.
        endpoints: Needed where an encoder is behind one.
        same_engine: Whether the engine of both sides' answers is the same.

    Raises:
        PrerequisiteError: an encoder is behind an endpoint that is not given.
    """
    found = _Retrieval(baseline, candidate, cases, params, depth, endpoints)
    whole: Why | None = None
    if not same_engine:
        whole = "engine"
    elif _generates_otherwise(baseline, candidate):
        whole = "generation"
    progress = tqdm(cases, "index diff", unit="case", disable=None)
    return IndexDifference(
        baseline=baseline.id,
        candidate=candidate.id,
        stages=changed_stages(baseline, candidate),
        settings=changed_settings(baseline, candidate),
        chunks=chunk_change(baseline, candidate),
        documents=document_change(baseline, candidate),
        cases=tuple(found.overlap(case, whole) for case in progress),
    )


def _generates_otherwise(before: Version, after: Version) -> bool:
    """Say whether the same passages could get another answer."""
    old, new = before.manifest, after.manifest
    if (old.generation, old.prompts) != (new.generation, new.prompts):
        return True
    # The extractive generator chooses sentences with the Version's own encoder.
    extractive = new.generation.generator == "extractive"
    return extractive and before.encoder.hash != after.encoder.hash


class _Retrieval:
    """What both Versions retrieve for a Case."""

    def __init__(
        self,
        baseline: Version,
        candidate: Version,
        cases: Sequence[Case],
        params: ScoreParams,
        depth: int,
        endpoints: "Endpoints | None",
    ) -> None:
        encoders, questions = SharedEncoders(endpoints), [case.question for case in cases]
        self._versions = (baseline, candidate)
        self._answerers = [encoders.answerer(each, questions) for each in self._versions]
        self._params = params
        self._depth = depth
        self._changed = frozenset(document_change(baseline, candidate).changed)
        self._kept = cache(self._kept_text)

    def overlap(self, case: Case, whole: Why | None) -> CaseOverlap:
        """Compare both; `whole` is why every Case can have changed, if there is a reason."""
        old, new = (each.retrieve(case.question) for each in self._answerers)
        why = whole
        if why is None and _seen(old) != _seen(new):
            why = "passages"
        if why is None and len({self._ranking(each, case) for each in self._answerers}) > 1:
            why = "ranking"
        return CaseOverlap(case.id, self._shared(old, new), why)

    def _ranking(self, answerer: Answering, case: Case) -> tuple[tuple[str, str], ...]:
        """Return what the retrieval metrics look at of a ranking."""
        budget, k = self._params.budget, self._params.k
        ranking = answerer.rank(case.question, budget)
        if len(ranking) < k:
            ranking = answerer.rank(case.question, self._depth)[:k]
        return tuple((passage.document, passage.text_hash) for passage in ranking)

    def _shared(self, old: Sequence[Passage], new: Sequence[Passage]) -> float:
        """Return the characters of both over those of either, 1 where neither found any."""
        before = union(old)
        after = union(place for passage in new for place in self._before(passage))
        common = shared(before, after)
        either = size(before) + size(union(new)) - common
        return common / either if either else 1.0

    def _before(self, passage: Passage) -> list[Place]:
        """Return where a passage of the candidate stands in the baseline's Documents."""
        if passage.document in self._changed:
            return self._kept(passage.document).before(passage)
        return [Place(passage.document, passage.start, passage.end)]

    def _kept_text(self, document: str) -> KeptText:
        old, new = (_document_chunks(version, document) for version in self._versions)
        return KeptText.between(
            joined_text(old), joined_text(new), offsets=(old[0].start, new[0].start)
        )


def _seen(passages: Sequence[Passage]) -> list[tuple[str, str]]:
    """Return all that a generator sees of passages."""
    return [(passage.place, passage.text) for passage in passages]


def _document_chunks(version: Version, document: str) -> list[Chunk]:
    paths = version.chunks.column("document").to_pylist()
    return version.chunks.chunks([row for row, path in enumerate(paths) if path == document])
