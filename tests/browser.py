"""A page in headless Chromium: run a script in it, and read what it found."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find_browser() -> str | None:
    """Return a Chromium: $CHROME, or one on the PATH."""
    return os.environ.get("CHROME") or next(filter(None, map(shutil.which, NAMES)), None)


def run_in_page(page: str, script: str, folder, fragment: str = "") -> object:
    """Return what the body of an async function in JavaScript returns once the page is loaded.

    The page gets no network.
    """
    browser = find_browser()
    if browser is None:
        pytest.skip("no Chromium: install it, or set CHROME")
    probe = (
        "<script>addEventListener('load', async () => { let found; try { found = await (async () =>"
        f" {{ {script} }})() }} catch (error) {{ found = String(error) }}"
        "const pre = document.createElement('pre'); pre.id = 'found';"
        "pre.textContent = JSON.stringify(found); document.body.append(pre); });</script>"
    )
    file = folder / "page.html"
    head, end, tail = page.rpartition("</body>")
    file.write_text(head + probe + end + tail, encoding="utf-8")
    done = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/home",
         "--host-resolver-rules=MAP * ~NOTFOUND", "--force-prefers-reduced-motion",
         "--virtual-time-budget=20000", "--dump-dom", file.as_uri() + fragment],
        capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    dom = done.stdout.decode(errors="replace")
    found = re.search(r'<pre id="found">(.*?)</pre>', dom, re.DOTALL)
    assert found, done.stderr.decode(errors="replace")[-2000:] + dom[-2000:]
    return json.loads(html.unescape(found[1]))
