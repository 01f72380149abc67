"""Winnow's figures beside published ones, on data that lies outside the repository.

    make retrieval

Each test skips where its data are absent; all print what they measured.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from eval.benchmarks.chunking import PUBLISHED
from tests.support.project import ROOT, environment

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3600)]
DATA = ROOT.parent / "shared" / "data"


def data(name: str) -> Path:
    folder = DATA / name
    if not folder.is_dir():
        pytest.skip(f"{folder} is absent; it is handed out apart from the repository")
    return folder


def winnow(*arguments: str, **environ: str) -> tuple[str, float]:
    """Return what a command printed, and the seconds that it took."""
    start = time.monotonic()
    done = subprocess.run(
        ["winnow", *arguments],
        cwd=ROOT, env={**environment(), **environ}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout, time.monotonic() - start


def figures(output: str) -> dict[str, float]:
    return {line.split()[0]: float(line.split()[1]) for line in output.splitlines()}


def report(capsys: pytest.CaptureFixture[str], line: str) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\n{line}\n")


def test_scifact(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Less means a fault in truncation, normalisation or ids."""
    output, seconds = winnow(
        "benchmark", "beir", str(data("scifact")), "--split", "train",
        "--workspace", str(tmp_path / "w"),
        "--set", "chunk.method=document", "--set", "retrieval.mode=dense",
    )  # fmt: skip
    found = figures(output)
    shown = ", ".join(f"{name} {value:.4f}" for name, value in found.items())
    report(capsys, f"SciFact train: {shown} (nDCG@10 published 0.660), {seconds:.0f} s")
    assert found["nDCG@10"] == pytest.approx(0.660, abs=0.002)


@pytest.mark.parametrize(
    ("name", "split", "least"), [("scifact", "train", 0.745), ("piaf_fr", "test", 0.815)]
)
def test_hybrid_beside_either_side(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, split: str, least: float
) -> None:
    """One chunk a document; everything else as params.yaml has it."""
    found = {}
    for mode in ("dense", "lexical", "hybrid"):
        output, seconds = winnow(
            "benchmark", "beir", str(data(name)), "--split", split,
            "--workspace", str(tmp_path / "w"),
            "--set", "chunk.method=document", "--set", f"retrieval.mode={mode}",
        )  # fmt: skip
        found[mode] = figures(output)["nDCG@10"]
        report(capsys, f"{name} {split}, {mode}: nDCG@10 {found[mode]:.4f}, {seconds:.0f} s")
    assert found["hybrid"] >= least
    assert found["hybrid"] > max(found["dense"], found["lexical"]) - 0.004


@pytest.mark.parametrize(("method", "size", "overlap"), PUBLISHED)
def test_chroma_chunking(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], method: str, size: int, overlap: int
) -> None:
    """Recall varies by two points, precision and IoU by a quarter with the splitter."""
    output, seconds = winnow(
        "benchmark", "chunking", str(data("chroma_chunking")),
        "--workspace", str(tmp_path / "w"),
        "--set", f"chunk.method={method}", "--set", f"chunk.size={size}",
        "--set", f"chunk.overlap={overlap}", "--set", "retrieval.mode=dense",
    )  # fmt: skip
    found, published = figures(output), PUBLISHED[method, size, overlap]
    shown = ", ".join(
        f"{name} {value:.1f} ({paper})"
        for (name, value), paper in zip(found.items(), published, strict=True)
    )
    report(capsys, f"Chroma {method} {size}/{overlap}: {shown} (published), {seconds:.0f} s")
    recall, precision, iou = published
    assert found["recall"] == pytest.approx(recall, abs=2.0)
    assert found["precision"] == pytest.approx(precision, rel=0.25)
    assert found["iou"] == pytest.approx(iou, rel=0.25)


def test_aragog(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Fifteen papers; evidence is a whole paper, so hit rate and MRR are of documents."""
    folder = data("aragog")
    cases = [_case(json.loads(line)) for line in _lines(folder / "questions.jsonl")]
    file = tmp_path / "cases.jsonl"
    file.write_text("".join(json.dumps(each) + "\n" for each in cases), encoding="utf-8")
    place = str(tmp_path / "w")
    _, seconds = winnow(
        "run", "--raw", str(folder / "papers_for_questions"),
        "--workspace", place, "--cases", str(file),
    )  # fmt: skip
    [row] = json.loads(winnow("versions", "--workspace", place, "--format", "json")[0])
    metrics = {name: row["metrics"][name]["mean"] for name in row["metrics"]}
    names = ("hit_rate", "mrr", "semantic_similarity", "abstention_right", "abstention_wrong")
    shown = ", ".join(f"{name} {metrics[name]:.3f}" for name in names)
    report(
        capsys,
        f"Aragog, {len(cases)} questions: {shown}, {seconds:.0f} s (deepset's answers by a "
        "language model have a similarity of .651 to .676)",
    )
    assert row["metrics"]["hit_rate"]["scored"] == 98
    assert row["metrics"]["abstention_right"]["scored"] == 9
    assert metrics["hit_rate"] > 0.95
    answer, _ = winnow("ask", "--workspace", place, "What are BERT's two pre-training tasks?")
    assert "bert.pdf, page " in answer


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def _case(row: dict[str, object]) -> dict[str, object]:
    present = bool(row["gold_pdf_present"])
    return {
        "id": row["id"],
        "question": row["question"],
        "answer": row["reference_answer"] if present else "",
        "answerable": present,
        "evidence": [{"document": row["gold_pdf"]}] if present else [],
    }
