"""What share of small faults in the code that decides do its tests notice?

Faults are cosmic-ray's, drawn with a seed from each group's files; a mutant lives in a copy of the
project, where the group's tests have to fail: `make mutants`.
"""

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names
from tqdm import tqdm

ROOT = Path(__file__).parents[1]
SECONDS = 120
# In a type, `|` breaks the import: a fault that nobody would have to notice.
_LEFT_OUT = "core/ReplaceBinaryOperator_BitOr"


@dataclass(frozen=True, slots=True)
class Group:
    """Code that decides something, and the tests that must notice a fault in it."""

    files: tuple[str, ...]
    tests: tuple[str, ...]


GROUPS = {
    "gate": Group(
        (
            "eval/gate/gate.py",
            "eval/gate/rules.py",
            "eval/gate/judged_rule.py",
            "eval/gate/inference.py",
        ),
        ("tests/eval/gate",),
    ),
    "evidence": Group(("eval/cases/evidence.py",), ("tests/eval/cases",)),
    "receipts": Group(
        (
            "eval/receipts/receipt.py",
            "eval/receipts/chain.py",
            "eval/receipts/check.py",
            "eval/receipts/promotion_rule.py",
        ),
        ("tests/eval/receipts",),
    ),
    "fusion": Group(("pipeline/retrieval/search.py",), ("tests/pipeline/retrieval",)),
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


def is_noticed(mutant: Mutant, tests: tuple[str, ...], copy: Path) -> bool:
    """Whether the tests fail, or hang, in a copy of the project that has the fault."""
    path = copy / mutant.file
    code = path.read_text("utf-8")
    path.write_text(mutate_code(code, get_operator(mutant.operator)(), mutant.occurrence), "utf-8")
    try:
        return not _pass(tests, copy)
    finally:
        path.write_text(code, "utf-8")


def _pass(tests: tuple[str, ...], copy: Path) -> bool:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    try:
        done = subprocess.run(command, cwd=copy, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=50, help="mutants a group")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--group", choices=GROUPS, action="append", help="these alone")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "project"
        ignored = shutil.ignore_patterns(".git", ".venv", ".winnow", ".dvc", "__pycache__")
        shutil.copytree(ROOT, copy, ignore=ignored)
        for name in options.group or GROUPS:
            group = GROUPS[name]
            if not _pass(group.tests, copy):
                sys.exit(f"error: {' '.join(group.tests)} fail without any mutant")
            drawn = mutants(group, options.each, options.seed)
            living = [
                mutant
                for mutant in tqdm(drawn, desc=name)
                if not is_noticed(mutant, group.tests, copy)
            ]
            noticed = len(drawn) - len(living)
            lines = [f"{name}: {noticed} of {len(drawn)} noticed ({noticed / len(drawn):.0%})"]
            lines += [f"  lived: {each.file}:{each.line} {each.operator}" for each in living]
            print("\n".join(lines), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
