"""Index difference: what changed between two Versions, before a model is asked or paid."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from pipeline.version_change import SettingChange, Stage

if TYPE_CHECKING:
    from pipeline.version import Version

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
