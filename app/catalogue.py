"""Opening a workspace's Library, with what DVC restored from its cache recorded first."""

import os

from app.library import Library
from app.workspace import Workspace
from eval.case import read_cases
from eval.ledger import Ledger
from eval.provenance import provenance
from eval.recording import read_scorecard, record_scorecard
from eval.seconds import read_latency, seconds_path
from pipeline.endpoints import Endpoints
from pipeline.params import SpendingParams
from pipeline.section import parse_section, read_mapping
from pipeline.version_store import VersionStore


def open_library(workspace: Workspace) -> Library:
    """Return the Library of a workspace; every command that reads the ledger opens it here."""
    from eval.mlflow_ledger import ledger_at

    ledger = ledger_at(workspace.root, os.environ)
    store = VersionStore(workspace.cache)
    _record_present(workspace, ledger, store)
    cases = workspace.cases
    known = read_cases(cases) if cases and cases.is_file() else ()
    return Library(ledger, store, known, endpoints=open_endpoints(workspace))


def open_endpoints(workspace: Workspace) -> Endpoints:
    """Return the models' endpoints that the environment names; none is asked for anything yet.

    What they may cost stands in params.yaml; where that says nothing of it, there is no limit.
    """
    params = read_mapping(workspace.params) if workspace.params.is_file() else {}
    said = params.get("spending")
    spending = parse_section(SpendingParams, "spending", said) if said is not None else None
    return Endpoints(os.environ, workspace.scratch, spending)


def _record_present(workspace: Workspace, ledger: Ledger, store: VersionStore) -> None:
    """Record the scorecard that dvc.lock names: DVC's run cache restores it without a run."""
    if workspace.scorecard is None or not store.holds(workspace.scorecard):
        return
    files = store.files(workspace.scorecard)
    scorecard = read_scorecard(files)
    if any(each.scorecard.key == scorecard.key for each in ledger.records()):
        return
    seconds = seconds_path(workspace.scratch / "seconds", scorecard.version, scorecard.cases.hash)
    tags = provenance(workspace.root, os.environ)
    record_scorecard(ledger, files, read_latency(seconds), tags)
