"""What all tests share, lessons among them: nothing here depends on who runs it, where, and how.

They judge the kit. What learners add to notebooks/, and what they answer, is none of it.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from pathlib import Path

from hypothesis import settings
from nbval.plugin import IPyNbCell

from helpers import lessons
from helpers.__main__ import ENVIRONMENT

os.environ.update(ENVIRONMENT)

# No deadline: a slow machine is no defect. Derandomized: who runs a test again sees it again.
settings.register_profile("kit", deadline=None, derandomize=True)
settings.load_profile("kit")


def pytest_configure(config):
    """Give the kernels that the tests start a profile whose start-up file shuts the network off."""
    profiles = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    config.add_cleanup(profiles.cleanup)
    startup = Path(profiles.name) / "profile_default" / "startup"
    startup.mkdir(parents=True)
    shutil.copy(Path(__file__).with_name("tests") / "offline.py", startup)
    os.environ["IPYTHONDIR"] = profiles.name


def pytest_sessionstart():
    """Hear Ctrl-C, which some tests send, though the shell may have had it ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_ignore_collect(collection_path):
    """In notebooks/ only the kit's own lessons are tested."""
    if collection_path.parent == lessons.LESSONS and collection_path.stem not in lessons.NAMES:
        return True


def pytest_collection_modifyitems(items):
    """Ask each exercise anew; begin with what takes longest, so that none waits at the end."""
    for item in items:
        if isinstance(item, IPyNbCell) and lessons.is_exercise(item.cell):
            lessons.put_dots_back(item.cell)
        if is_lesson(item) or in_browser(item):
            item.add_marker("slow")
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda i: (not in_browser(i), not is_lesson(i), i.path not in slow))


def in_browser(item):
    return "browser" in item.path.parts


def is_lesson(item):
    return item.path.suffix == ".ipynb"
