"""The rules of the house that a command can see."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import grimp
import pytest
import yaml

from eval.params import Params
from pipeline.closure import import_closure

ROOT = Path(__file__).parent.parent
ROOMS = ("app", "eval", "pipeline")
SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
STAGES = {
    path.stem: f"{room}.stages.{path.stem}"
    for room in ("pipeline", "eval")
    for path in (ROOT / room / "stages").glob("[!_]*.py")
}
ONE_FILE = {
    "ragas": {"eval.ragas_metrics"},
    "mlflow": {"eval.mlflow_store"},
    "faiss": {"pipeline.vector_index"},
    "rapidocr": {"pipeline.text_recognition"},
    "docling": {"pipeline.readers.docling_backend"},
    "datasketch": {"pipeline.near_duplicate"},
    "bm25s": {"pipeline.lexical_index"},
    "Stemmer": {"pipeline.term"},
    "groq": {"pipeline.groq_client"},
    "openai": {"pipeline.openai_client"},
    "genai_prices": {"pipeline.price"},
}
# They end a run and change nothing in what it makes; prices stand in answers and scores alone.
LIMITS = {"spending.dollars", "spending.tokens"}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*ROOMS, include_external_packages=True, cache_dir=None)


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_layers_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("library", "files"), ONE_FILE.items())
def test_a_library_is_imported_in_one_file_only(
    graph: grimp.ImportGraph, library: str, files: set[str]
) -> None:
    importers = graph.find_modules_that_directly_import(library)
    assert importers == files


def test_only_the_workbench_imports_gradio(graph: grimp.ImportGraph) -> None:
    importers = graph.find_modules_that_directly_import("gradio")
    assert importers
    assert all(name.startswith("app.workbench.") for name in importers)


@pytest.mark.parametrize("stage", STAGES)
def test_deps_name_all_code_that_a_stage_can_execute(stage: str) -> None:
    declared = yaml.safe_load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"][stage]["deps"]
    code = {dep for dep in declared if dep.endswith(".py")}
    closure = import_closure(STAGES[stage])
    assert code == {_name(path) for path in closure.sources.values()}


@pytest.mark.parametrize("stage", STAGES)
def test_params_of_a_stage_are_named_one_by_one(stage: str) -> None:
    """DVC's run cache leaves keys called `size` out of account below a section."""
    declared = yaml.safe_load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"][stage]
    named = set(declared.get("params", ()))
    sections = {name.partition(".")[0] for name in named}
    models = Params.model_fields
    assert (
        named
        == {f"{each}.{key}" for each in sections for key in models[each].annotation.model_fields}
        - LIMITS
    )  # type: ignore[union-attr]
    source = (ROOT / STAGES[stage].replace(".", "/")).with_suffix(".py").read_text("utf-8")
    assert sections == {
        name for name in models if f'"{name}", ' in source or f'"{name}": ' in source
    } - (set() if stage in ("answer", "score") else {"spending"})


def test_every_stage_of_the_pipeline_has_its_file() -> None:
    declared = yaml.safe_load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"]
    assert set(declared) == set(STAGES)
    for stage, module in STAGES.items():
        assert declared[stage]["cmd"].startswith(f"python -m {module}")


def test_dvc_never_meets_gate_or_promote() -> None:
    assert not {"gate", "promote"} & set(STAGES)


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_files_and_functions_are_short(path: Path) -> None:
    text = path.read_text("utf-8")
    lines = len(text.splitlines())
    assert lines <= (50 if "stages" in path.parts else 250)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 40, f"{node.name} is too long"


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_a_name_says_what_is_inside(path: Path) -> None:
    empty = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}
    assert not empty & {path.stem, *path.relative_to(ROOT).parts}
    # `chunk` left the standard library with Python 3.13, and is this field's word.
    assert path.stem not in sys.stdlib_module_names - {"chunk"}


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_importing_does_no_work(path: Path) -> None:
    """A call at the top of a module may build a constant, but opens nothing."""
    opening = {"open", "read_text", "read_bytes", "connect", "Client", "run", "getenv", "mkdir"}
    for statement in ast.parse(path.read_text("utf-8")).body:
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr):
            for call in (node for node in ast.walk(statement) if isinstance(node, ast.Call)):
                name = getattr(call.func, "attr", getattr(call.func, "id", ""))
                assert name not in opening, f"{_name(path)}:{call.lineno} calls {name} at import"


def test_help_answers_without_heavy_libraries() -> None:
    heavy = (
        "torch",
        "gradio",
        "mlflow",
        "ragas",
        "llama_index",
        "transformers",
        "faiss",
        "docling",
        "cv2",
    )
    code = (
        "import sys; sys.argv = ['winnow', '--help']\n"
        "from app.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"loaded = [name for name in {heavy!r} if name in sys.modules]\n"
        "sys.exit(f'loaded: {loaded}' if loaded else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
