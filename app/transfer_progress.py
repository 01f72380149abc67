"""Transfer progress: the bytes of all files that go at once, in one bar on a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fsspec.callbacks import Callback


@contextmanager
def transfer_progress(text: str, total: int) -> "Iterator[Callback]":
    """Yield what fsspec tells of each file's bytes; they are added up in a bar of `total`."""
    from fsspec.callbacks import Callback
    from tqdm import tqdm

    with tqdm(total=total, desc=text, unit="B", unit_scale=True, leave=False, disable=None) as bar:

        class File(Callback):  # type: ignore[misc]
            """Of one file."""

            shown = 0

            def call(self, hook_name: str | None = None, **_: Any) -> None:
                del hook_name
                bar.update(self.value - self.shown)
                self.shown = self.value

        class All(Callback):  # type: ignore[misc]
            def branched(self, *_: Any, **__: Any) -> Callback:
                return File()

        yield All()
