"""Text files for timings: seeded, of sentences of the sample corpus, and questions about them."""

import json
import random
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]

_WORDS = 220
"""Of a document: two chunks of at most 200 tokens, whichever of the splitters cuts it."""
_PARAGRAPH = 2
_SENTENCE = re.compile(r"[A-Z][^.!?|<>#*\n]{40,240}[.!?](?=\s)")
_CHANGE = "The museum of Tromsø painted pump number {} ultramarine and lent it to the harbour."


def sample_sentences() -> list[str]:
    """Return the distinct sentences of the sample corpus's text files, in a fixed order."""
    files = sorted((ROOT / "data" / "raw").rglob("*"))
    texts = [each.read_text("utf-8") for each in files if each.suffix in {".md", ".txt"}]
    return list(dict.fromkeys(found for text in texts for found in _SENTENCE.findall(text)))


def write_texts(folder: Path, documents: int, seed: int = 7) -> None:
    """Write that many files, each of other sentences in another order."""
    chance = random.Random(seed)
    sentences = sample_sentences()
    for number in range(documents):
        path = folder / f"{number // 100:03}" / f"{number:06}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_text(number, sentences, chance), encoding="utf-8")


def change_one_text(folder: Path, number: int) -> str:
    """Put a new sentence before the text of the middle file, and return that sentence."""
    files = sorted(folder.rglob("*.txt"))
    path = files[len(files) // 2]
    sentence = _CHANGE.format(number)
    path.write_text(f"{sentence}\n\n{path.read_text('utf-8')}", encoding="utf-8")
    return sentence


def sample_questions(count: int) -> list[str]:
    """Return different questions: those of the sample Cases, then their reference answers."""
    lines = (ROOT / "eval" / "cases" / "handbook.jsonl").read_text("utf-8").splitlines()
    cases = [json.loads(line) for line in lines]
    asked = [case["question"] for case in cases] + [case["answer"] for case in cases]
    found = [text for text in dict.fromkeys(asked) if text]
    if count > len(found):
        raise ValueError(f"{count} questions were asked for, the sample Cases have {len(found)}")
    return found[:count]


def _text(number: int, sentences: list[str], chance: random.Random) -> str:
    chosen: list[str] = []
    for sentence in chance.sample(sentences, len(sentences)):
        chosen.append(sentence)
        if sum(len(each.split()) for each in chosen) >= _WORDS:
            break
    starts = range(0, len(chosen), _PARAGRAPH)
    paragraphs = [" ".join(chosen[at : at + _PARAGRAPH]) for at in starts]
    return f"Note {number}\n\n" + "\n\n".join(paragraphs) + "\n"
