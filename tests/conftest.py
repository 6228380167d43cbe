"""What all tests share: a quiet TensorFlow, examples that repeat, and kernels without a network."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import settings

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
    shutil.copy(Path(__file__).with_name("offline.py"), startup)
    os.environ["IPYTHONDIR"] = profiles.name


def pytest_collection_modifyitems(items):
    """Begin with what takes longest, so that no process waits for another at the end."""
    items.sort(key=lambda item: ("browser" not in item.path.parts, item.path.suffix != ".ipynb"))
