"""Answer and Passage: what a question gets back."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Passage:
    """A retrieved chunk: `rank` counts from 1, `score` is higher for closer.

    `ocr_confidence` is None unless characters of it were recognised from an image.
    """

    rank: int
    score: float
    chunk_id: str
    document: str
    start: int
    end: int
    text: str
    text_hash: str
    page: int | None
    headings: tuple[str, ...]
    ocr_confidence: float | None = None

    @property
    def place(self) -> str:
        """Say where the passage stands, as a reader would cite it."""
        where = [self.document]
        if self.page is not None:
            where.append(f"page {self.page}")
        if self.headings:
            where.append(" › ".join(self.headings))
        if self.ocr_confidence is not None:
            where.append(f"recognised with {self.ocr_confidence:.0%} confidence")
        return ", ".join(where)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an answer and the ranks of the passages that it cites."""

    text: str
    citations: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Generation:
    """What a Generator makes of a question and passages.

    No sentences means that it abstained. `tokens` and `cost` (US dollars) are None where
    no language model was asked, `cost` also where its price is not known.
    """

    sentences: tuple[Sentence, ...]
    tokens: int | None = None
    cost: float | None = None
    stray: int = 0
    """Citations that pointed at no passage, and were removed."""
    dropped: tuple[int, ...] = ()
    """Ranks of passages that did not fit into the model's window."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, the passages that it was made from, and what it took.

    `seconds` is left out of comparison: two equal answers need not take equally long.
    """

    question: str
    sentences: tuple[Sentence, ...]
    passages: tuple[Passage, ...]
    tokens: int | None = None
    cost: float | None = None
    stray: int = 0
    dropped: tuple[int, ...] = ()
    standalone: str | None = None
    """What a follow-up was taken to ask, where that differs from the question."""
    seconds: dict[str, float] = field(default_factory=dict, compare=False)

    @property
    def abstained(self) -> bool:
        """Whether the answer says that the documents do not hold one."""
        return not self.sentences

    @property
    def text(self) -> str:
        """The sentences joined, without citation marks; empty when it abstained."""
        return " ".join(sentence.text for sentence in self.sentences)

    @property
    def given(self) -> tuple[Passage, ...]:
        """The passages that the answer could be made from: all but those dropped."""
        return tuple(each for each in self.passages if each.rank not in self.dropped)

    @property
    def cited(self) -> tuple[Passage, ...]:
        """The passages that a sentence cites, by rank."""
        ranks = {rank for sentence in self.sentences for rank in sentence.citations}
        return tuple(passage for passage in self.passages if passage.rank in ranks)


@dataclass(frozen=True, slots=True)
class Turn:
    """One question of a conversation and the text of its answer, empty when it abstained."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Standalone:
    """A follow-up as a question that can be understood alone, and what making it took."""

    question: str
    tokens: int | None = None
    cost: float | None = None
