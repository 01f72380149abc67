import pytest

from pipeline.errors import ParamsError
from pipeline.prompt import (
    ANSWERING,
    CONDENSING,
    NOT_IN_DOCUMENTS,
    Prompt,
    parse_prompt,
    shipped_prompt,
    shipped_prompts,
)
from pipeline.prompt_tokens import count_tokens

TEXT = "# System\nSay NOT IN THE DOCUMENTS.\n\n# User\n{passages}\n\n{question} {other}\n"


def test_a_template_has_two_parts() -> None:
    prompt = parse_prompt("mine", TEXT)
    assert prompt.system == "Say NOT IN THE DOCUMENTS."
    assert prompt.user == "{passages}\n\n{question} {other}"


def test_it_can_be_written_and_read_again() -> None:
    prompt = shipped_prompt("cited")
    assert parse_prompt("cited", prompt.text) == prompt
    assert parse_prompt("cited", prompt.text.replace("\n", "\r\n")).hash == prompt.hash
    assert parse_prompt("cited", prompt.text + "!").hash != prompt.hash


def test_values_are_filled_in_once() -> None:
    filled = parse_prompt("mine", TEXT).filled({"passages": "{question}", "question": r"\1 {x}"})
    assert filled == r"{question}" "\n\n" r"\1 {x} {other}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "`# System`"),
        ("# System\nx\n", "`# User`"),
        ("# User\n{question}\n", "`# System`"),
        ("# System\n\n# User\n{question}\n", "`# System`"),
        ("# System\n{passages}\n# User\n{question}\n", "move it below `# User`"),
    ],
)
def test_a_template_without_its_parts_is_refused(text: str, message: str) -> None:
    with pytest.raises(ParamsError, match=message) as caught:
        parse_prompt("mine", text)
    assert "'mine'" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# System\nNOT IN THE DOCUMENTS\n# User\n{question}", r"lacks .*\{passages\}"),
        ("# System\nNOT IN THE DOCUMENTS\n# User\n{passages}", r"lacks .*\{question\}"),
        ("# System\nx\n# User\n{passages}{question}", "NOT IN THE DOCUMENTS"),
        (TEXT.replace("{other}", "{conversation}"), r"\{conversation\} that nothing fills"),
    ],
)
def test_a_template_that_cannot_do_its_work_is_refused(text: str, message: str) -> None:
    with pytest.raises(ParamsError, match=message):
        parse_prompt("mine", text).require(ANSWERING, NOT_IN_DOCUMENTS)


@pytest.mark.parametrize("name", ["cite", "../prompt", "", "cited.md"])
def test_an_unknown_prompt_is_answered_with_those_that_there_are(name: str) -> None:
    with pytest.raises(ParamsError, match="there are cited, standalone"):
        shipped_prompt(name)


def test_the_shipped_prompts_are_fit_and_short() -> None:
    assert shipped_prompts() == ("cited", "standalone")
    prompts: list[Prompt] = [
        shipped_prompt("cited").require(ANSWERING, NOT_IN_DOCUMENTS),
        shipped_prompt("standalone").require(CONDENSING),
    ]
    for prompt in prompts:
        assert count_tokens(prompt.system) + count_tokens(prompt.user) <= 200
