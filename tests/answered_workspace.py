"""A workspace as the stage `answer` leaves it, with the settings of models that a test wants."""

import json
from pathlib import Path
from typing import Any

import yaml

from eval.answers import write_answers
from eval.asking import ask_cases
from eval.case import case_set_hash, read_cases
from eval.identity import Identity
from pipeline.answerer import open_answerer
from pipeline.artifact import write_json
from pipeline.endpoints import Endpoints
from pipeline.manifest import flatten
from tests.built_version import build_version
from tests.project import ROOT

_DEPTH = 10_000
_CASES = (
    ("warranty", "How long is the warranty of the Fjell pump?", "Five years.", "warranty.md"),
    ("code", "What does E-4471 mean?", "The return line of the pump is frozen.", "notes.txt"),
    ("return", "Within how many days is a broken pump sent back?", "Thirty days.", "warranty.md"),
)


def write_workspace(
    root: Path,
    corpus: Path,
    encoders: Path,
    endpoints: Endpoints,
    generator: str = "extractive",
    **judge: Any,
) -> Path:
    """Build and answer in `root`, a folder that does not exist; returns the file of Cases."""
    (root / ".dvc").mkdir(parents=True)
    (root / ".winnow").mkdir(exist_ok=True)
    (root / ".winnow" / "encoders").symlink_to(encoders)
    (root / "dvc.yaml").write_text("vars:\n  - cases: cases.jsonl\nstages: {}\n", encoding="utf-8")
    content = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    content["judge"].update(judge)
    content["score"].update(metrics=["token_f1", "rouge_l"], resamples=200)
    (root / "params.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    cases = [
        {"id": name, "question": question, "answer": answer, "answerable": True,
         "evidence": [{"document": document}]}
        for name, question, answer, document in _CASES
    ]  # fmt: skip
    path = root / "cases.jsonl"
    path.write_text("".join(json.dumps(case) + "\n" for case in cases), encoding="utf-8")
    changes = {"generation": {"generator": generator}, "retrieval": {"top_k": 2}}
    version = build_version(corpus, root / "data", encoders, changes)
    asked = read_cases(path)
    generation = version.manifest.generation
    answers = ask_cases(open_answerer(version, endpoints), asked, _DEPTH, endpoints, generation)
    identity = Identity(
        version=version.id,
        engine="e",
        corpus=version.manifest.corpus.hash,
        cases=case_set_hash(asked),
        depth=_DEPTH,
        settings=version.manifest.settings | flatten({"answer": {"depth": _DEPTH}}),
    )
    (root / "data" / "answers").mkdir()
    write_answers(root / "data" / "answers" / "answers.parquet", answers)
    write_json(root / "data" / "answers" / "meta.json", identity.model_dump(mode="json"))
    return path
