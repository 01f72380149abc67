import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.engine import ENTRY, current_engine, import_closure

ROOT = Path(__file__).parents[2]
_CHILD = """
import json, pathlib
from pipeline.engine import current_engine
def hashed(file=None, text=""):
    path = pathlib.Path(file) if file else None
    old = path.read_text() if path else ""
    if path: path.write_text(old + text)
    try: return current_engine.__wrapped__().hash
    finally:
        if path: path.write_text(old)
change = "\\n# a comment\\n"
print(json.dumps({
    "first": hashed(),
    "again": hashed(),
    "deep in the closure": hashed("pipeline/text/sentences.py", change),
    "code of a package": hashed("pipeline/__init__.py", "\\nMARK = 1\\n"),
    "charter of a package": hashed("pipeline/__init__.py", change),
    "chunker": hashed("pipeline/chunking/chunker.py", change),
    "app": hashed("app/main.py", change),
}))
"""


@pytest.fixture(scope="module")
def hashes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    root = tmp_path_factory.mktemp("copy")
    for room in ("pipeline", "eval", "app"):
        shutil.copytree(ROOT / room, root / room, ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run(
        [sys.executable, "-c", _CHILD], cwd=root, capture_output=True, text=True, check=True
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_the_engine_is_the_same_wherever_its_sources_lie(hashes: dict[str, str]) -> None:
    assert hashes["first"] == hashes["again"] == current_engine().hash


@pytest.mark.parametrize("source", ["deep in the closure", "code of a package"])
def test_a_change_of_answering_code_is_another_engine(hashes: dict[str, str], source: str) -> None:
    assert hashes[source] != hashes["first"]


@pytest.mark.parametrize("source", ["chunker", "app", "charter of a package"])
def test_a_change_of_other_code_is_the_same_engine(hashes: dict[str, str], source: str) -> None:
    assert hashes[source] == hashes["first"]


def test_the_libraries_that_answer_are_named_with_their_versions() -> None:
    libraries = current_engine().libraries
    assert {"faiss-cpu", "numpy", "onnxruntime", "pyarrow", "tokenizers", "sentencex"} <= set(
        libraries
    )
    assert not {"torch", "ragas", "mlflow", "gradio", "sentence-transformers"} & set(libraries)
    assert all(number[0].isdigit() for number in libraries.values())


def test_a_closure_holds_sources_by_module_but_no_package_that_is_a_charter_alone() -> None:
    closure = import_closure(ENTRY)
    assert {"pipeline.answerer", "pipeline.text.sentences"} <= set(closure.sources)
    assert not {"pipeline", "pipeline.text"} & set(closure.sources)
    assert not any(name.startswith(("app", "eval", "pipeline.stages")) for name in closure.sources)
    assert all(path.is_file() for path in closure.sources.values())


def test_a_closure_of_an_upper_room_holds_the_lower_ones_that_it_reaches() -> None:
    assert "pipeline.errors" in import_closure("eval.gate.gate").sources
