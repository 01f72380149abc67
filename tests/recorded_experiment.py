"""A Scorecard in a project's ledger as an experiment of DVC leaves it, for tests."""

import os

from app.gate_sides import GateSides
from app.judged_sides import judge_sides
from app.workspace import Workspace
from eval.mlflow_ledger import ledger_at
from eval.recording import SCORECARD, SCORES, record_scorecard


def record_experiment(place: Workspace, version: str, name: str) -> None:
    """Score a Version and record it under the name of an experiment."""
    judgement = judge_sides(place, GateSides(version, None, None), explained=False)
    files = {each: judgement.folder / each for each in (SCORECARD, SCORES)}
    record_scorecard(ledger_at(place.root, os.environ), files, {}, {"experiment": name})
