"""Makes both locks anew from pyproject.toml: `python -m data.studies.pin_versions`, or `make lock`.

Whatever follows is for `uv pip compile`, as in `make lock ARGS=--upgrade`. It needs a network.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from helpers.__main__ import PEERS_LOCK
from helpers.set_up import LOCK, PROJECT, ROOT


def pin_versions(more: list[str]) -> int:
    """Learners' packages, and beside them those of the benchmark alone; uv's exit status."""
    if status := compile_lock(LOCK, PROJECT.name, "--all-extras", *more):
        return status
    kit = pinned(LOCK.read_text(encoding="utf-8"))
    beside = ["-c", LOCK.name, *(f"--no-emit-package={name}" for name in kit)]
    return compile_lock(PEERS_LOCK, "--group", "peers", *beside, *more)


def compile_lock(lock: Path, *what: str) -> int:
    """Pin `what` for every machine, with hashes and without the address of a registry."""
    every_machine = ["--universal", "--python-version", "3.10"]
    form = ["--generate-hashes", "--no-annotate", "--no-header", "--quiet", "-o", lock.name]
    compile_it = [sys.executable, "-m", "uv", "pip", "compile", *what, *every_machine, *form]
    return subprocess.run(compile_it, cwd=ROOT, check=False).returncode


def pinned(lock: str) -> list[str]:
    """The packages that `lock` pins, each once."""
    return list(dict.fromkeys(re.findall(r"^([\w.-]+)==", lock, re.MULTILINE)))


if __name__ == "__main__":
    sys.exit(pin_versions(sys.argv[1:]))
