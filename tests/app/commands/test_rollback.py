"""`winnow rollback`: back in one command, and a clear line where there is no way back."""

import pytest

from app.workspace import Workspace
from tests.configured_remote import write_remotes
from tests.project import Project
from tests.varied_version import vary

pytestmark = pytest.mark.slow


def test_back_in_one_command(project: Project) -> None:
    place, first = Workspace(project.root), project.version
    done = project.run("winnow", "rollback")
    assert (done.returncode, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert line == "error: there is no champion yet; promote one with `winnow promote --first`"
    write_remotes(place, "store", {"store": {"url": "../../remote"}}, git=True)
    project.ok("winnow", "promote", "--first")
    project.ok("winnow", "promote", vary(place, first, top_k=8))
    done = project.run("winnow", "rollback", "--reason", "too slow")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("receipt 3 (")
    assert lines[0].endswith(f"makes {first} champion")
    assert lines[1:] == [
        "the alias `champion` follows",
        f"the receipt is copied to {project.root.parent / 'remote'}/winnow",
    ]
    receipts = list((project.root.parent / "remote" / "winnow" / "receipts").iterdir())
    assert sum('"reason":"too slow"' in each.read_text("utf-8") for each in receipts) == 1
    done = project.run("winnow", "rollback", "--to", first[:8], "--no-upload")
    assert done.stdout == f"{first} is champion already: nothing to do\n"
