"""Gate explanation: what two Versions differ in, and the stage at which each Case lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.effort_scores import EFFORT
from app.gate_bench import GateBench
from app.remote_folder import folder_files
from app.workspace import Workspace
from eval.verdict import CaseDifference
from pipeline.endpoints import Endpoints
from pipeline.errors import WinnowError
from pipeline.version_store import VersionStore

if TYPE_CHECKING:
    from eval.blame import Blame
    from eval.index_difference import IndexDifference
    from pipeline.version import Version


@dataclass(frozen=True, slots=True)
class GateExplanation:
    """As much as could be found out; `notes` say why not more."""

    difference: "IndexDifference | None" = None
    blames: "tuple[Blame, ...]" = ()
    notes: tuple[str, ...] = ()


def compare_sides(
    bench: GateBench, baseline: "Version", candidate: "Version", endpoints: Endpoints
) -> "IndexDifference":
    """Compare indexes and what they find for each Case; no language model is asked.

    Raises:
        WinnowError: an encoder cannot be reached.
    """
    from eval.index_comparison import compare_indexes

    terms = bench.terms
    depth = terms.answer.depth
    return compare_indexes(baseline, candidate, terms.cases, terms.score, depth, endpoints)


def blame_stages(
    place: Workspace,
    bench: GateBench,
    sides: "tuple[Version, Version]",
    differences: Sequence[CaseDifference],
    endpoints: Endpoints,
) -> GateExplanation:
    """Mix the stages of baseline and candidate, to blame one for each Case that lost.

    What cannot be mixed leaves a note: a Verdict stands without its explanation.
    """
    from eval.blame import explain
    from eval.remeasurement import Remeasurement
    from pipeline.stage_output import StageOutputs
    from pipeline.version_mix import VersionMix

    lost = [each for each in differences if each.difference < 0 and each.metric not in EFFORT]
    if not lost:
        return GateExplanation()
    terms, depth = bench.terms, bench.terms.answer.depth
    try:
        for version in sides:
            folder_files(place, version.manifest.outputs.get("ingest", ""))
        outputs = StageOutputs(VersionStore(place.cache))
        mix = VersionMix(*sides, outputs, place.scratch, endpoints)
        again = Remeasurement(outputs, terms.cases, bench.judges, terms.score, depth, endpoints)
        return GateExplanation(blames=explain(mix, lost, again))
    except WinnowError as error:
        return GateExplanation(notes=(f"no stage is blamed: {error}",))
