"""Versions of Chroma's corpora with chosen settings, and how each ranks the questions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from app.reproduction import reproduce
from app.settings_change import change_settings
from app.workspace import REPOSITORY, Workspace
from app.workspace_creation import create_workspace
from eval.chunking_layout import Question
from eval.params import read_params
from eval.place import Place
from pipeline.artifact import write_text
from pipeline.errors import PrerequisiteError
from pipeline.params import CleaningParams
from pipeline.version_store import VersionStore

AS_IT_STANDS = tuple(f"cleaning.{key}=false" for key in CleaningParams.model_fields)
"""Gold spans count the characters of the files, so none of them may go."""

DEPTH = 40
"""Passages of a ranking: enough for the budget when half of them are lost."""


@dataclass(frozen=True, slots=True)
class RankedVersion:
    """A Version's id and its places for each question, best first."""

    version: str
    rankings: tuple[tuple[Place, ...], ...]


def ranked_versions(
    folder: Path,
    workspace: Path,
    settings: Mapping[str, Sequence[str]],
    questions: Sequence[Question],
) -> Iterator[tuple[str, RankedVersion]]:
    """Build a Version for each name's settings, from the repository's params, and rank with it."""
    from pipeline.answerer import open_retriever

    built = create_workspace(workspace, folder / "corpora")
    for name, changes in settings.items():
        version = build_version(built, [*AS_IT_STANDS, *changes])
        retriever = open_retriever(VersionStore(built.cache).open(version))
        bar = tqdm(questions, desc=name, unit="question", disable=None)
        rankings = tuple(
            tuple(
                Place(each.document, each.start, each.end)
                for each in retriever.retrieve(question.text, DEPTH)
            )
            for question in bar
        )
        yield name, RankedVersion(version, rankings)


def build_version(workspace: Workspace, settings: Sequence[str]) -> str:
    """Build with the repository's params and these settings; returns the Version's id."""
    write_text(workspace.params, (REPOSITORY / "params.yaml").read_text(encoding="utf-8"))
    change_settings(workspace.params, settings)
    read_params(workspace.params)
    reproduce(workspace)
    if workspace.version is None:
        raise PrerequisiteError(
            f"no Version was built in {workspace.root}; remove that folder and run again"
        )
    return workspace.version
