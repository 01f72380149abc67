"""`winnow benchmark`: the same stages on public benchmarks, with their standard measures."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.commands.options import BuildOption, SetOption
from app.commands.run import how_to_ask
from app.workspace.creation import create_workspace, default_workspace
from app.workspace.reproduction import reproduce
from app.workspace.settings import change_settings
from app.workspace.workspace import REPOSITORY, Workspace, find_workspace
from eval.benchmarks.agreement_table import (
    HALVES,
    AgreementTable,
    agreement_table,
    measure_judges,
)
from eval.benchmarks.beir import corpus_files, judged_cases, measure_ranking, missing_documents
from eval.benchmarks.chunking import PUBLISHED, measure_chunking, read_questions
from eval.benchmarks.document_recall import FormatRecall, measure_recall
from eval.benchmarks.human_agreement import Agreement
from eval.benchmarks.human_labels import read_preferences, read_ratings
from eval.judges.panel import JudgePanel, open_encoder
from eval.judges.ragas_judge import RAGAS_METRICS, RagasJudge
from eval.judges.text_judge import TEXT_METRICS, TextJudge
from eval.params import Params, read_params
from pipeline.documents.raw_files import printable
from pipeline.errors import DataError, PrerequisiteError, counted
from pipeline.files import write_text
from pipeline.params import CleaningParams
from pipeline.versions.store import VersionStore

if TYPE_CHECKING:
    from pipeline.documents.document import Document
    from pipeline.documents.report import IngestReport
    from pipeline.retrieval.ranking import Retriever

FolderArgument = Annotated[Path, typer.Argument(help="Folder of the benchmark.")]
ExpectedOption = Annotated[
    Path | None, typer.Option("--expected", help="Folder of expected texts: X.md for a file X.")
]
SplitOption = Annotated[str, typer.Option("--split", help="Judgements to use: qrels/SPLIT.tsv.")]

# Gold spans count the characters of the files, so none of them may go.
AS_IT_STANDS = [f"cleaning.{key}=false" for key in CleaningParams.model_fields]

_HALVES = {"all": "all labels", "choose": "the half to choose on", "confirm": "the other half"}
_RECALL_COLUMNS = ("files", "read", "out", "pages", "OCR", "words", "micro", "macro", "prec.", "s")


def benchmark() -> typer.Typer:
    """Measure settings against public benchmarks."""
    group = typer.Typer(help=benchmark.__doc__, no_args_is_help=True)
    group.command()(beir)
    group.command()(chunking)
    group.command()(documents)
    group.command()(judges)
    return group


def beir(
    folder: FolderArgument,
    split: SplitOption = "test",
    settings: SetOption = None,
    root: BuildOption = None,
) -> None:
    """Rank the documents of a folder in BEIR's layout; nDCG@10 and its kin."""
    root = benchmark_root(folder, root)
    cases = judged_cases(folder, split)
    built = create_workspace(root, raw=None)
    _write_raw(built.raw, corpus_files(folder))
    retriever = build_retriever(built, settings or [])
    missing_documents(cases, {path.name for path in built.raw.iterdir()})
    for name, value in measure_ranking(retriever, cases).items():
        typer.echo(f"{name} {value:.4f}")
    _say_where(built)


def chunking(folder: FolderArgument, settings: SetOption = None, root: BuildOption = None) -> None:
    """Measure a chunker on Chroma's questions: recall, precision and IoU of characters."""
    root = benchmark_root(folder, root)
    questions = read_questions(folder)
    built = create_workspace(root, folder / "corpora")
    retriever = build_retriever(built, [*AS_IT_STANDS, *(settings or [])])
    published = _published(read_params(built.params))
    for position, (name, value) in enumerate(measure_chunking(retriever, questions).items()):
        beside = f" (published {published[position]})" if published else ""
        typer.echo(f"{name} {value:.1f}{beside}")
    _say_where(built)


def documents(
    folder: FolderArgument, expected: ExpectedOption = None, settings: SetOption = None
) -> None:
    """Read every file of a folder anew and compare words with the expected texts."""
    _check_folder(folder)
    _check_folder(expected or folder)
    with TemporaryDirectory() as scratch:
        params = _changed_params(Path(scratch) / "params.yaml", settings or [])
        found, report = _ingest(folder, params, Path(scratch, "readings"))
    rows = measure_recall(report.files, found, expected)
    Console().print(recall_table(rows))
    for file in report.of("quarantined"):
        typer.echo(f"quarantined {file.path}: {printable(file.reason or '')}")
    typer.echo(f"took {report.seconds:.1f} s with {counted(report.workers or 0, 'worker', ',')}")


def judges(folder: FolderArgument) -> None:
    """Compare every answer metric that needs no language model with what people said.

    The folder holds ragchecker, qags and summedits, as published.
    """
    preferences, ratings = read_preferences(folder), read_ratings(folder)
    encoder = open_encoder(
        read_params(REPOSITORY / "params.yaml").score, find_workspace(None).scratch / "encoders"
    )
    judge = JudgePanel([TextJudge(TEXT_METRICS, encoder), RagasJudge(RAGAS_METRICS, encoder)])
    measured = measure_judges(preferences, ratings, judge)
    typer.echo("Times 100, ± half of a 95 % interval.")
    for half in HALVES:
        for line in agreement_lines(agreement_table(measured, half)):
            typer.echo(line)


def benchmark_root(folder: Path, root: Path | None) -> Path:
    """Return where the workspace of a benchmark's folder is, or is to be.

    Raises:
        DataError: the folder is none.
    """
    _check_folder(folder)
    return root or default_workspace(folder, find_workspace(None))


def build_retriever(workspace: Workspace, settings: Sequence[str]) -> "Retriever":
    """Build with the repository's params and these settings, not with those of a run before.

    Raises:
        PrerequisiteError: DVC ran and left no Version.
    """
    from pipeline.answerer import open_retriever

    _changed_params(workspace.params, settings)
    reproduce(workspace)
    if workspace.version is None:
        raise PrerequisiteError(
            f"no Version was built in {workspace.root}; remove that folder and run again"
        )
    return open_retriever(VersionStore(workspace.cache).open(workspace.version))


def agreement_lines(table: AgreementTable) -> Iterator[str]:
    """Yield the lines of four tables: a metric a row, a set a column."""
    titles = {
        "Pearson's correlation": table.pearson,
        "Spearman's correlation": table.spearman,
        "Pearson's correlation of Winnow's metric less that of each other": table.gains,
        "balanced accuracy, the threshold from the other half": table.balanced,
    }
    for title, rows in titles.items():
        yield f"\n{title}, {_HALVES[table.half]}\n"
        columns = list(dict.fromkeys(column for row in rows.values() for column in row))
        yield _line(["metric", *columns])
        yield _line(["---"] * (len(columns) + 1))
        for metric, row in rows.items():
            yield _line([metric, *(_cell(row.get(column)) for column in columns)])


def recall_table(rows: Sequence[FormatRecall]) -> Table:
    """Return a format a row; `out` counts quarantined files, micro and macro are word recall."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("format", no_wrap=True)
    for column in _RECALL_COLUMNS:
        table.add_column(column, justify="right", no_wrap=True)
    for row in rows:
        counts = (row.files, row.read, row.quarantined, row.pages, row.ocr_pages, row.words)
        shares = (row.micro_recall, row.macro_recall, row.precision)
        # Text, since a suffix in square brackets would be taken for a style.
        table.add_row(
            Text(row.name or "none"),
            *(f"{count:,}" for count in counts),
            *("–" if share is None else f"{share:.3f}" for share in shares),
            f"{row.seconds:.1f}",
        )
    table.caption = "out: quarantined; micro, macro: word recall; prec.: word precision"
    return table


def _check_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder; give the benchmark's folder")


def _changed_params(path: Path, settings: Sequence[str]) -> Params:
    """Write the repository's params with these settings, and return them."""
    write_text(path, (REPOSITORY / "params.yaml").read_text(encoding="utf-8"))
    change_settings(path, settings)
    return read_params(path)


def _ingest(folder: Path, params: Params, scratch: Path) -> "tuple[list[Document], IngestReport]":
    """Read a folder with an empty cache; what a limit of the machine ends is quarantined."""
    from pipeline.documents.ingestion import default_source, ingest
    from pipeline.documents.worker import MachineLimits

    limits = replace(MachineLimits.from_environment(os.environ), allow_unread=True)
    source = default_source(params.ingest, params.ocr, scratch, limits)
    return ingest(folder, source, params.ingest, params.ocr, params.cleaning)


def _write_raw(raw: Path, files: Iterable[tuple[str, str]]) -> None:
    """Write raw files that are new or changed, and remove those that are no longer there."""
    raw.mkdir(parents=True, exist_ok=True)
    wanted = dict(files)
    for path in raw.iterdir():
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        path = raw / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            write_text(path, text)


def _published(params: Params) -> tuple[float, float, float] | None:
    chunk = params.chunk
    if chunk.tokenizer != "cl100k_base" or params.encoder.model != "all-MiniLM-L6-v2":
        return None
    return PUBLISHED.get((chunk.method, chunk.size, chunk.overlap))


def _say_where(workspace: Workspace) -> None:
    typer.echo(f"Version {workspace.version}", err=True)
    typer.echo(how_to_ask(workspace), err=True)


def _cell(agreement: Agreement | None) -> str:
    return "" if agreement is None else f"{agreement.value:.1f} ± {agreement.margin:.1f}"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
