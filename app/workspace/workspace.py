"""Workspace: a folder with dvc.yaml and params.yaml; the repository is one, others are made."""

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import DataError, PrerequisiteError, one_line

REPOSITORY = Path(__file__).resolve().parent.parent.parent
"""Where Winnow's own code, dvc.yaml and params.yaml stand."""

LISTED = ".json"
"""What the name of a listing of the raw folder ends with, beside the folder."""

# In C where PyYAML has it: dvc.lock has a thousand lines, and Python takes a tenth of a second.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_yaml(text: str) -> Any:
    """Return what a YAML file such as dvc.lock holds, or raise yaml.YAMLError."""
    return yaml.load(text, _LOADER)


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder that the pipeline runs in."""

    root: Path

    @property
    def params(self) -> Path:
        """Where its params stand."""
        return self.root / "params.yaml"

    @property
    def scratch(self) -> Path:
        """Where caches and the default ledger lie."""
        return self.root / ".winnow"

    @property
    def cache(self) -> Path:
        """DVC's cache folder, wherever its configuration puts it."""
        from dvc.config import Config

        folder = self.root / ".dvc"
        configured = Config(dvc_dir=str(folder)).get("cache", {}).get("dir")
        return Path(configured) if configured else folder / "cache"

    @property
    def cases(self) -> Path | None:
        """The file of Cases that dvc.yaml names, if any."""
        variables = self._yaml("dvc.yaml").get("vars", [])
        for variable in variables:
            if isinstance(variable, dict) and "cases" in variable:
                return self.root / str(variable["cases"])
        return None

    @property
    def stages(self) -> list[str]:
        """The stages of its pipeline, in order."""
        return list(self._yaml("dvc.yaml").get("stages", {}))

    @property
    def version(self) -> str | None:
        """The id of the Version that dvc.lock names, if it was built."""
        return self._output("package")

    @property
    def scorecard(self) -> str | None:
        """The id of the scorecard folder that dvc.lock names, if it was scored."""
        return self._output("score")

    @property
    def answers(self) -> str | None:
        """The id of the folder of answers that dvc.lock names, if its Version was asked."""
        return self._output("answer")

    @property
    def documents(self) -> Path:
        """The Documents that `ingest` wrote."""
        [folder] = self._yaml("dvc.yaml")["stages"]["ingest"]["outs"]
        return self.root / str(folder) / "documents.parquet"

    @property
    def ingest_report(self) -> Path:
        """Where `ingest` says what became of each file: the one metrics file of the stage."""
        [metrics] = self._yaml("dvc.yaml")["stages"]["ingest"]["metrics"]
        return self.root / str(next(iter(metrics)))

    @property
    def ingest_seconds(self) -> Path:
        """Where `ingest` says how long it took, file by file."""
        return self.scratch / "ingest.json"

    @property
    def raw(self) -> Path:
        """Where its raw files lie: what `ingest` depends on first, or what that lists."""
        dependency = self._raw_dependency
        return dependency.with_suffix("") if dependency.suffix == LISTED else dependency

    @property
    def raw_listing(self) -> Path | None:
        """The listing of the raw files, if `ingest` depends on that and not on the files."""
        dependency = self._raw_dependency
        return dependency if dependency.suffix == LISTED else None

    @property
    def _raw_dependency(self) -> Path:
        pipeline = self if (self.root / "dvc.yaml").is_file() else Workspace(REPOSITORY)
        return self.root / str(pipeline._yaml("dvc.yaml")["stages"]["ingest"]["deps"][0])

    def _output(self, stage: str) -> str | None:
        """Return DVC's hash of the one folder that a stage keeps in the cache."""
        if not (self.root / "dvc.lock").is_file():
            return None
        locked = self._yaml("dvc.lock").get("stages", {}).get(stage)
        declared = self._yaml("dvc.yaml").get("stages", {}).get(stage)
        if not locked or not declared:
            return None
        [folder] = [out for out in declared["outs"] if isinstance(out, str)]
        hashes = {out["path"]: str(out["md5"]) for out in locked.get("outs", ())}
        return hashes.get(folder)

    def _yaml(self, name: str) -> dict[str, Any]:
        try:
            content = load_yaml((self.root / name).read_text(encoding="utf-8"))
        except yaml.YAMLError as error:
            raise DataError(
                f"{self.root / name} is not valid YAML ({one_line(error)}); "
                f"restore it, for instance with `git checkout {name}`"
            ) from None
        return content if isinstance(content, dict) else {}


def find_workspace(given: Path | None, environ: Mapping[str, str] = os.environ) -> Workspace:
    """Return the given workspace, `WINNOW_WORKSPACE`, or the one that this folder lies in.

    Raises:
        PrerequisiteError: there is none.
    """
    named = given or (Path(environ["WINNOW_WORKSPACE"]) if "WINNOW_WORKSPACE" in environ else None)
    if named is not None:
        root = named.resolve()
        if not is_workspace(root):
            raise PrerequisiteError(
                f"{named} is no workspace; make one with `winnow run --raw DIR --workspace {named}`"
            )
        return Workspace(root)
    here = Path.cwd()
    for folder in (here, *here.parents):
        if is_workspace(folder):
            return Workspace(folder)
    raise PrerequisiteError(
        f"{here} lies in no workspace; go to your clone of Winnow or give --workspace DIR"
    )


def workspace_option(workspace: Workspace) -> str:
    """Return the ` --workspace DIR` that a command needs here, or nothing."""
    try:
        if find_workspace(None).root == workspace.root:
            return ""
    except PrerequisiteError:
        pass
    return f" --workspace {shlex.quote(str(workspace.root))}"


def is_workspace(folder: Path) -> bool:
    """Whether a folder holds a pipeline."""
    return (folder / "dvc.yaml").is_file() and (folder / ".dvc").is_dir()
