"""Case check: whether Cases are fit to measure with, evidence by evidence."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eval.cases.case import Case
from eval.cases.evidence import LocatedEvidence, Lookup, locate_evidence
from eval.cases.normal_text import normalise
from pipeline.documents.document import Document


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An id, or a question but for typography and letter case, that several Cases have."""

    what: str
    text: str
    cases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaseCheck:
    """What `winnow cases check` prints; `tags` is the number of Cases by tag."""

    cases: int
    unanswerable: int
    evidence: LocatedEvidence
    duplicates: tuple[Duplicate, ...]
    tags: dict[str, int]

    @property
    def several(self) -> tuple[Lookup, ...]:
        """Quotes that stand in several places, each of which will do."""
        return tuple(each for each in self.evidence.lookups if len(each.spans) > 1)

    @property
    def ok(self) -> bool:
        """Whether nothing is missing and nothing stands twice."""
        return not self.evidence.orphans and not self.duplicates


def check_cases(cases: Sequence[Case], documents: Iterable[Document], fuzzy: float) -> CaseCheck:
    """Look every Evidence up and look for Cases that stand twice.

    `fuzzy` is `score.fuzzy`, the least partial ratio (0..100) of a quote found only nearly.
    """
    asking: dict[str, list[Case]] = {}
    for case in cases:
        asking.setdefault(normalise(case.question).strip().casefold(), []).append(case)
    ids = Counter(case.id for case in cases)
    return CaseCheck(
        cases=len(cases),
        unanswerable=sum(not case.answerable for case in cases),
        evidence=locate_evidence(cases, documents, fuzzy),
        duplicates=(
            *(Duplicate("id", name, (name,) * count) for name, count in ids.items() if count > 1),
            *(
                Duplicate("question", group[0].question, tuple(case.id for case in group))
                for group in asking.values()
                if len(group) > 1
            ),
        ),
        tags=dict(sorted(Counter(tag for case in cases for tag in case.tags).items())),
    )
