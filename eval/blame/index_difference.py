"""Index difference: what changed between two Versions, before a model is asked or paid."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from functools import cache
from os.path import commonprefix
from typing import TYPE_CHECKING, Any, Literal

from tqdm import tqdm

from eval.answers.asking import Answering
from eval.blame.version_mix import (
    SettingChange,
    SharedEncoders,
    Stage,
    changed_settings,
    changed_stages,
)
from eval.cases.case import Case
from eval.cases.span import Located, Span, shared, size, union
from eval.params import ScoreParams
from pipeline.answer import Passage
from pipeline.chunking.chunk import Chunk
from pipeline.retrieval.passages import joined_text
from pipeline.versions.version import Version

if TYPE_CHECKING:
    from pipeline.versions.version import Version

Why = Literal["engine", "generation", "passages", "ranking"]


@dataclass(frozen=True, slots=True)
class ChunkChange:
    """Chunks told apart by the hash of their text alone, each occurrence counted."""

    added: int
    removed: int
    kept: int


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """Paths of Documents, sorted; one that holds no text is in no index and not counted."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    kept: int


@dataclass(frozen=True, slots=True)
class CaseOverlap:
    """What one Case's retrieved passages share.

    `overlap` lies in 0..1: the characters that both sides' passages hold over those that either
    holds, by their place in the Document. `why` is the first reason for which it can have changed
    (`ranking`: what stands below the passages that it is answered from), None where it gets the
    same answer from the same ranking.
    """

    case_id: str
    overlap: float
    why: Why | None


@dataclass(frozen=True, slots=True)
class IndexDifference:
    """What differs between a baseline and a candidate, in their files and in what they find."""

    baseline: str
    candidate: str
    stages: tuple[Stage, ...]
    settings: tuple[SettingChange, ...]
    chunks: ChunkChange
    documents: DocumentChange
    cases: tuple[CaseOverlap, ...]

    @property
    def can_change(self) -> int:
        """The number of Cases that can have changed; all others get the same answer."""
        return sum(each.why is not None for each in self.cases)

    @property
    def overlap(self) -> float | None:
        """The mean overlap over the Cases, None where there are none."""
        if not self.cases:
            return None
        return sum(each.overlap for each in self.cases) / len(self.cases)

    @property
    def line(self) -> str:
        """All of it in one line."""
        chunks, documents = self.chunks, self.documents
        return (
            f"chunks: {chunks.kept} kept, {chunks.added} added, {chunks.removed} removed; "
            f"documents: {documents.kept} kept, {len(documents.changed)} changed, "
            f"{len(documents.added)} added, {len(documents.removed)} removed; "
            f"{self.can_change} of {len(self.cases)} Cases can have changed"
        )

    def content(self) -> dict[str, Any]:
        """Return it as JSON holds it, with the counts that follow from it."""
        whys = Counter(each.why for each in self.cases if each.why is not None)
        return {
            **asdict(self),
            "can_change": self.can_change,
            "overlap": self.overlap,
            "why": dict(sorted(whys.items())),
        }


def chunk_change(before: "Version", after: "Version") -> ChunkChange:
    """Compare the chunks of two Versions; an insertion leaves those around it what they were."""
    old, new = (
        Counter(version.chunks.column("text_hash").to_pylist()) for version in (before, after)
    )
    kept = (old & new).total()
    return ChunkChange(added=new.total() - kept, removed=old.total() - kept, kept=kept)


def document_change(before: "Version", after: "Version") -> DocumentChange:
    """Compare the Documents of two Versions; one is changed where its text is another."""
    old, new = document_ids(before), document_ids(after)
    both = old.keys() & new.keys()
    changed = sorted(path for path in both if old[path] != new[path])
    return DocumentChange(
        added=tuple(sorted(new.keys() - old.keys())),
        removed=tuple(sorted(old.keys() - new.keys())),
        changed=tuple(changed),
        kept=len(both) - len(changed),
    )


def document_ids(version: "Version") -> Mapping[str, str]:
    """Map the path of each Document that has chunks to its id, a hash of path and text."""
    paths: Sequence[str] = version.chunks.column("document").to_pylist()
    return dict(zip(paths, version.chunks.column("document_id").to_pylist(), strict=True))


_Lines = list[str]


@dataclass(frozen=True, slots=True, order=True)
class Block:
    """Characters that are the same in both texts: from `after` on in the later, `before` on."""

    after: int
    before: int
    length: int


class KeptText:
    """Knows which characters of a Document's later text stand in its earlier one, and where.

    Lines are compared, and of lines that were replaced the common beginning and end.
    """

    def __init__(self, blocks: Sequence[Block]) -> None:
        """Take blocks in the order of the later text, none overlapping another."""
        self._blocks = blocks
        self._starts = [block.after for block in blocks]

    @classmethod
    def between(cls, before: str, after: str, offsets: tuple[int, int] = (0, 0)) -> "KeptText":
        """Compare two texts; `offsets` are the positions at which they begin in the Documents."""
        found = (
            Block(each.after + offsets[1], each.before + offsets[0], each.length)
            for each in _blocks(before.splitlines(keepends=True), after.splitlines(keepends=True))
        )
        return cls([block for block in found if block.length])

    def before(self, place: Located) -> list[Span]:
        """Return where the characters of a span stood before, as far as they did, in order."""
        first = max(0, bisect_right(self._starts, place.start) - 1)
        places = []
        for block in self._blocks[first:]:
            if block.after >= place.end:
                break
            start = max(place.start, block.after)
            end = min(place.end, block.after + block.length)
            if start < end:
                shift = block.before - block.after
                places.append(Span(place.document, start + shift, end + shift))
        return places


def _blocks(before: _Lines, after: _Lines) -> Iterator[Block]:
    old, new = _offsets(before), _offsets(after)
    matcher = SequenceMatcher(None, before, after)
    for kind, from_old, to_old, from_new, to_new in matcher.get_opcodes():
        if kind == "equal":
            yield Block(new[from_new], old[from_old], new[to_new] - new[from_new])
        elif kind == "replace":
            left, right = "".join(before[from_old:to_old]), "".join(after[from_new:to_new])
            head = len(commonprefix([left, right]))
            yield Block(new[from_new], old[from_old], head)
            tail = len(commonprefix([left[head:][::-1], right[head:][::-1]]))
            yield Block(new[to_new] - tail, old[to_old] - tail, tail)


def _offsets(lines: _Lines) -> list[int]:
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line))
    return offsets


if TYPE_CHECKING:
    from pipeline.endpoints.endpoints import Endpoints


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

    def _before(self, passage: Passage) -> list[Span]:
        """Return where a passage of the candidate stands in the baseline's Documents."""
        if passage.document in self._changed:
            return self._kept(passage.document).before(passage)
        return [Span(passage.document, passage.start, passage.end)]

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
