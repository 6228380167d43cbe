"""Real lessons in a real JupyterLab in a real browser.

The fixture `lab` is a page of that browser: `lab.open("04_wrong_key")`, `lab.run_all()`, and then
whatever a reader can do, through `lab.page`. JupyterLab is set up as `make lab` sets it up, and
serves working copies of its own, so a test may change and save them. Without a browser the tests
are skipped, and pytest's summary says so.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from nbformat import v4
from nbval.plugin import IPyNbCell
from playwright.sync_api import ConsoleMessage, Page, Request, expect, sync_playwright

from helpers import copies, lessons

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "known-to-this-test-alone"

BROWSERS = [
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge"),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
]
# Root in a container may not use Chromium's sandbox, and finds little shared memory there.
SWITCHES = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"]

SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},  # keep cells out of sight in the page
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}

IDLE = '.jp-Notebook-ExecutionIndicator[data-status="idle"]'
RUNNING = '.jp-InputPrompt:has-text("[*]")'
RUN = r".jp-InputPrompt:text-matches('\\[\\d+\\]')"
ERROR = '.jp-RenderedText[data-mime-type="application/vnd.jupyter.error"]'
WARNING = '.jp-RenderedText[data-mime-type="application/vnd.jupyter.stderr"]'
UNTIL_READY = """async () => {
    await jupyterapp.restored;
    await jupyterapp.shell.currentWidget.revealed;
    await jupyterapp.shell.currentWidget.sessionContext.ready;
    await jupyterapp.shell.currentWidget.sessionContext.session.kernel.info;
}"""
COUNTS = """() => [...jupyterapp.shell.currentWidget.content.model.cells]
    .filter(cell => cell.type === "code").map(cell => cell.executionCount)"""
MILLISECONDS = 1000


@dataclass
class Server:
    """A JupyterLab at `address` that serves the lessons in `folder`."""

    address: str
    folder: Path

    def ask(self, path: str, method: str = "GET") -> bytes:
        """The answer of the server's own interface. Raises OSError where it gives none."""
        url, headers = f"{self.address}/api/{path}", {"Authorization": f"token {TOKEN}"}
        request = urllib.request.Request(url, headers=headers, method=method)
        return urllib.request.urlopen(request, timeout=30).read()

    def stop_kernels(self) -> None:
        """End every kernel: a page that closes leaves its own running."""
        for kernel in json.loads(self.ask("kernels")):
            self.ask(f"kernels/{kernel['id']}", "DELETE")


@dataclass
class Lab:
    """One page of the browser, and what went wrong in it that a reader might not see."""

    page: Page
    server: Server
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self):
        self.page.on("pageerror", lambda error: self.complaints.append(f"page: {error}"))
        self.page.on("console", self.hear)
        self.page.on("request", self.watch)

    def hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"console: {message.text}")

    def watch(self, request: Request) -> None:
        """A lesson loads nothing from the web; `data:` and `blob:` are already here."""
        if not request.url.startswith((self.server.address, "data:", "blob:", "ws:")):
            self.complaints.append(f"request: {request.url}")

    def open(self, name: str) -> None:
        """Open a lesson by the name of its file, without the ending, and wait for its kernel."""
        lesson = f"{self.server.address}/lab/tree/{self.server.folder.name}/{name}.ipynb"
        self.page.goto(f"{lesson}?token={TOKEN}&reset")
        self.page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=60 * MILLISECONDS)
        self.page.evaluate(UNTIL_READY)

    def open_cells(self, *sources: str) -> None:
        """Open a new notebook of these code cells."""
        cells = [v4.new_code_cell(source.strip()) for source in sources]
        notebook = v4.new_notebook(cells=cells, metadata=lessons.METADATA)
        lessons.write(notebook, self.server.folder / "cells.ipynb")
        self.open("cells")

    def command(self, name: str) -> None:
        """Give JupyterLab the command that stands behind an entry of its menus."""
        self.page.evaluate("name => void jupyterapp.commands.execute(name)", name)

    def save(self) -> bytes:
        """Save the notebook that is open; its file as it then is."""
        self.page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
        path = self.page.evaluate("() => jupyterapp.shell.currentWidget.context.path")
        return (self.server.folder.parent / path).read_bytes()

    def unsaved(self) -> bool:
        """Whether JupyterLab would ask, before it closes the notebook, whether to save it."""
        return self.page.evaluate("() => jupyterapp.shell.currentWidget.context.model.dirty")

    def run_all(self) -> None:
        """Run every cell, and wait for the last one. What was saved is cleared away first."""
        self.command("notebook:clear-all-cell-outputs")
        expect(self.page.locator(RUN)).to_have_count(0)
        self.command("notebook:run-all-cells")
        self.page.locator(f"{RUN}, {RUNNING}").first.wait_for(state="attached")
        self.wait_idle()

    def wait_idle(self, seconds: float = 480) -> None:
        """Wait until no cell runs or waits to be run."""
        expect(self.page.locator(RUNNING)).to_have_count(0, timeout=seconds * MILLISECONDS)
        self.page.locator(IDLE).wait_for(timeout=seconds * MILLISECONDS)

    def counts(self) -> list[int | None]:
        """When each code cell was run, in their order; None where one has not been."""
        return self.page.evaluate(COUNTS)

    def errors(self) -> list[str]:
        """What cells show that raised an error or wrote a warning."""
        return self.page.locator(f"{ERROR}, {WARNING}").all_inner_texts()


@pytest.hookimpl(trylast=True)  # when it is clear which tests are to run
def pytest_collection_modifyitems(config, items):
    """A lesson that is run in the browser is compared there, cell by cell: once is enough."""
    here = [item for item in items if item.path.name == "test_lessons_in_jupyterlab.py"]
    here = [item for item in here if hasattr(item, "callspec") and path_of_browser()]
    run_here = {item.callspec.params["name"] for item in here}
    twice = [cell for cell in items if isinstance(cell, IPyNbCell) and cell.path.stem in run_here]
    config.hook.pytest_deselected(items=twice)
    items[:] = [item for item in items if item not in twice]


def path_of_browser() -> str | None:
    """Chromium, or one of its relatives, that is already on this machine."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@pytest.fixture(scope="module")
def browser():
    path = path_of_browser()
    if path is None:
        pytest.skip("no Chromium, Chrome or Edge on this machine: install one to test the controls")
    expect.set_options(timeout=30 * MILLISECONDS)  # a slow machine is no defect
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=path, args=SWITCHES)


@pytest.fixture(scope="session")
def jupyter_server(tmp_path_factory):
    """JupyterLab on copies of the lessons, with settings, data and kernels of its own."""
    home = tmp_path_factory.mktemp("jupyter")
    server = Server(f"http://127.0.0.1:{free_port()}", home / "kit" / copies.COPIES.name)
    copies.prepare(server.folder)
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            command(server),
            cwd=server.folder.parent,
            env={**os.environ, **private_folders(home)},
            stdout=log,
            stderr=log,
        )
        try:
            wait_for(server, process, home / "log")
            yield server
        finally:
            process.terminate()
            process.wait()


@pytest.fixture
def lab(browser, jupyter_server):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    yield Lab(page, jupyter_server)
    page.close()
    jupyter_server.stop_kernels()


def command(server: Server) -> list[str]:
    port = server.address.rpartition(":")[2]
    return [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        f"--config={ROOT / 'helpers' / 'jupyter_server_config.py'}",
        *(f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}"),
        "--LabApp.expose_app_in_browser=True",
    ]


def private_folders(home: Path) -> dict[str, str]:
    """Jupyter's folders, within `home`, and in them the settings of the tests."""
    for plugin, values in SETTINGS.items():
        file = home / "settings" / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values), encoding="utf-8")
    folders = {f"JUPYTER_{kind}_DIR": kind.lower() for kind in ["CONFIG", "DATA", "RUNTIME"]}
    folders |= {f"JUPYTERLAB_{kind}_DIR": kind.lower() for kind in ["SETTINGS", "WORKSPACES"]}
    return {name: str(home / folder) for name, folder in folders.items()}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(server: Server, process: subprocess.Popen, log: Path) -> None:
    """Wait until the server answers; fail with its log where it ended."""
    while process.poll() is None:
        try:
            server.ask("status")
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text(encoding='utf-8', errors='replace')}")
