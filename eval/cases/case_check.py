"""Case check: whether Cases are fit to measure with, evidence by evidence."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eval.cases.case import Case
from eval.cases.evidence import Finding, How, locate_evidence
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
    """What `winnow cases check` prints.

    `findings` hold every Evidence, alternatives included, in Case order; `tags` the number of
    Cases by tag.
    """

    cases: int
    unanswerable: int
    findings: tuple[Finding, ...]
    duplicates: tuple[Duplicate, ...]
    tags: dict[str, int]

    @property
    def orphans(self) -> tuple[Finding, ...]:
        """Evidence that is not in the Documents."""
        return tuple(finding for finding in self.findings if finding.how == "orphan")

    @property
    def several(self) -> tuple[Finding, ...]:
        """Quotes that stand in several places, each of which will do."""
        return tuple(finding for finding in self.findings if len(finding.places) > 1)

    @property
    def found(self) -> dict[How, int]:
        """Number of Evidence by the way it was found."""
        return dict(Counter(finding.how for finding in self.findings))

    @property
    def ok(self) -> bool:
        """Whether nothing is missing and nothing stands twice."""
        return not self.orphans and not self.duplicates


def check_cases(cases: Sequence[Case], documents: Iterable[Document], fuzzy: float) -> CaseCheck:
    """Look every Evidence up and look for Cases that stand twice.

    `fuzzy` is `score.fuzzy`, the least partial ratio (0..100) of a quote found only nearly.
    """
    located = locate_evidence(cases, documents, fuzzy)
    return CaseCheck(
        cases=len(cases),
        unanswerable=sum(not case.answerable for case in cases),
        findings=located.findings,
        duplicates=(*_duplicate_ids(cases), *_duplicate_questions(cases)),
        tags=dict(sorted(Counter(tag for case in cases for tag in case.tags).items())),
    )


def _duplicate_ids(cases: Sequence[Case]) -> list[Duplicate]:
    counts = Counter(case.id for case in cases)
    return [Duplicate("id", name, (name,) * count) for name, count in counts.items() if count > 1]


def _duplicate_questions(cases: Sequence[Case]) -> list[Duplicate]:
    asking: dict[str, list[Case]] = {}
    for case in cases:
        asking.setdefault(normalise(case.question).strip().casefold(), []).append(case)
    return [
        Duplicate("question", group[0].question, tuple(case.id for case in group))
        for group in asking.values()
        if len(group) > 1
    ]
