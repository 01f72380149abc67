import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.project import ROOT, Project

_TOKEN = re.compile(r"\s*(\|\||&&|==|!=|!|\(|\)|,|'(?:[^']|'')*'|[\w.-]+)")
_INSIDE = re.compile(r"\$\{\{(.+?)\}\}", re.DOTALL)


def fill_in(text: str, contexts: Mapping[str, Any]) -> str:
    """Replace each `${{ … }}` of a text by its value, as the runner writes it."""
    return _INSIDE.sub(lambda found: written(evaluate(found[1], contexts)), text)


def evaluate(text: str, contexts: Mapping[str, Any]) -> Any:
    """Return the value of an expression; a name that is not there is None."""
    whole = _INSIDE.fullmatch(text.strip())
    reader = _Reader((whole[1] if whole else text).strip(), contexts)
    value = reader.either()
    assert reader.tokens == [], f"{text!r}: not understood from {reader.tokens}"
    return value


def written(value: Any) -> str:
    """Return a value as a string: booleans in lower case, nothing for None."""
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


class _Reader:
    def __init__(self, text: str, contexts: Mapping[str, Any]) -> None:
        self.tokens = _TOKEN.findall(text)
        assert "".join(self.tokens) == re.sub(r"\s(?=(?:[^']*'[^']*')*[^']*$)", "", text), text
        self._contexts = contexts

    def _took(self, *tokens: str) -> str | None:
        return self.tokens.pop(0) if self.tokens and self.tokens[0] in tokens else None

    def either(self) -> Any:
        value = self._both()
        while self._took("||"):
            other = self._both()
            value = value or other
        return value

    def _both(self) -> Any:
        value = self._compared()
        while self._took("&&"):
            other = self._compared()
            value = value and other
        return value

    def _compared(self) -> Any:
        value = self._single()
        while sign := self._took("==", "!="):
            # GitHub compares strings whatever their case.
            same = written(value).lower() == written(self._single()).lower()
            value = same if sign == "==" else not same
        return value

    def _single(self) -> Any:
        if self._took("!"):
            return not self._single()
        if self._took("("):
            value = self.either()
            assert self._took(")")
            return value
        token = self.tokens.pop(0)
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if token in ("true", "false"):
            return token == "true"
        return self._called(token) if self._took("(") else self._looked_up(token)

    def _called(self, name: str) -> Any:
        values = []
        while not self._took(")"):
            values.append(self.either())
            self._took(",")
        if name == "format":
            return written(values[0]).format(*map(written, values[1:]))
        if name == "startsWith":
            return written(values[0]).startswith(written(values[1]))
        return self._contexts["status"][name]

    def _looked_up(self, name: str) -> Any:
        value: Any = self._contexts
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        return value


FOLDER = ROOT / ".github" / "workflows"
_STATUS = ("always()", "failure()", "cancelled()")
# It installs what the tests run with already.
_READY = "environment"


def read_workflow(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text("utf-8"))
    return content


@dataclass
class JobRun:
    """What came of each step that was not skipped: what it printed, by its name."""

    failed: str | None = None
    printed: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""


class Runner:
    """Runs jobs in a checkout; an action is left out, but for those that carry artifacts."""

    def __init__(self, scratch: Path, contexts: Mapping[str, Any], **environ: str) -> None:
        scratch.mkdir(exist_ok=True)
        self._artifacts = scratch / "artifacts"
        self._files = scratch
        self._contexts = contexts
        self._environ = environ

    def run(self, workflow: str, name: str, checkout: Project, **contexts: Any) -> JobRun:
        content = read_workflow(workflow)
        job = content["jobs"][name]
        done = JobRun()
        seen = {**self._contexts, **contexts, "steps": {}}
        for each in (content, job):
            seen["env"] = {**seen.get("env", {}), **_filled(each.get("env"), seen)}
        seen["status"] = {"always": True, "failure": False, "cancelled": False}
        assert evaluate(str(job.get("if", "true")), seen), f"{name} is skipped"
        for step in job["steps"]:
            seen["status"]["failure"] = done.failed is not None
            wanted = str(step.get("if", "true"))
            lost = done.failed is not None and not any(each in wanted for each in _STATUS)
            if not lost and evaluate(wanted, seen) and step.get("id") != _READY:
                self._step(step, checkout, seen, done)
        done.outputs = _filled(job.get("outputs"), seen)
        return done

    def _step(
        self, step: dict[str, Any], checkout: Project, seen: dict[str, Any], done: JobRun
    ) -> None:
        if "uses" in step:
            self._carry(step["uses"].partition("@")[0], step.get("with", {}), checkout.root)
            return
        files = {key: self._files / key for key in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for path in files.values():
            path.write_text("", encoding="utf-8")
        script = self._files / "script.sh"
        script.write_text(step["run"], encoding="utf-8")
        variables = {key: str(path) for key, path in files.items()}
        own = {**seen["env"], **_filled(step.get("env"), seen)}
        ran = checkout.run("bash", "-e", str(script), **self._environ, **variables, **own)
        done.printed[step["name"]] = ran.stdout + ran.stderr
        done.summary += files["GITHUB_STEP_SUMMARY"].read_text("utf-8")
        lines = files["GITHUB_OUTPUT"].read_text("utf-8").splitlines()
        if "id" in step:
            seen["steps"][step["id"]] = {"outputs": dict(line.split("=", 1) for line in lines)}
        if ran.returncode and not step.get("continue-on-error"):
            done.failed = done.failed or step["name"]

    def _carry(self, action: str, options: Mapping[str, Any], root: Path) -> None:
        if action == "actions/upload-artifact" and (root / options["path"]).exists():
            shutil.copytree(
                root / options["path"], self._artifacts / options["name"], dirs_exist_ok=True
            )
        if action == "actions/download-artifact":
            shutil.copytree(
                self._artifacts / options["name"], root / options["path"], dirs_exist_ok=True
            )


def _filled(values: Mapping[str, Any] | None, seen: Mapping[str, Any]) -> dict[str, str]:
    return {key: fill_in(str(value), seen) for key, value in (values or {}).items()}
