"""`winnow benchmark`: tiny benchmarks, built and measured for real."""

import csv
import json
import shutil
from pathlib import Path

import pytest
import yaml
from rich.console import Console

from app.commands.benchmark import agreement_lines, recall_table
from app.workspace.workspace import REPOSITORY
from eval.benchmarks.agreement_table import AgreementTable
from eval.benchmarks.document_recall import FormatRecall, WordMatch
from eval.benchmarks.human_agreement import Agreement
from tests.app.commands.test_run import fails
from tests.support.judged_answers import write_judgements
from tests.support.project import Project
from tests.support.versions import write_corpus

WORK = ("--workspace", "work space")


@pytest.fixture(scope="module")
def beir(tmp_path_factory: pytest.TempPathFactory, default_encoders: Path) -> Project:
    home = Project(tmp_path_factory.mktemp("beir"))
    corpus = [
        {"_id": "pump/1", "title": "Warranty", "text": "The pump has a warranty of five years."},
        {"_id": "chaudière", "title": "", "text": "La chaudière est garantie dix ans."},
        {"_id": "filter", "title": "Filter", "text": "Clean the filter every three months."},
    ]
    queries = [
        {"_id": "1", "text": "How long is the warranty of the pump?"},
        {"_id": "2", "text": "How often is the filter cleaned?"},
    ]
    (home.root / "qrels").mkdir()
    for name, rows in (("corpus", corpus), ("queries", queries)):
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (home.root / f"{name}.jsonl").write_text(text, encoding="utf-8")
    judged = "query-id\tcorpus-id\tscore\n1\tpump/1\t2\n1\tchaudière\t1\n2\tfilter\t1\n2\tlost\t1\n"
    (home.root / "qrels" / "test.tsv").write_text(judged, encoding="utf-8")
    shutil.copytree(default_encoders, home.root / "work space" / ".winnow" / "encoders")
    return home


@pytest.mark.slow
@pytest.mark.thorough
def test_beir_prints_a_measure_a_line_and_settings_do_not_leak(beir: Project) -> None:
    done = beir.run("winnow", "benchmark", "beir", ".", *WORK, "--set", "chunk.method=document")
    assert done.returncode == 0, done.stderr
    names = [line.split()[0] for line in done.stdout.splitlines()]
    values = [float(line.split()[1]) for line in done.stdout.splitlines()]
    assert names == ["nDCG@10", "MRR@10", "Recall@10", "Recall@100"]
    assert values[1:] == [1.0, 0.75, 0.75]
    assert 0.7 < values[0] < 0.85
    assert "1 judged document is not in the corpus" in done.stderr
    workspace = beir.root / "work space"
    assert f"winnow ask --workspace '{workspace}'" in done.stderr
    assert "five years" in beir.ok("winnow", "ask", *WORK, "warranty of the pump?")
    again = beir.run("winnow", "benchmark", "beir", ".", *WORK)
    assert again.returncode == 0, again.stderr
    manifest = json.loads((workspace / "data/version/manifest.json").read_text("utf-8"))
    ours = yaml.safe_load((REPOSITORY / "params.yaml").read_text("utf-8"))
    assert manifest["params"]["chunk"]["method"] == ours["chunk"]["method"] != "document"


@pytest.mark.slow
@pytest.mark.thorough
def test_what_is_wrong_with_a_beir_folder(beir: Project, tmp_path: Path) -> None:
    error = fails(beir, "winnow", "benchmark", "beir", ".", "--split", "train", *WORK)
    assert "train.tsv does not exist; splits there: test" in error
    assert "nowhere is no folder" in fails(beir, "winnow", "benchmark", "beir", "nowhere", *WORK)
    empty = Project(tmp_path)
    command = ("winnow", "benchmark", "beir", ".", "--workspace", "w")
    assert "splits there: none" in fails(empty, *command)
    shutil.copytree(beir.root / "qrels", tmp_path / "qrels")
    shutil.copyfile(beir.root / "queries.jsonl", tmp_path / "queries.jsonl")
    (tmp_path / "corpus.jsonl").write_text('{"_id": "a"}\n', encoding="utf-8")
    assert "corpus.jsonl:1: lacks text" in fails(empty, *command)


@pytest.mark.slow
@pytest.mark.thorough
def test_chunking_prints_recall_precision_and_iou(tmp_path: Path, default_encoders: Path) -> None:
    home = Project(tmp_path)
    # The blanks in front, which cleaning would take away, count in the spans.
    blank = " \n" * 30
    said = "The pump has a warranty of five years. Clean the filter every three months. " * 3
    text = blank + said
    first, last = len(blank), len(blank) + 38
    (tmp_path / "corpora").mkdir()
    (tmp_path / "corpora" / "manual.md").write_text(text, encoding="utf-8")
    with (tmp_path / "questions_df.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("question", "references", "corpus_id"))
        span = [{"content": text[first:last], "start_index": first, "end_index": last}]
        writer.writerow(("How long is the warranty?", json.dumps(span), "manual"))
    shutil.copytree(default_encoders, tmp_path / "work space" / ".winnow" / "encoders")
    chosen = ("chunk.method=recursive", "chunk.size=250", "chunk.overlap=125")
    settings = [part for setting in chosen for part in ("--set", setting)]
    done = home.run("winnow", "benchmark", "chunking", ".", *WORK, *settings)
    assert done.returncode == 0, done.stderr
    recall, precision, iou = done.stdout.splitlines()
    assert recall == "recall 100.0 (published 78.7)"
    assert precision.endswith("(published 4.9)")
    assert float(iou.split()[1]) == pytest.approx(100 * 38 / len(text.strip()), abs=0.2)
    (tmp_path / "questions_df.csv").write_text("question\nwhy?\n", encoding="utf-8")
    error = fails(home, "winnow", "benchmark", "chunking", ".", *WORK)
    assert "questions_df.csv is broken: a row lacks" in error


@pytest.mark.slow
@pytest.mark.thorough
def test_documents_compares_what_it_reads_with_what_was_expected(tmp_path: Path) -> None:
    home, expected = Project(tmp_path), tmp_path / "expected"
    write_corpus(tmp_path / "documents")
    (tmp_path / "documents" / "broken\x1b.pdf").write_bytes(b"%PDF-1.7 no more")
    expected.mkdir()
    (expected / "notes.txt.md").write_text("Error **E-4471** means nothing.", encoding="utf-8")
    (expected / "install.pdf.md").write_text("Mount the pump", encoding="utf-8")
    command = ("winnow", "benchmark", "documents", "documents")
    said = home.ok(*command, "--expected", "expected")
    rows = {line.split()[0]: line.split()[1:] for line in said.splitlines() if line.strip()}
    assert list(rows)[2:8] == ["docx", "html", "md", "pdf", "txt", "all"]
    # Files, read, quarantined, pages, pages by OCR, words, micro and macro recall.
    assert rows["pdf"][:8] == ["2", "1", "1", "2", "0", "3", "1.000", "1.000"]
    assert rows["txt"][:8] == ["1", "1", "0", "0", "0", "5", "0.800", "0.800"]
    assert rows["all"][:8] == ["6", "5", "1", "2", "0", "8", "0.875", "0.900"]
    assert rows["md"][5:9] == ["0", "–", "–", "–"]
    assert r"quarantined broken\x1b.pdf: " in said
    assert not list(tmp_path.rglob("*.json"))
    alone = home.ok(*command, "--set", "ingest.max_pages=1", WINNOW_READERS="1")
    assert "quarantined install.pdf: " in alone
    assert " with 1 worker\n" in alone
    assert "nowhere is no folder" in fails(home, *command, "--expected", "nowhere")
    assert "no such key" in fails(home, *command, "--set", "ingest.max_page=1")


@pytest.mark.slow
@pytest.mark.thorough
def test_judges_prints_a_metric_a_row_on_each_half(tmp_path: Path, default_encoders: Path) -> None:
    home = Project(tmp_path)
    (tmp_path / ".dvc").mkdir()
    shutil.copy(REPOSITORY / "dvc.yaml", tmp_path)
    shutil.copytree(default_encoders, tmp_path / ".winnow" / "encoders")
    folder = write_judgements(tmp_path / "judgements")
    done = home.run("winnow", "benchmark", "judges", folder.name)
    assert done.returncode == 0, done.stderr
    rows = [line.split(" | ") for line in done.stdout.splitlines() if line.startswith("| token_f1")]
    assert [len(row) for row in rows] == [6, 6, 4, 5] * 3
    (folder / "qags" / "mturk_xsum.jsonl").unlink()
    error = fails(home, "winnow", "benchmark", "judges", folder.name)
    assert "mturk_xsum.jsonl does not exist" in error


FOUND = Agreement(52.4, 45.0, 60.0)


def test_a_metric_is_a_row_and_a_set_a_column() -> None:
    rows = {"people": {"overall": FOUND}, "token_f1": {"overall": None, "xsum": FOUND}}
    table = AgreementTable("choose", rows, {}, {}, {"token_f1": {"samsum": FOUND}})
    lines = list(agreement_lines(table))
    assert lines[:5] == [
        "\nPearson's correlation, the half to choose on\n",
        "| metric | overall | xsum |",
        "| --- | --- | --- |",
        "| people | 52.4 ± 7.5 |  |",
        "| token_f1 |  | 52.4 ± 7.5 |",
    ]
    assert lines[-1] == "| token_f1 | 52.4 ± 7.5 |"


def test_all_measures_stand_in_80_columns() -> None:
    rows = [
        FormatRecall("[b]", 3, 2, 1, 12, 4, 1.25, (WordMatch(4, 3, 2), WordMatch(12, 10, 10))),
        FormatRecall("asciidoc", 1, 1, 0, 0, 0, 0.0, ()),
        FormatRecall("all", 1400, 1380, 20, 9_000, 300, 345.6, (WordMatch(3, 3, 1),) * 9),
    ]
    console = Console(width=80)
    with console.capture() as captured:
        console.print(recall_table(rows))
    shown = captured.get()
    assert all(len(line) <= 80 for line in shown.splitlines())
    assert "…" not in shown
    cells = [line.split() for line in shown.splitlines()]
    assert ["[b]", "3", "2", "1", "12", "4", "16", "0.750", "0.667", "0.923", "1.2"] in cells
    assert ["asciidoc", "1", "1", "0", "0", "0", "0", "–", "–", "–", "0.0"] in cells
