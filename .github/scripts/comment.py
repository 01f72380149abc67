"""Puts a report on a pull request as one comment, which later reports replace.

`PULL_REQUEST=12 python .github/scripts/comment.py gate-report/verdict.md [--only-update]`; with
`--only-update` none is made where there is none yet.
"""

import os
import sys
from pathlib import Path

from repository_api import RepositoryApi

_MARK = "<!-- winnow gate -->"
_LONGEST = 65_000


def main() -> None:
    """Create the comment or replace it; what GitHub would not take is cut off, and it says so."""
    text = Path(sys.argv[1]).read_text("utf-8")
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}\n\n… The rest stands in the run's summary.\n"
    api, number = RepositoryApi(), int(os.environ["PULL_REQUEST"])
    body = {"body": f"{_MARK}\n{text}"}
    for comment in api.rows(f"issues/{number}/comments?sort=created"):
        if comment["body"].startswith(_MARK) and comment["user"]["type"] == "Bot":
            api.send("PATCH", f"issues/comments/{comment['id']}", body)
            return
    if "--only-update" not in sys.argv:
        api.send("POST", f"issues/{number}/comments", body)


if __name__ == "__main__":
    main()
