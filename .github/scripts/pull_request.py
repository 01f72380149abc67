"""Opens a pull request of a branch with a report as its body, or renews that body.

`BRANCH=data/june BASE_BRANCH=main python .github/scripts/pull_request.py gate-report/verdict.md`
"""

import os
import sys
from pathlib import Path
from urllib.parse import quote

from repository_api import RepositoryApi

_LONGEST = 65_000


def main() -> None:
    """Write the address of the pull request."""
    body = Path(sys.argv[1]).read_text("utf-8")[:_LONGEST]
    branch, base = os.environ["BRANCH"], os.environ["BASE_BRANCH"]
    owner, api = os.environ["GITHUB_REPOSITORY"].partition("/")[0], RepositoryApi()
    head = quote(f"{owner}:{branch}")
    opened = list(api.rows(f"pulls?state=open&base={quote(base)}&head={head}"))
    if opened:
        made = api.send("PATCH", f"pulls/{opened[0]['number']}", {"body": body})
    else:
        content = {"title": f"Documents: {branch}", "head": branch, "base": base, "body": body}
        made = api.send("POST", "pulls", content)
    sys.stdout.write(f"{made['html_url']}\n")


if __name__ == "__main__":
    main()
