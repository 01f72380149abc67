import pytest

from pipeline.letter_form import plain_letters


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("e\ufb03cient \ufb01rst \ufb05one", "efficient first stone"),
        ("cafe\u0301", "caf\u00e9"),
        ("co\u00adop\u200be\ufeffra\u2060tion", "cooperation"),
        ("clas\ufffesic", "classic"),
        ("10\u00a0km\u202f%", "10 km %"),
        ("bell\x07s\x1fring", "bells ring"),
        ("Auf\u200clage", "Auflage"),
        ("soft\u00ad\nware", "soft-\nware"),
        ("soft\u00ad  \nware", "soft-  \nware"),
    ],
)
def test_forms_become_plain_letters(written: str, plain: str) -> None:
    assert plain_letters(written) == plain


@pytest.mark.parametrize(
    "text",
    [
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian, a joiner kept apart
        "\u0915\u094d\u200d\u0937",  # Hindi, a half letter
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",  # a family
        "\u2764\ufe0f\u200d\U0001f525",
        "\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd",  # Hebrew with points, already in order
        "\u4e2d\u6587\u3000\u6587\u672c\u3002",
        "\u200f\u0639\u0631\u0628\u064a",
        "tab\tand\nline",
    ],
)
def test_what_a_script_needs_stays(text: str) -> None:
    assert plain_letters(text) == plain_letters(plain_letters(text))
    assert set(plain_letters(text)) == set(text)
    assert len(plain_letters(text)) == len(text)
