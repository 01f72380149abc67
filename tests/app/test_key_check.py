"""Key check: a missing key is one line, for the stages that need it and no others."""

from pathlib import Path

import pytest

from app.key_check import check_keys
from app.settings_change import settled_params
from app.workspace import REPOSITORY, Workspace
from pipeline.errors import PrerequisiteError

HERE = Workspace(REPOSITORY)
KEY = {"GROQ_API_KEY": "secret-of-mine"}


def check(*settings: str, only: str | None = None, place: Workspace = HERE, **environ: str) -> None:
    check_keys(place, settled_params(HERE.params, settings), environ, only)


def test_without_a_language_model_no_key_is_needed() -> None:
    check()


@pytest.mark.parametrize(
    ("setting", "variable"),
    [
        ("generation.generator=groq", "GROQ_API_KEY"),
        ("generation.generator=openai", "OPENAI_API_KEY"),
        ("judge.provider=groq", "GROQ_API_KEY"),
        ("encoder.provider=openai", "OPENAI_API_KEY"),
    ],
)
def test_a_missing_key_is_named_with_the_setting_that_needs_it(setting: str, variable: str) -> None:
    with pytest.raises(PrerequisiteError, match=f"^{setting}: .*{variable}") as caught:
        check(setting)
    assert "\n" not in str(caught.value)
    check(setting, GROQ_API_KEY="k", OPENAI_API_KEY="k")


def test_a_server_of_ones_own_needs_no_key() -> None:
    check("generation.generator=openai", OPENAI_BASE_URL="http://127.0.0.1:11434/v1")


def test_only_stages_that_run_need_a_key() -> None:
    for stage in ("ingest", "chunk", "index", "package", "record"):
        check("generation.generator=groq", "judge.provider=groq", only=stage)
    with pytest.raises(PrerequisiteError, match=r"judge\.provider"):
        check("judge.provider=groq", only="score")
    check("judge.provider=groq", only="answer")


def test_without_cases_nothing_is_answered_or_judged(tmp_path: Path) -> None:
    (tmp_path / "dvc.yaml").write_text("stages: {ingest: {}, package: {}}", encoding="utf-8")
    check("generation.generator=groq", "judge.provider=groq", place=Workspace(tmp_path))


def test_a_key_is_never_said() -> None:
    with pytest.raises(PrerequisiteError) as caught:
        check("encoder.provider=openai", "generation.generator=groq", **KEY)
    assert "secret-of-mine" not in str(caught.value)
