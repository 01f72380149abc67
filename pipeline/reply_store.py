"""ReplyStore: every whole reply of a model's endpoint, by the hash of what was asked."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.artifact import write_text
from pipeline.errors import PrerequisiteError


@dataclass(frozen=True)
class StoredReply:
    """The status and the JSON body of a reply."""

    status: int
    body: dict[str, Any]


class ReplyStore:
    """A folder, or what fsspec opens, such as `s3://bucket/replies`; many may use it at once.

    A reply lies at `ab/abcdef….json` with the request that it answers: no header, no host, no
    key, no clock. Equal replies have equal bytes, whoever wrote them.
    """

    def __init__(self, location: str) -> None:
        """Take where it lies.

        Raises:
            PrerequisiteError: no such kind of place can be opened.
        """
        self._shown = "WINNOW_REPLIES" if "@" in location else location
        self._folder = location.rstrip("/")
        self._prepared = False
        self._remote: Any = None
        if "://" in location:
            import fsspec

            try:
                self._remote, self._folder = fsspec.core.url_to_fs(location)
            except (ValueError, ImportError) as error:
                raise self._failure("opened", error) from None

    def prepare(self) -> None:
        """Try once whether a file can be written, so that no reply is paid for and lost.

        Raises:
            PrerequisiteError: it cannot.
        """
        if not self._prepared:
            self._write(f"{self._folder}/.writable", "")
            self._prepared = True

    def read(self, key: str) -> StoredReply | None:
        """Return a stored reply, or None; a file that is no reply counts as none.

        Raises:
            PrerequisiteError: the place cannot be read.
        """
        try:
            content = self._read(f"{self._folder}/{key[:2]}/{key}.json")
            record = json.loads(content)
            return StoredReply(int(record["status"]), dict(record["reply"]))
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            return None
        except Exception as error:
            raise self._failure("read", error) from None

    def write(self, key: str, request: dict[str, Any], reply: StoredReply) -> None:
        """Store a reply, whole or not at all.

        Raises:
            PrerequisiteError: the place cannot be written.
        """
        record = {"request": request, "status": reply.status, "reply": reply.body}
        text = json.dumps(record, sort_keys=True, indent=1, ensure_ascii=True) + "\n"
        self._write(f"{self._folder}/{key[:2]}/{key}.json", text)

    def _read(self, path: str) -> bytes:
        if self._remote is None:
            return Path(path).read_bytes()
        content: bytes = self._remote.cat_file(path)
        return content

    def _write(self, path: str, text: str) -> None:
        try:
            if self._remote is None:
                write_text(Path(path), text)
            else:
                self._remote.pipe_file(path, text.encode())
        except Exception as error:
            raise self._failure("written", error) from None

    def _failure(self, done: str, error: Exception) -> PrerequisiteError:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        return PrerequisiteError(
            f"the replies in {self._shown} cannot be {done} ({reason}): set WINNOW_REPLIES to a "
            "folder or an s3:// address that can be read and written"
        )
