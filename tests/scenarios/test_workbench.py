"""`winnow app` over a really built project, in a real Chromium."""

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.app.workbench.chromium import chromium
from tests.support.project import Project, copy_project, environment

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.thorough]
QUESTION = "How long is the warranty of the Fjell pump?"


@pytest.fixture
def url(tried_project: Project, tmp_path: Path) -> Iterator[str]:
    """Serve a project with two Versions that differ in chunk size."""
    project = copy_project(tried_project, tmp_path / "project")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    with subprocess.Popen(
        ["winnow", "app", "--no-browser", "--port", port],
        cwd=project.root,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        assert port in said
        yield f"http://127.0.0.1:{port}/"
        process.terminate()


def test_two_built_versions_answer_side_by_side(url: str) -> None:
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        requested: list[str] = []
        page.on("request", lambda request: requested.append(request.url))
        page.goto(url)
        expect(page.locator("input[data-version]:checked")).to_have_count(2)
        _ask(page, QUESTION)
        columns = page.locator("article[data-slot]")
        expect(columns).to_have_count(2)
        for column in columns.all():
            expect(column).to_contain_text("five years")
            expect(column).to_contain_text("warranty.md")
            expect(column).to_contain_text("ms")
        assert all(each.startswith((url, "data:", "blob:")) for each in requested)


def _ask(page: Page, question: str) -> None:
    page.get_by_label("Question").fill(question)
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator(".w-results[aria-busy=false] h2")).to_have_text(question, timeout=30_000)
