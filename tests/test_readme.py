"""The README keeps its word: its example prints what it says, its links lead somewhere."""

import contextlib
import io
import re
from pathlib import Path

import pytest
from test_layers import ORDER, PACKAGE

import minigraph as mg

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "examples").glob("*.md")]
)


def block_after(mark: str) -> str:
    """Return the fenced block that follows a mark in the README."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(rf"<!-- {mark} -->\n```\w+\n(.*?)```", text, re.DOTALL)
    assert found, mark
    return found[1]


def test_example_prints_what_the_readme_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        try:
            exec(compile(block_after("example"), "README.md", "exec"), {})
        except mg.BlockedGradientError as error:
            print(f"BlockedGradientError: {error}")
    assert re.split(r"\s+", out.getvalue().strip()) == re.split(
        r"\s+", block_after("output").strip()
    )
    assert (tmp_path / "question.svg").read_text(encoding="utf-8").count("<svg") == 1


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_of_a_page_lead_to_files(page):
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_reading_order_is_that_of_the_imports_and_its_files_exist():
    table = (ROOT / "docs" / "README.md").read_text(encoding="utf-8").split("|---|---|---|\n")[1]
    rows = [row.split("|")[1:3] for row in table.split("\n\n")[0].splitlines()]
    chapters = [[name.strip("/") for name in re.findall(r"`(.*?)`", row)] for row, _ in rows]
    assert [x.removesuffix(".py") for row in chapters for x in row] == ORDER[:-1]
    for row, (_, first) in zip(chapters, rows, strict=True):
        for name in re.findall(r"`(.*?)`", first):
            assert (PACKAGE / (name if name in row else f"{row[0]}/{name}.py")).exists(), name
