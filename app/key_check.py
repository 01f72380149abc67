"""Key check: that every endpoint that params choose can be asked, before anything runs."""

from collections.abc import Mapping

from app.workspace import Workspace
from eval.params import Params
from pipeline.endpoint import endpoint_at
from pipeline.errors import PrerequisiteError


def check_keys(
    workspace: Workspace, params: Params, environ: Mapping[str, str], only: str | None = None
) -> None:
    """Make sure that the endpoints of all stages, or of the one that is to run, can be asked.

    Raises:
        PrerequisiteError: naming the params key, its value and the variable to set.
    """
    stages = {only} if only is not None else set(workspace.stages)
    encoder, generator, judge = (
        params.encoder.provider,
        params.generation.generator,
        params.judge.provider,
    )
    try:
        if encoder != "local" and stages & {"embed", "answer"}:
            key = f"encoder.provider={encoder}"
            endpoint_at(encoder, environ)
        if generator != "extractive" and "answer" in stages:
            key = f"generation.generator={generator}"
            endpoint_at(generator, environ)
        if judge != "none" and "score" in stages:
            key = f"judge.provider={judge}"
            endpoint_at(judge, environ)
    except PrerequisiteError as error:
        raise PrerequisiteError(f"{key}: {error}") from None
