"""Index difference: what changed between two Versions, before a model is asked or paid."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import Match, SequenceMatcher
from functools import cache, partial
from itertools import accumulate
from os.path import commonprefix
from typing import TYPE_CHECKING, Literal

from tqdm import tqdm

from eval.answers.asking import Answering
from eval.blame.blame import Stage
from eval.blame.version_mix import SharedEncoders, changed_stages
from eval.cases.case import Case
from eval.cases.span import Located, Span, shared, size, span_of, union
from eval.params import ScoreParams
from pipeline.answer import Passage
from pipeline.chunking.chunk import Chunk
from pipeline.retrieval.passages import joined_text
from pipeline.versions.version import Version

if TYPE_CHECKING:
    from pipeline.endpoints.endpoints import Endpoints

Why = Literal["generation", "passages", "ranking"]
_DOCUMENT = ("document", "document_id")


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

    stages: tuple[Stage, ...]
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


def compare_indexes(
    baseline: Version,
    candidate: Version,
    cases: Sequence[Case],
    params: ScoreParams,
    depth: int,
    endpoints: "Endpoints | None" = None,
) -> IndexDifference:
    """Compare what two Versions hold and what they retrieve; no language model is asked.

    Args:
        baseline: Open.
        candidate: Open.
        cases: To retrieve passages for.
        params: Its budget and `k` say how much of a ranking is compared.
        depth: `answer.depth`: characters that a ranking has.
        endpoints: Needed where an encoder is behind one.

    Raises:
        PrerequisiteError: an encoder is behind an endpoint that is not given.
    """
    documents = _document_change(baseline, candidate)
    encoders, questions = SharedEncoders(endpoints), [case.question for case in cases]
    answerers = [encoders.answerer(each, questions) for each in (baseline, candidate)]
    moved = frozenset(documents.changed)
    aligned = cache(partial(_alignment, baseline, candidate))

    def stood(passage: Passage) -> list[Span]:
        document = passage.document
        return aligned(document).before(passage) if document in moved else [span_of(passage)]

    found = _Retrieval(answerers, params, depth, stood)
    whole: Why | None = "generation" if _generates_otherwise(baseline, candidate) else None
    progress = tqdm(cases, "index diff", unit="case", disable=None)
    return IndexDifference(
        stages=changed_stages(baseline, candidate),
        chunks=_chunk_change(baseline, candidate),
        documents=documents,
        cases=tuple(found.overlap(case, whole) for case in progress),
    )


def _chunk_change(before: Version, after: Version) -> ChunkChange:
    """Compare chunks; an insertion leaves those around it what they were."""
    old, new = (
        Counter(version.chunks.column("text_hash").to_pylist()) for version in (before, after)
    )
    kept = (old & new).total()
    return ChunkChange(added=new.total() - kept, removed=old.total() - kept, kept=kept)


def _document_change(before: Version, after: Version) -> DocumentChange:
    """Compare Documents by their ids, which are hashes of path and text."""
    old, new = (
        dict(zip(*(each.chunks.column(name).to_pylist() for name in _DOCUMENT), strict=True))
        for each in (before, after)
    )
    both = old.keys() & new.keys()
    changed = sorted(path for path in both if old[path] != new[path])
    return DocumentChange(
        added=tuple(sorted(new.keys() - old.keys())),
        removed=tuple(sorted(old.keys() - new.keys())),
        changed=tuple(changed),
        kept=len(both) - len(changed),
    )


def _generates_otherwise(before: Version, after: Version) -> bool:
    """Say whether the same passages could get another answer."""
    old, new = before.manifest, after.manifest
    if (old.generation, old.prompts) != (new.generation, new.prompts):
        return True
    # The extractive generator chooses sentences with the Version's own encoder.
    extractive = new.generation.generator == "extractive"
    return extractive and before.encoder.hash != after.encoder.hash


@dataclass(frozen=True, slots=True)
class _Retrieval:
    """What both Versions retrieve for a Case."""

    answerers: Sequence[Answering]
    params: ScoreParams
    depth: int
    stood: Callable[[Passage], list[Span]]
    """Where a passage of the candidate stands in the baseline's Documents."""

    def overlap(self, case: Case, whole: Why | None) -> CaseOverlap:
        """Compare both; `whole` is why every Case can have changed, if there is a reason."""
        old, new = (each.retrieve(case.question) for each in self.answerers)
        why = whole
        if why is None and _seen(old) != _seen(new):
            why = "passages"
        if why is None and len({self._ranking(each, case) for each in self.answerers}) > 1:
            why = "ranking"
        before = union(old)
        common = shared(before, union(place for passage in new for place in self.stood(passage)))
        either = size(before) + size(union(new)) - common
        return CaseOverlap(case.id, common / either if either else 1.0, why)

    def _ranking(self, answerer: Answering, case: Case) -> tuple[tuple[str, str], ...]:
        """Return what the retrieval metrics look at of a ranking."""
        ranking = answerer.rank(case.question, self.params.budget)
        if len(ranking) < self.params.k:
            ranking = answerer.rank(case.question, self.depth)[: self.params.k]
        return tuple((passage.document, passage.text_hash) for passage in ranking)


def _seen(passages: Sequence[Passage]) -> list[tuple[str, str]]:
    """Return all that a generator sees of passages."""
    return [(passage.place, passage.text) for passage in passages]


def _alignment(baseline: Version, candidate: Version, document: str) -> "Alignment":
    old, new = (_document_chunks(version, document) for version in (baseline, candidate))
    return Alignment(joined_text(old), joined_text(new), (old[0].start, new[0].start))


def _document_chunks(version: Version, document: str) -> list[Chunk]:
    paths = version.chunks.column("document").to_pylist()
    return version.chunks.chunks([row for row, path in enumerate(paths) if path == document])


class Alignment:
    """Tells where the characters of a Document's later text stood in its earlier one.

    Lines are compared, and of lines that were replaced the common beginning and end.
    """

    def __init__(self, before: str, after: str, offsets: tuple[int, int] = (0, 0)) -> None:
        """Compare two texts; `offsets` are the positions at which they begin in the Documents."""
        lines = before.splitlines(keepends=True), after.splitlines(keepends=True)
        self._matches = [each for each in _matches(*lines, offsets) if each.size]
        self._starts = [each.b for each in self._matches]

    def before(self, span: Located) -> list[Span]:
        """Return where the characters of a span stood before, as far as they did, in order."""
        first = max(0, bisect_right(self._starts, span.start) - 1)
        spans = []
        for match in self._matches[first:]:
            if match.b >= span.end:
                break
            start, end = max(span.start, match.b), min(span.end, match.b + match.size)
            if start < end:
                shift = match.a - match.b
                spans.append(Span(span.document, start + shift, end + shift))
        return spans


def _matches(before: list[str], after: list[str], offsets: tuple[int, int]) -> Iterator[Match]:
    """Yield the characters (`a` before, `b` after) that are the same, in order; some are none."""
    old, new = (
        list(accumulate(map(len, lines), initial=offset))
        for lines, offset in zip((before, after), offsets, strict=True)
    )
    matcher = SequenceMatcher(None, before, after)
    for kind, from_old, to_old, from_new, to_new in matcher.get_opcodes():
        if kind == "equal":
            yield Match(old[from_old], new[from_new], new[to_new] - new[from_new])
        elif kind == "replace":
            left, right = "".join(before[from_old:to_old]), "".join(after[from_new:to_new])
            head = len(commonprefix([left, right]))
            yield Match(old[from_old], new[from_new], head)
            tail = len(commonprefix([left[head:][::-1], right[head:][::-1]]))
            yield Match(old[to_old] - tail, new[to_new] - tail, tail)
