"""ModelVersions: one version of MLflow's registered model for each Version, and its aliases."""

from collections.abc import Mapping

from eval.mlflow_store import ABSENT, NAME, PRESENT, MlflowStore, accepting, write_twice
from pipeline.errors import LedgerError

VERSION = "version"
"""The tag that holds a Version's id."""
_SOURCE = "scorecard.json"


class ModelVersions:
    """Registers Versions under the name `winnow` and lets aliases name them.

    Two processes that register one Version at once may make two model versions; the older one is
    used, and both carry the Version's id.
    """

    def __init__(self, store: MlflowStore) -> None:
        """Take the store of the registered model."""
        self._store = store

    def register(self, run: str, tags: Mapping[str, str]) -> None:
        """Let the Version that the tags name have a model version with these tags.

        Args:
            run: The run of its Scorecard: the source of a model version that is made now.
            tags: Its id under `version`, and what else its newest Scorecard says.
        """
        with self._store.opened() as client:
            with accepting(PRESENT):
                client.create_registered_model(NAME)
            number = self._number(tags[VERSION])
            if number is None:
                # Sources other than runs:/ are refused over HTTP.
                source = f"runs:/{run}/{_SOURCE}"
                client.create_model_version(
                    NAME, source, run, tags=dict(tags), await_creation_for=0
                )
                return
            known = client.get_model_version(NAME, number).tags
            for tag, value in tags.items():
                if known.get(tag) != value:
                    self._tag(number, tag, value)

    def aliases(self) -> dict[str, str]:
        """Map each alias to the Version's id, "" for a model version without one."""
        with self._store.opened() as client:
            named: dict[str, str] = {}
            with accepting(ABSENT):
                named = dict(client.get_registered_model(NAME).aliases)
            return {
                alias: str(client.get_model_version(NAME, str(number)).tags.get(VERSION, ""))
                for alias, number in sorted(named.items())
            }

    def point(self, alias: str, version: str | None) -> None:
        """Let an alias name the model version of a Version, or none.

        Raises:
            LedgerError: that Version has no model version.
        """
        with self._store.opened() as client:
            if version is None:
                with accepting(ABSENT):
                    write_twice(lambda: client.delete_registered_model_alias(NAME, alias))
                return
            number = self._number(version)
            if number is None:
                raise LedgerError(
                    f"no Scorecard of {version} is recorded, so that no alias can name it; score "
                    "it with `winnow run` where it was made"
                )
            write_twice(lambda: client.set_registered_model_alias(NAME, alias, number))

    def _number(self, version: str) -> str | None:
        condition = f"name = '{NAME}' and tag.`{VERSION}` = '{version}'"
        with self._store.opened() as client:
            found = client.search_model_versions(condition)
        return min((str(each.version) for each in found), key=int, default=None)

    def _tag(self, number: str, tag: str, value: str) -> None:
        with self._store.opened() as client:
            write_twice(lambda: client.set_model_version_tag(NAME, number, tag, value))
