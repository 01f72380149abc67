import logging

import numpy as np
import pytest
from PIL import Image

from pipeline.documents.readers.text_recognition import Recognised, recognise
from tests.support.corpus import LETTER, drawn, write


def _recognised(image: Image.Image, discard: float = 0.5) -> Recognised:
    return recognise(np.ascontiguousarray(np.asarray(image)[:, :, ::-1]), discard)


@pytest.mark.parametrize("angle", [0, 90, 180, 270, 3])
def test_a_turned_page_gives_the_same_words_in_the_same_order(angle: int) -> None:
    turned = drawn().rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor="white")
    found = _recognised(turned)
    assert found.text.split() == " ".join(LETTER).split()
    assert found.confidence is not None
    assert 0.9 < found.confidence <= 1.0


@pytest.mark.parametrize("word", ["Pump", "12 €"])
@pytest.mark.parametrize("angle", [0, 180])
def test_a_lone_word_is_read_the_right_way_up(word: str, angle: int) -> None:
    found = _recognised(drawn([word]).rotate(angle))
    assert found.text == word


@pytest.mark.parametrize(
    "line",
    [
        "Où êtes-vous né, garçon naïf ? À bientôt, œuvre !",
        "Größere Äpfel für süße Mädchen in Öl, weiß.",
    ],
)
def test_accents_are_recognised(line: str) -> None:
    found = _recognised(drawn([line], width=760))
    assert found.text.split() == line.split()


def test_lines_of_a_row_are_joined_and_gaps_kept() -> None:
    image = Image.new("RGB", (640, 240), "white")
    for place, word in (((20, 20), "Pump"), ((400, 20), "Price"), ((20, 60), "Fjell")):
        write(image, place, word)
    write(image, (20, 180), "Thanks")
    assert _recognised(image).text == "Pump Price\nFjell\n\nThanks"


def test_columns_are_read_one_after_the_other() -> None:
    left = ["the first pump stands in the old cellar", "and it hums at night until the spring"] * 2
    right = ["all the others were sold to the people", "of the village who like them very much"] * 2
    image = Image.new("RGB", (980, 220), "white")
    for number, pair in enumerate(zip(left, right, strict=True)):
        for x, line in zip((20, 520), pair, strict=True):
            write(image, (x, 20 + 36 * number), line, 22)
    found = _recognised(image).text
    assert found.split() == " ".join([*left, *right]).split()


def test_a_stamp_along_the_margin_comes_last() -> None:
    page, stamp = drawn([*LETTER, *LETTER], width=560), drawn(["Received 12 May"], width=260)
    page.paste(stamp.crop((0, 0, 260, 60)).rotate(90, expand=True), (490, 0))
    found = _recognised(page)
    assert found.text.split() == [*" ".join([*LETTER, *LETTER]).split(), "Received", "12", "May"]


def test_a_lone_figure_stays_upright() -> None:
    image = Image.new("RGB", (420, 120), "white")
    write(image, (20, 30), "Screws needed")
    write(image, (320, 30), "7")
    assert _recognised(image).text == "Screws needed 7"


def test_a_line_below_the_threshold_is_left_out() -> None:
    found = _recognised(drawn(), discard=1.0)
    assert (found.text, found.confidence) == ("", 0.0)


@pytest.mark.parametrize("size", [(300, 200), (1, 1), (2000, 3), (3, 2000)])
def test_nothing_is_found_on_a_blank_page(size: tuple[int, int]) -> None:
    found = _recognised(Image.new("RGB", size, "white"))
    assert (found.text, found.confidence) == ("", None)


def test_recognition_is_silent_and_repeatable(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert _recognised(drawn()) == _recognised(drawn())
    assert capfd.readouterr() == ("", "")
    assert not caplog.records
