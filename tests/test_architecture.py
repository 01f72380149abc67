"""The rules of the house that a command can see; each test lists all that break one."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest
import yaml

from eval.params import Params
from tests.support.package_picture import PICTURE, drawn
from tests.support.stage_deps import ROOT, STAGES, executed, is_code, unfolded

ROOMS = ("app", "eval", "pipeline")
SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
ONE_FILE = {
    "ragas": "eval.judges.ragas_metrics",
    "mlflow": "eval.ledger.mlflow_store",
    "faiss": "pipeline.retrieval.vector_index",
    "rapidocr": "pipeline.documents.readers.text_recognition",
    "docling": "pipeline.documents.readers.docling_backend",
    "datasketch": "pipeline.documents.near_duplicates",
    "bm25s": "pipeline.retrieval.lexical_index",
    "Stemmer": "pipeline.text.language",
    "groq": "pipeline.endpoints.clients",
    "openai": "pipeline.endpoints.clients",
    "httpx_sse": "pipeline.endpoints.wire",
    "genai_prices": "pipeline.endpoints.price",
}
# They end a run and change nothing in what it makes; prices stand in answers and scores alone.
LIMITS = {"spending.dollars", "spending.tokens"}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*ROOMS, include_external_packages=True, cache_dir=None)


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.Module]:
    return {_name(path): ast.parse(path.read_text("utf-8")) for path in SOURCES}


@pytest.fixture(scope="module")
def declared() -> dict[str, dict[str, list[str]]]:
    stages: dict[str, dict[str, list[str]]] = yaml.safe_load(
        (ROOT / "dvc.yaml").read_text("utf-8")
    )["stages"]
    return stages


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_layers_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_picture_of_the_packages_is_current() -> None:
    """`make picture` draws it."""
    assert PICTURE.read_text("utf-8") == drawn()


def test_paths_that_pages_name_are_there() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
    wrong = []
    for page in pages:
        for path in re.findall(
            r"`((?:app|eval|pipeline|tests|benchmarks)/[\w./-]+)`", page.read_text("utf-8")
        ):
            if not (ROOT / path).exists() and not path.endswith("NAME.py"):
                wrong.append(f"{_name(page)}: {path}")
    assert wrong == []


def test_functions_that_the_walks_name_are_there() -> None:
    """In docs/architecture.md, names follow the file that they stand in."""
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    named, file = [], ""
    for name in re.findall(r"`([\w./]+)`", text):
        if name.endswith(".py"):
            file = name
        elif file and re.fullmatch(r"[a-zA-Z]\w+", name):
            named.append((file, name))
    assert [
        (file, name)
        for file, name in named
        if not re.search(rf"\b{name}\b", (ROOT / file).read_text("utf-8"))
    ] == []


def test_a_library_is_imported_in_one_file_only(graph: grimp.ImportGraph) -> None:
    importers = {name: graph.find_modules_that_directly_import(name) for name in ONE_FILE}
    assert importers == {name: {module} for name, module in ONE_FILE.items()}


def test_only_the_workbench_imports_gradio(graph: grimp.ImportGraph) -> None:
    importers = graph.find_modules_that_directly_import("gradio")
    assert importers
    assert [name for name in importers if not name.startswith("app.workbench.")] == []


def test_a_package_is_entered_through_its_public_modules(graph: grimp.ImportGraph) -> None:
    """A package's `__all__` names its public modules: just those that others import."""
    entered: dict[str, set[str]] = {}
    for module in graph.modules:
        package, _, name = module.rpartition(".")
        importers = graph.find_modules_that_directly_import(module)
        if package and any(each.rpartition(".")[0] != package for each in importers):
            entered.setdefault(package, set()).add(name)
    wrong = {}
    for path in (each for each in SOURCES if each.name == "__init__.py"):
        package = ".".join(path.parent.relative_to(ROOT).parts)
        modules = {each.stem for each in path.parent.glob("[!_]*.py")}
        used = entered.get(package, set()) & modules
        if used != set(_public(path)):
            wrong[package] = sorted(used)
    assert wrong == {}, "what __all__ has to be"


def _public(path: Path) -> Iterator[str]:
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            yield from ast.literal_eval(node.value)


def test_each_package_says_what_it_is_for_and_no_more(trees: dict[str, ast.Module]) -> None:
    """An import there would hide files from the engine's hash and the stages' deps."""
    folders = {path.parent for path in SOURCES}
    assert [_name(each) for each in folders if not (each / "__init__.py").is_file()] == []
    wrong = [
        name
        for name, tree in trees.items()
        if name.endswith("__init__.py")
        and (not ast.get_docstring(tree) or [type(each) for each in tree.body[1:]] > [ast.Assign])
    ]
    assert wrong == []


def test_deps_name_all_code_that_a_stage_can_execute(
    declared: dict[str, dict[str, list[str]]],
) -> None:
    """`python -m tests.support.stage_deps` writes them."""
    wrong = {}
    for stage in STAGES:
        named = {file for dep in declared[stage]["deps"] if is_code(dep) for file in unfolded(dep)}
        if difference := named ^ executed(stage):
            wrong[stage] = difference
    assert wrong == {}


@pytest.mark.parametrize("stage", STAGES)
def test_params_of_a_stage_are_named_one_by_one(
    stage: str, declared: dict[str, dict[str, list[str]]]
) -> None:
    """DVC's run cache leaves keys called `size` out of account below a section."""
    named = set(declared[stage].get("params", ()))
    sections = {name.partition(".")[0] for name in named}
    models = Params.model_fields
    every = {f"{each}.{key}" for each in sections for key in models[each].annotation.model_fields}  # type: ignore[union-attr]
    assert named == every - LIMITS
    source = (ROOT / STAGES[stage].replace(".", "/")).with_suffix(".py").read_text("utf-8")
    read = {name for name in models if f'"{name}", ' in source or f'"{name}": ' in source}
    assert sections == read - (set() if stage in ("answer", "score") else {"spending"})


def test_every_stage_of_the_pipeline_has_its_file(
    declared: dict[str, dict[str, list[str]]],
) -> None:
    """And none is called gate or promote, which read the champion, unseen by DVC."""
    assert set(declared) == set(STAGES)
    assert not {"gate", "promote"} & set(STAGES)
    for stage, module in STAGES.items():
        assert str(declared[stage]["cmd"]).startswith(f"python -m {module}")


def test_files_and_functions_are_short(trees: dict[str, ast.Module]) -> None:
    long = []
    for path in SOURCES:
        lines = len(path.read_text("utf-8").splitlines())
        if lines > (50 if "stages" in path.parts else 400):
            long.append(f"{_name(path)} has {lines} lines")
    for name, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno
                if lines >= 40:
                    long.append(f"{name}: {node.name} has {lines} lines")
    assert long == []


def test_a_name_says_what_is_inside() -> None:
    empty = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}
    # `chunk` left the standard library with Python 3.13, and is this field's word.
    taken = sys.stdlib_module_names - {"chunk"}
    wrong = [_name(path) for path in SOURCES if empty & {path.stem, *path.parent.parts}]
    assert wrong + [_name(path) for path in SOURCES if path.stem in taken] == []


def test_importing_does_no_work(trees: dict[str, ast.Module]) -> None:
    """A call at the top of a module may build a constant, but opens nothing."""
    opening = {"open", "read_text", "read_bytes", "connect", "Client", "run", "getenv", "mkdir"}
    wrong = []
    for name, tree in trees.items():
        for statement in tree.body:
            if isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr):
                for call in (node for node in ast.walk(statement) if isinstance(node, ast.Call)):
                    called = getattr(call.func, "attr", getattr(call.func, "id", ""))
                    if called in opening:
                        wrong.append(f"{name}:{call.lineno} calls {called} at import")
    assert wrong == []


def test_help_answers_without_heavy_libraries() -> None:
    heavy = {
        "torch", "gradio", "mlflow", "ragas", "llama_index", "transformers", "faiss", "docling",
        "cv2", "numpy", "pyarrow", "dvc", "onnxruntime",
    }  # fmt: skip
    code = (
        "import sys; sys.argv = ['winnow', '--help']\n"
        "from app.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"loaded = sorted({heavy!r} & set(sys.modules))\n"
        "sys.exit(f'loaded: {loaded}' if loaded else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
