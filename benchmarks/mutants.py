"""What share of small faults in the code that decides do its tests notice?

Faults are cosmic-ray's, drawn with a seed from each group's files; a mutant lives in a copy of the
project, where the group's tests have to fail: `make mutants`.
"""

import argparse
import os
import random
import resource
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names
from tqdm import tqdm

ROOT = Path(__file__).parents[1]
CPU_SECONDS = 60
MEMORY = 4 << 30
_OWN = {"app", "eval", "pipeline", "tests", "conftest"}
_QUIETLY = ("-x", "-q", "-o", "timeout=0", "-p", "no:cacheprovider", "-p", "no:xdist")
# In a type, `|` breaks the import: a fault that nobody would have to notice.
_LEFT_OUT = "core/ReplaceBinaryOperator_BitOr"


@dataclass(frozen=True, slots=True)
class Group:
    """Code that decides something, and the tests that must notice a fault in it."""

    files: tuple[str, ...]
    tests: tuple[str, ...]


GROUPS = {
    "gate": Group(
        ("eval/gate/gate.py", "eval/gate/rules.py", "eval/gate/inference.py"), ("tests/eval/gate",)
    ),
    "evidence": Group(("eval/cases/evidence.py",), ("tests/eval/cases",)),
    "receipts": Group(
        ("eval/receipts/receipt.py", "eval/receipts/chain.py", "eval/receipts/check.py"),
        ("tests/eval/receipts",),
    ),
    "fusion": Group(
        ("pipeline/retrieval/search.py",), ("tests/pipeline/retrieval/test_search.py",)
    ),
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: the operator's `occurrence`-th place in a file."""

    file: str
    operator: str
    occurrence: int
    line: int


def mutants(group: Group, count: int, seed: int) -> list[Mutant]:
    """Draw mutants of a group's files, the same ones for the same code and seed."""
    every = [mutant for file in group.files for mutant in _mutants(file)]
    drawn = random.Random(seed).sample(every, min(count, len(every)))
    return sorted(drawn, key=lambda mutant: (mutant.file, mutant.line))


def _mutants(file: str) -> Iterator[Mutant]:
    tree = get_ast((ROOT / file).read_text("utf-8"))
    for name in sorted(operator_names()):
        operator = get_operator(name)
        if name.startswith(_LEFT_OUT) or operator.arguments():
            continue
        places = (
            start for node in ast_nodes(tree) for start, _ in operator().mutation_positions(node)
        )
        for occurrence, (line, _) in enumerate(places):
            yield Mutant(file, name, occurrence, line)


def is_noticed(mutant: Mutant, tests: Sequence[str], copy: Path) -> bool:
    """Whether the tests fail, or never end, in a copy of the project that has the fault."""
    path = copy / mutant.file
    code = path.read_text("utf-8")
    path.write_text(mutate_code(code, get_operator(mutant.operator)(), mutant.occurrence), "utf-8")
    try:
        return not pass_all(tests)
    finally:
        path.write_text(code, "utf-8")


def preload(tests: Sequence[str]) -> None:
    """Import what the tests import, and forget what is the project's own: children begin there."""
    with redirect_stdout(StringIO()):
        pytest.main([*_QUIETLY, "--collect-only", *tests])
    for name in [name for name in sys.modules if name.partition(".")[0] in _OWN]:
        del sys.modules[name]


def pass_all(tests: Sequence[str]) -> bool:
    """Whether the tests pass, in a child that imports the project as it is now."""
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        # A loop that never ends may gather without end, too.
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        os._exit(pytest.main([*_QUIETLY, *tests]))
    return os.waitpid(child, 0)[1] == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=50, help="mutants a group")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--group", choices=GROUPS, action="append", help="these alone")
    options = parser.parse_args()
    # A file's second and size do not tell one mutant from the next.
    sys.dont_write_bytecode = True
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "project"
        ignored = shutil.ignore_patterns(".git", ".venv", ".winnow", ".dvc", "__pycache__")
        shutil.copytree(ROOT, copy, ignore=ignored)
        os.chdir(copy)
        preload([test for group in GROUPS.values() for test in group.tests])
        for name in options.group or GROUPS:
            _try(name, mutants(GROUPS[name], options.each, options.seed), copy)


def _try(name: str, drawn: Sequence[Mutant], copy: Path) -> None:
    tests = GROUPS[name].tests
    if not pass_all(tests):
        sys.exit(f"error: {' '.join(tests)} fail without any mutant")
    living = [each for each in tqdm(drawn, desc=name) if not is_noticed(each, tests, copy)]
    noticed = len(drawn) - len(living)
    lines = [f"{name}: {noticed} of {len(drawn)} noticed ({noticed / len(drawn):.0%})"]
    lines += [f"  lived: {each.file}:{each.line} {each.operator}" for each in living]
    print("\n".join(lines), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
