"""The code that each stage of dvc.yaml can execute: `python -m tests.support.stage_deps` writes it.

A folder stands for its files where a stage can execute all of them.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from ruamel.yaml import YAML

from pipeline.engine import executes_nothing, import_closure

ROOT = Path(__file__).parents[2]
STAGES = {
    path.stem: f"{room}.stages.{path.stem}"
    for room in ("pipeline", "eval")
    for path in (ROOT / room / "stages").glob("[!_]*.py")
}


def is_code(dep: str) -> bool:
    return dep.startswith(("pipeline/", "eval/")) and not dep.endswith((".jsonl", "/prompts"))


def executed(stage: str) -> set[str]:
    """Return the files of code that a stage can execute."""
    sources = import_closure(STAGES[stage]).sources.values()
    return {path.relative_to(ROOT).as_posix() for path in sources}


def folded(files: set[str]) -> list[str]:
    """Return the fewest folders and files that stand for exactly these files."""
    return [dep for room in ("pipeline", "eval") for dep in _folded(ROOT / room, files)]


def unfolded(dep: str) -> set[str]:
    """Return the files of code that a dep stands for."""
    path = ROOT / dep
    inside = path.rglob("*.py") if path.is_dir() else [path]
    return {
        each.relative_to(ROOT).as_posix()
        for each in inside
        if each.name != "__init__.py" or not executes_nothing(each)
    }


def _folded(folder: Path, files: set[str]) -> Iterator[str]:
    name = folder.relative_to(ROOT).as_posix()
    inside = unfolded(name)
    if inside and inside <= files:
        yield name
        return
    for each in sorted(folder.iterdir()):
        if each.is_dir() and unfolded(each.relative_to(ROOT).as_posix()) & files:
            yield from _folded(each, files)
        elif each.relative_to(ROOT).as_posix() in files:
            yield each.relative_to(ROOT).as_posix()


def main() -> None:
    yaml = YAML()
    yaml.width = 100
    yaml.indent(mapping=2, sequence=4, offset=2)
    path = ROOT / "dvc.yaml"
    declared = yaml.load(path)
    for name, stage in declared["stages"].items():
        code = folded(executed(name))
        stage["deps"][:] = [dep for dep in stage["deps"] if not is_code(dep)] + code
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(declared, file)


if __name__ == "__main__":
    sys.exit(main())
