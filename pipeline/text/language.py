"""Language: which one a text is written in, and the terms that it is found by.

The most frequent words tell a language; they stand in no terms.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

_LEAST_SHARE = 0.12
_LEAST_WORDS = 2
# Marks that Python counts among no letters, though they stand inside words.
_MARKS = "\u0300-\u036f\u0591-\u05bd\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0dff"
_WORD = re.compile(rf"(?:[^\W_]|[{_MARKS}])+")
# Scripts that set no blanks between words, and Hangul, whose words carry their particles.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1100-\u11ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+"
)
_EDGE = "_"

STOP_WORDS: dict[str, frozenset[str]] = {
    language: frozenset(words.casefold().split())
    for language, words in {
        "arabic": "في من على إلى عن مع هذا هذه التي الذي أن إن كان كانت لا ما هو هي و أو ثم قد"
        " لم بعد بين كل ذلك حيث عند غير",
        "basque": "eta da ez bat dira zen dute zuen ere baina du edo izan hau hori ziren bere"
        " egin dago baino beste dut dugu",
        "catalan": "el la els les un una i o de del dels al als a en per amb que no és són ha"
        " han va van ser com més però seva seu aquest aquesta també quan on entre sobre fins pel"
        " es s l d",
        "czech": "a v na se je že s z do o k i za by ale jako po pro od jeho který která které"
        " jsou byl byla bylo při také nebo až tak ve ze si už jen což podle",
        "danish": "og i at er en et det den de til på som med for af ikke der var han hun har"
        " jeg fra vi kan blev eller om men ved efter havde også denne dette hvor hvad når sig",
        "dutch": "de het een en van in is op te dat die voor met zijn niet aan er om ook als dan"
        " maar door bij of uit naar werd wordt worden kan hoe wat wie waar wanneer deze dit nog"
        " over heeft hebben had was waren ik je u we zij hij",
        "english": "a an the of to in on at by for from with without into as and or but if not"
        " no is are was were be been being am do does did has have had can could will would"
        " shall should may might must i you he she it we they me him her us them my your his its"
        " our their this that these those there here what which who whom whose when where why"
        " how than then so such s t about between during after before also both each any all"
        " some more most other only own same",
        "finnish": "ja on ei se että oli hän mutta ovat kun myös sen joka ole jos niin kuin tai"
        " mitä mikä sekä hänen olla siitä tämä jotka ollut vain sitten missä miten voi",
        "french": "le la les l un une des du de d au aux à a en dans sur sous par pour avec sans"
        " entre vers chez et ou où mais donc ni car que qu qui quoi dont quel quelle quels"
        " quelles quand comment pourquoi combien ne n pas plus se s sa son ses leur leurs ce c"
        " cet cette ces il elle ils elles on je j tu nous vous me m te lui y est sont était"
        " étaient être été sera fut ont avait avoir si comme aussi même tout tous toute toutes"
        " mon ma mes notre nos votre vos",
        "german": "der die das den dem des ein eine einen einem einer eines und oder aber in im"
        " an am auf aus bei mit nach von vom zu zum zur für über unter um durch ist sind war"
        " waren wird werden wurde wurden sein hat haben hatte kann können muss soll nicht kein"
        " keine auch als wie wenn dass ob was wer wo wann warum welche welcher welches ich du er"
        " sie es wir ihr sich man nur noch so dann dieser diese dieses",
        "greek": "και το η ο να του της την τα των στο στη στην με για που από δεν είναι σε τον"
        " οι θα τις τους ότι ένα μια ως αλλά κατά",
        "hungarian": "a az és hogy nem is egy ez volt van meg de csak el azt ha mint már még"
        " vagy ki mi minden aki lehet után szerint között",
        "indonesian": "yang dan di ini dengan untuk dari pada tidak itu ke dalam adalah akan"
        " oleh juga atau ada sebagai telah dapat karena saya bisa apa mereka lebih bagaimana",
        "italian": "il lo la i gli le l un uno una di del dello della dei degli delle d a al"
        " allo alla ai agli alle da dal dalla in nel nella nei nelle su sul sulla con per tra"
        " fra e ed o ma se che chi cui non è sono era erano essere stato ha hanno come quando"
        " dove perché quale quali quanto più anche si ci questo questa questi queste suo sua"
        " loro",
        "norwegian": "og i det er på en et til som for med at av de ikke den var han hun har jeg"
        " fra vi kan ble eller om men ved etter hadde også denne dette hvor hva når seg",
        "polish": "i w na z do się nie że jest to o jak po od za co przez dla są był była było"
        " oraz który która które ale tym tego przy czy być tylko może jego jej ich",
        "portuguese": "o a os as um uma uns umas de do da dos das em no na nos nas por pelo pela"
        " para com sem e ou mas se que quem qual quais quando onde como porque não é são foi"
        " eram era ser está tem ao à aos às seu sua seus suas este esta isso mais também já"
        " entre até",
        "romanian": "și în de la a cu pe nu că o un din este pentru care mai sunt ce sau au fost"
        " prin dar ca să se le lui ale cum când unde după",
        "russian": "и в во не что он на я с со как а то все она так его но да ты к у же вы за бы"
        " по её мне было вот от меня о из ему при для или это быть был была были мы они где"
        " когда если чтобы который которая которые",
        "spanish": "el la los las un una unos unas de del a al en por para con sin sobre entre y"
        " e o u pero si que qué quién cuál cuáles cuándo dónde cómo no es son fue era eran ser"
        " está están ha han hay su sus se lo le les este esta estos estas ese esa como cuando"
        " donde más también ya muy desde hasta porque",
        "swedish": "och i att det som en ett på är av för med den till de inte om har han hon"
        " var jag från vi kan men eller vid efter hade också denna detta hur vad när sig där ska",
        "turkish": "ve bir bu da de için ile çok ne o olarak daha gibi var olan en mi ya veya"
        " kadar sonra ki her ama değil nasıl hangi",
    }.items()
}
"""Snowball's name of a language to its most frequent words, in lower case, apart at apostrophes."""


def language_of(words: Sequence[str]) -> str | None:
    """Return the language of a text's words in lower case; None where they do not tell."""
    hits = _hits(words)
    best = max(hits.values(), default=0)
    if best < max(_LEAST_WORDS, _LEAST_SHARE * len(words)):
        return None
    found = [language for language, count in hits.items() if count == best]
    return found[0] if len(found) == 1 else None


def frequent_words(words: Sequence[str], languages: Collection[str]) -> frozenset[str]:
    """Return the most frequent words of the languages that a question is likeliest written in.

    A question is short: where several of `languages` are as likely, the words of all are returned.
    """
    hits = {language: count for language, count in _hits(words).items() if language in languages}
    best = max(hits.values(), default=0)
    return frozenset().union(
        *(STOP_WORDS[language] for language, count in hits.items() if count == best)
    )


def _hits(words: Sequence[str]) -> Counter[str]:
    """Count, for each language, the words that are frequent ones of it."""
    speakers = _speakers()
    return Counter(language for word in words for language in speakers.get(word, ()))


@cache
def _speakers() -> dict[str, list[str]]:
    """Return the languages that each frequent word belongs to."""
    found: dict[str, list[str]] = {}
    for language, frequent in STOP_WORDS.items():
        for word in frequent:
            found.setdefault(word, []).append(language)
    return found


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one text by kind, in its order; a term that repeats stands there repeatedly."""

    words: tuple[str, ...]
    """Stems without accents; in Chinese, Japanese, Korean, Thai and their like two characters."""
    pairs: tuple[str, ...]
    """Two stems that follow each other."""
    parts: tuple[str, ...]
    """Runs of characters within a word, its ends marked; or one character of those scripts."""


def split_words(text: str) -> list[str]:
    """Return the words of a text in lower case, as they stand there."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def chunk_terms(words: Sequence[str], language: str | None, length: int) -> Terms:
    """Return what a chunk is found by; parts have `length` characters, with 0 there are none."""
    kept = [word for word in words if word not in STOP_WORDS.get(language or "", ())]
    return _terms(kept, [language], length)


def question_terms(words: Sequence[str], languages: Sequence[str], length: int) -> Terms:
    """Return what a question looks for: its words' stems in each language of the corpus."""
    frequent = frequent_words(words, languages)
    return _terms([word for word in words if word not in frequent], languages or [None], length)


def _terms(words: Sequence[str], languages: Sequence[str | None], length: int) -> Terms:
    spaced: list[str] = []
    found: list[str] = []
    parts: list[str] = []
    for word in words:
        for run in _UNSPACED.findall(word):
            found.extend(run[at : at + 2] for at in range(len(run) - 1))
            parts.extend(run if length else ())
        spaced.extend(_UNSPACED.sub(" ", word).split())
    pairs: list[str] = []
    for language in languages:
        stems = _stems(spaced, language)
        found.extend(stems)
        pairs.extend(" ".join(pair) for pair in pairwise(stems))
    if length:
        parts.extend(part for word in spaced for part in _parts(_folded(word), length))
    return Terms(tuple(found), tuple(pairs), tuple(parts))


def _stems(words: Sequence[str], language: str | None) -> list[str]:
    import Stemmer

    if language is None:
        return [_folded(word) for word in words]
    # A stemmer is not to be shared between threads, and is quick to make.
    return [_folded(stem) for stem in Stemmer.Stemmer(language).stemWords(words)]


def _parts(word: str, length: int) -> Iterator[str]:
    marked = f"{_EDGE}{word}{_EDGE}"
    for at in range(max(1, len(marked) - length + 1)):
        yield marked[at : at + length]


def _folded(word: str) -> str:
    if word.isascii():
        return word
    letters: Iterable[str] = unicodedata.normalize("NFKD", word)
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
