from pathlib import Path

import pytest

from pipeline.answer import Passage
from pipeline.endpoints.endpoints import Endpoints
from pipeline.errors import ParamsError, PrerequisiteError
from pipeline.generation.chat_generator import ChatGenerator
from pipeline.generation.extractive import ExtractiveGenerator
from pipeline.generation.generator import make_generator, needed_prompts
from tests.fakes import BagOfWordsEncoder
from tests.support.models import model_params

ENCODER = BagOfWordsEncoder()
PASSAGE = Passage(1, 1.0, "1", "a.md", 0, 4, "Text", "h", None, ())


def test_the_extractive_generator_needs_no_prompt_and_no_endpoint() -> None:
    params = model_params(generator="extractive")
    assert needed_prompts(params) == {}
    assert isinstance(make_generator(params, ENCODER, {}, None), ExtractiveGenerator)


@pytest.mark.parametrize(("provider", "variable"), [("groq", "GROQ"), ("openai", "OPENAI")])
def test_a_language_model_without_endpoints_says_what_to_set(provider: str, variable: str) -> None:
    params = model_params(generator=provider)
    generator = make_generator(params, ENCODER, needed_prompts(params), None)
    with pytest.raises(PrerequisiteError, match=f"'{provider}'.*{variable}_API_KEY"):
        generator.generate("Why?", [PASSAGE])


def test_a_key_is_missed_at_the_first_question_and_not_before(tmp_path: Path) -> None:
    params = model_params()
    with Endpoints({}, tmp_path) as endpoints:
        generator = make_generator(params, ENCODER, needed_prompts(params), endpoints)
        assert isinstance(generator, ChatGenerator)
        with pytest.raises(PrerequisiteError, match="GROQ_API_KEY"):
            generator.generate("What?", [PASSAGE])


def test_the_prompts_that_a_version_needs() -> None:
    assert set(needed_prompts(model_params())) == {"cited", "standalone"}
    with pytest.raises(ParamsError, match="'standalon'"):
        needed_prompts(model_params(condense="standalon"))
    with pytest.raises(ParamsError, match="'standalone' lacks"):
        needed_prompts(model_params(prompt="standalone"))


def test_a_version_that_lacks_its_prompt_says_which(tmp_path: Path) -> None:
    with (
        Endpoints({}, tmp_path) as endpoints,
        pytest.raises(ParamsError, match="no prompt 'cited' in this Version, which holds none"),
    ):
        make_generator(model_params(), ENCODER, {}, endpoints)
