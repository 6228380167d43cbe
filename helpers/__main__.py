"""`python3 -m helpers COMMAND`: set the kit up, then work with it. Needs nothing but Python itself.

The first call makes `.venv` out of requirements.lock; later calls start at once.
"""

# Only the standard library may be imported here: this file runs before anything is installed.
from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"
PEERS_LOCK = ROOT / "requirements-bench.lock"
PROJECT = ROOT / "pyproject.toml"
VENV = ROOT / ".venv"
STAMP = VENV / "set-up-from"
PEERS = VENV / "peers"  # no part of what .venv can import, which stays what learners have
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

OLDEST, TOO_NEW = (3, 10), (3, 14)  # TensorFlow has no wheels outside of this range

# Said before TensorFlow loads: no log lines among a lesson's outputs, and no other Keras backend.
ENVIRONMENT = {"TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow"}


# The commands: each takes the arguments that followed its name, and returns an exit status.


def lab(arguments: list[str]) -> int:
    """open JupyterLab on the first lesson, on this machine alone"""
    first = "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb"
    return run("-m", "jupyterlab", "--ServerApp.ip=127.0.0.1", first, *arguments)


def test(arguments: list[str]) -> int:
    """check the code's style, then run every test and every lesson"""
    # Two or more at a time, but few enough that TensorFlow, loaded in each, fits into memory.
    side_by_side = ["-n", "logical", "--maxprocesses", "4", "--dist", "loadscope"]
    side_by_side += ["--no-loadscope-reorder"]  # tests/conftest.py puts what takes long first
    statuses = [
        run("-m", "ruff", "check"),
        run("-m", "ruff", "format", "--check"),
        run("-m", "pytest", *side_by_side, *arguments),
    ]
    return next((status for status in statuses if status), 0)


def lessons(arguments: list[str]) -> int:
    """run the lessons and write them as pages for a browser into build/lessons"""
    return run("-m", "helpers.lessons", "export", *arguments)


def refresh(arguments: list[str]) -> int:
    """run the lessons and keep their new outputs in the notebooks"""
    return run("-m", "helpers.lessons", "refresh", *arguments)


def bench(arguments: list[str]) -> int:
    """measure speed and memory beside other libraries, fetched the first time"""
    where = ["--python", str(PYTHON), "--target", str(PEERS)]
    if run("-m", "uv", "--quiet", "pip", "sync", *where, "--require-hashes", PEERS_LOCK.name):
        print("The rows against libraries that are not here will be left out.", flush=True)
    return run("tests/benchmarks/run.py", *arguments)


def lock(arguments: list[str]) -> int:
    """make both locks anew from pyproject.toml (needs a network)"""
    if status := compile_lock(LOCK, PROJECT.name, "--all-extras", *arguments):
        return status
    kit = pinned(LOCK.read_text(encoding="utf-8"))
    beside = ["-c", LOCK.name, *(f"--no-emit-package={name}" for name in kit)]
    return compile_lock(PEERS_LOCK, "--group", "peers", *beside, *arguments)


def compile_lock(lock: Path, *what: str) -> int:
    """Pin `what` for every machine, with hashes and without the address of a registry."""
    every_machine = ["--universal", "--python-version", "3.10"]
    form = ["--generate-hashes", "--no-annotate", "--no-header", "--quiet", "-o", lock.name]
    return run("-m", "uv", "pip", "compile", *what, *every_machine, *form)


COMMANDS = {command.__name__: command for command in (lab, test, lessons, refresh, bench, lock)}


def run(*arguments: str) -> int:
    """Give `arguments` to .venv's Python, in the project's folder; its exit status."""
    command = [str(PYTHON), *arguments]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **ENVIRONMENT})
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            pass  # Ctrl-C reached the child too, and the answer is its own: JupyterLab asks back


# The set-up


def set_up() -> None:
    """Make `.venv` hold what requirements.lock pins; return at once where it already does."""
    if STAMP.exists() and STAMP.read_text(encoding="utf-8") == wanted_stamp() and PYTHON.exists():
        return
    print("Setting up .venv: once, a minute or two, with a network.", flush=True)
    STAMP.unlink(missing_ok=True)
    if Path(sys.prefix).resolve() != VENV:  # nobody can replace the Python they run
        make_venv()
    install()
    calm_jupyterlab()
    STAMP.write_text(wanted_stamp(), encoding="utf-8")  # last, so that it vouches for all the rest


def wanted_stamp() -> str:
    """What a finished `.venv` depends on: this Python, this folder, the lock, the project file."""
    digest = hashlib.sha256(LOCK.read_bytes() + PROJECT.read_bytes()).hexdigest()
    return f"Python {sys.version_info[0]}.{sys.version_info[1]}\n{ROOT}\n{digest}\n"


def make_venv() -> None:
    """An empty `.venv` with pip, in the place of whatever stood there."""
    if importlib.util.find_spec("ensurepip") is None:
        sys.exit(
            "This Python came without its venv part: install it (on Debian or Ubuntu: "
            "sudo apt install python3-venv) and try again."
        )
    venv.create(VENV, clear=True, with_pip=True, symlinks=os.name != "nt")


def install() -> None:
    """Put uv into `.venv`, then everything that is pinned, then the project itself."""
    uv_alone = VENV / "uv.txt"
    uv_alone.write_text(stanza("uv", LOCK.read_text(encoding="utf-8")), encoding="utf-8")
    uv, here = ["-m", "uv", "--quiet", "pip"], ["--python", str(PYTHON)]
    steps = [
        ["-m", "pip", "--quiet", "install", "--require-hashes", "--no-deps", "-r", str(uv_alone)],
        [*uv, "sync", *here, "--require-hashes", "--compile-bytecode", LOCK.name],
        [*uv, "install", *here, "--no-deps", "--no-build-isolation", "--editable", "."],
    ]
    if any(run(*step) for step in steps):
        sys.exit(
            "The set-up stopped at the lines above: see that this machine has a network and "
            "some 3 GB of disk free, then give the same command again."
        )


def calm_jupyterlab() -> None:
    """Have JupyterLab ask nobody, in the middle of a class, whether to fetch its news."""
    settings = VENV / "share/jupyter/lab/settings/overrides.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    quiet = {"fetchNews": "false", "checkForUpdates": False}
    text = json.dumps({"@jupyterlab/apputils-extension:notification": quiet})
    settings.write_text(text, encoding="utf-8")


def stanza(package: str, lock: str) -> str:
    """The lines of `lock` that pin `package`: its version and its hashes."""
    found = re.search(rf"^{re.escape(package)}==.*(?:\n +--hash=.*)*\n", lock, re.MULTILINE)
    if found is None:
        raise ValueError(f"requirements.lock pins no {package}: make it anew with uv pip compile.")
    return found[0]


def pinned(lock: str) -> list[str]:
    """The packages that `lock` pins, each once."""
    return list(dict.fromkeys(re.findall(r"^([\w.-]+)==", lock, re.MULTILINE)))


# The command line


def complaint_about(version: tuple[int, int]) -> str | None:
    """Why a Python of this version cannot run the kit, or None if it can."""
    if OLDEST <= version < TOO_NEW:
        return None
    return (
        f"This is Python {version[0]}.{version[1]}, but TensorFlow needs 3.10 to 3.13: install one "
        "of them and name it, as in python3.12 -m helpers lab, or make lab PYTHON=python3.12"
    )


def main(arguments: list[str]) -> int:
    """Run one command of the command line; its exit status."""
    listing = "\n".join(f"  {name:9}{command.__doc__}" for name, command in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="python3 -m helpers",
        usage="%(prog)s COMMAND [more arguments for it]",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=f"{__doc__.splitlines()[0]}\n\n{listing}",
    )
    parser.add_argument("command", choices=COMMANDS, help=argparse.SUPPRESS)
    command = parser.parse_args(arguments[:1]).command
    if complaint := complaint_about(sys.version_info[:2]):
        sys.exit(complaint)
    set_up()
    return COMMANDS[command](arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
