"""A workspace whose `ingest` has reported on files of every kind, without having run."""

import json
from pathlib import Path
from typing import Any

from app.workspace.workspace import Workspace

ESCAPE = "\x1b[31m"


def file(path: str, status: str = "read", **details: Any) -> dict[str, Any]:
    """Return a row of the report as `ingest` writes it."""
    nothing: dict[str, Any] = {
        "media_type": None, "reader": None, "bytes": 0, "characters": 0, "pages": 0,
        "ocr_pages": 0, "ocr_confidence": None, "low_confidence": [], "reason": None,
        "same_as": None, "limit": False,
    }  # fmt: skip
    return {"path": path, "status": status, **nothing, **details}


FILES = (
    file("a.md", characters=1200, bytes=1300, reader="markdown/1"),
    file("scan.pdf", characters=4000, bytes=90_000, pages=6, reader="pdfium/2",
         ocr_pages=3, ocr_confidence=0.61, low_confidence=[2, 5]),
    file("photo.png", characters=100, bytes=50, pages=1, reader="rapidocr/1",
         ocr_pages=1, ocr_confidence=0.97),
    file("copy.md", "duplicate", same_as="a.md", bytes=1300),
    file("[red]bad.docx", "quarantined", bytes=7, reason=f"it {ESCAPE}unpacks to too much"),
)  # fmt: skip
NEAR = [{"first": "a.md", "second": "b.md", "similarity": 0.934}]
SECONDS = {
    "seconds": 12.34,
    "workers": 2,
    "files": {
        "scan.pdf": {"seconds": 11.5, "cached": False},
        "a.md": {"seconds": 0.01, "cached": True},
    },
}


def write_report(
    root: Path,
    files: tuple[dict[str, Any], ...] = FILES,
    near: list[dict[str, Any]] = NEAR,
    seconds: dict[str, Any] | None = SECONDS,
) -> Workspace:
    """Write the report, and the seconds after it, as the stage does."""
    workspace = Workspace(root)
    (root / ".dvc").mkdir(parents=True)
    (root / "data").mkdir()
    workspace.scratch.mkdir()
    stage = {
        "deps": ["data/raw"],
        "outs": ["data/documents"],
        "metrics": [{"data/ingest.json": {}}],
    }
    (root / "dvc.yaml").write_text(json.dumps({"stages": {"ingest": stage}}), encoding="utf-8")
    report = {"files": list(files), "near_duplicates": near}
    workspace.ingest_report.write_text(json.dumps(report), encoding="utf-8")
    if seconds is not None:
        workspace.ingest_seconds.write_text(json.dumps(seconds), encoding="utf-8")
    return workspace
