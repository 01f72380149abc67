"""Judged sides: two Versions judged on what params.yaml, the Cases and the code say now."""

from app.catalogue import open_endpoints
from app.gate_bench import GateBench
from app.gate_sides import GateSides
from app.gate_trial import GateTrial
from app.judgement import Judgement
from app.measuring_terms import present_terms
from app.workspace import Workspace
from eval.case import read_cases
from eval.params import GateParams
from pipeline.errors import PrerequisiteError
from pipeline.section import read_section


def judge_sides(place: Workspace, sides: GateSides, *, explained: bool) -> Judgement:
    """Judge a candidate; whatever was scored on other terms is answered and scored again first.

    Raises:
        PrerequisiteError: the workspace has no Cases, or the two sides cannot be compared.
        VersionError: a Version that must be measured is absent or broken.
        EndpointError: a language model gave no reply.
    """
    params = read_section(place.params, "gate", GateParams)
    if place.cases is None:
        raise PrerequisiteError(f"{place.root} has no Cases; give `winnow run --raw` --cases FILE")
    terms = present_terms(place.params, read_cases(place.cases))
    locked = [place.scorecard, sides.revision.scorecard if sides.revision else None]
    scorecards = [each for each in dict.fromkeys(locked) if each is not None]
    with open_endpoints(place) as endpoints:
        bench = GateBench(place, terms, endpoints, sides.ledger, scorecards)
        return GateTrial(place, sides, params, bench, endpoints, explained=explained).judge()
