"""The notebook runs from its own folder and from the root, and says what it found."""

import ast
import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from eval.ledger.mlflow_ledger import ledger_at
from tests.support.gates import ONE, TWO, make_record, make_scorecard

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")
ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "notebooks" / "scorecards.ipynb"


def execute(folder: Path, ledger: Path) -> list[nbformat.NotebookNode]:
    """Execute a copy in a folder with another project's ledger; returns all outputs."""
    notebook = nbformat.reads(NOTEBOOK.read_text(), as_version=4)  # type: ignore[no-untyped-call]
    client = NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    database = ledger / ".winnow" / "mlflow.db"
    environ = {
        **os.environ,
        "MLFLOW_TRACKING_URI": f"sqlite:///{database}",
        "PYTHONPATH": str(ROOT),
        "IPYTHONDIR": str(ledger / "ipython"),
    }
    client.execute(env=environ)
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def printed(outputs: list[nbformat.NotebookNode]) -> str:
    return "".join(output.text for output in outputs if output.get("name") == "stdout")


@pytest.mark.slow
@pytest.mark.thorough
def test_recorded_scorecards_are_plotted(tmp_path: Path) -> None:
    ledger = ledger_at(tmp_path, {})
    ledger.record(make_record(tmp_path, make_scorecard(ONE, mean=0.5, size=200)))
    ledger.record(make_record(tmp_path, make_scorecard(TWO, mean=0.75, size=400)))
    outputs = execute(ROOT / "notebooks", tmp_path)
    assert "2 Scorecards, newest first" in printed(outputs)
    assert not [each for each in outputs if each.get("name") == "stderr"]
    images = [each for each in outputs if "image/png" in each.get("data", {})]
    assert len(images) == 3
    tables = [each.data["text/plain"] for each in outputs if "text/html" in each.get("data", {})]
    assert any("3 x no reference" in table for table in tables)
    assert any("chunk.size" in table and "chunk.method" not in table for table in tables)


@pytest.mark.slow
def test_with_nothing_recorded_it_says_what_to_run(tmp_path: Path) -> None:
    outputs = execute(ROOT, tmp_path)
    assert "Run `winnow run`" in printed(outputs)
    assert not [each for each in outputs if "image/png" in each.get("data", {})]


def test_the_committed_file_holds_no_outputs_and_no_definitions() -> None:
    notebook = nbformat.reads(NOTEBOOK.read_text(), as_version=4)  # type: ignore[no-untyped-call]
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None)
            nodes = ast.walk(ast.parse(cell.source))
            assert not [each for each in nodes if isinstance(each, ast.FunctionDef | ast.ClassDef)]
