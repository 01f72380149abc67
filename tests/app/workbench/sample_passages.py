"""Passages of the handbook of a firm that sells heat pumps, as the sample Versions find them."""

from pipeline.answer import Passage
from pipeline.files import hash_text

WITHIN = (
    "A private customer who bought in the web shop may send goods back without giving a reason "
    "within 30 days of delivery."
)
DAY = "The day of delivery is not counted."
ENOUGH = (
    "It is enough that the customer tells us within that time, by the web form, by letter or on "
    "the phone; the goods themselves must be on their way no later than 14 days after that message."
)
OLD = "Private customers may return goods within 14 days of delivery."
TRADE = (
    "Partner installers have no right of withdrawal. As a courtesy we take back unused stock in "
    "its original, unopened packaging up to 90 days after delivery."
)
DOA = (
    "A unit that does not start at first commissioning counts as dead on arrival (DOA) if it is "
    "reported within five working days of delivery and before it has run for more than 24 hours."
)


def passage(
    rank: int, score: float, text: str, document: str, start: int, *headings: str
) -> Passage:
    return Passage(
        rank=rank,
        score=score,
        chunk_id=hash_text(f"{document}{start}{text}"),
        document=document,
        start=start,
        end=start + len(text),
        text=text,
        text_hash=hash_text(text),
        page=3 if document.endswith(".pdf") else None,
        headings=headings,
        ocr_confidence=0.62 if document.endswith(".pdf") else None,
    )
