"""`python3 -m helpers COMMAND`: set the kit up, then work with it. Needs nothing but Python itself.

The first call makes `.venv` out of requirements.lock; later calls start at once.
"""

# Only the standard library may be imported here: this file runs before anything is installed.
from __future__ import annotations

import argparse
import os
import subprocess
import sys

from helpers.set_up import PYTHON, ROOT, VENV, complaint_about, set_up, settle

PEERS_LOCK = ROOT / "requirements-bench.lock"
PEERS = VENV / "peers"  # no part of what .venv can import, which stays what learners have

# Said before TensorFlow loads: no log lines among a lesson's outputs, and no other Keras backend.
# And no matplotlibrc of the user's, whose figures would not be those that were tested.
ENVIRONMENT = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "KERAS_BACKEND": "tensorflow",
    "MATPLOTLIBRC": os.devnull,
}

KITS_OWN = ["conftest.py", "data", "helpers", "tests"]  # a lesson's style is a test of its own


# The commands: each takes the arguments that followed its name, and returns an exit status.


def lab(arguments: list[str]) -> int:
    """Lesson 0, a copy of it to work in where one can be written."""
    folder = "my_lessons"
    if run("-m", "helpers.copies"):
        folder = "notebooks"
        print(
            "So JupyterLab opens the lessons themselves: keep your answers elsewhere.", flush=True
        )
    config = "--config=helpers/jupyter_server_config.py"
    first = f"--LabApp.default_url=/lab/tree/{folder}/00_start_here.ipynb"
    as_root = ["--allow-root"] if is_root() else []  # who is root in a container has no other user
    return run("-m", "jupyterlab", config, first, *as_root, *arguments)


def is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def restore(arguments: list[str]) -> int:
    return run("-m", "helpers.copies", "restore", *arguments)


def test(arguments: list[str]) -> int:
    """Style and types, then tests. What a learner adds or answers is left out: see conftest.py."""
    # One more at a time than there are cores, since some wait for a page; but few enough that
    # TensorFlow, loaded in each, fits into memory.
    side_by_side = ["-n", str(min((os.cpu_count() or 1) + 1, 4)), "--dist", "loadscope"]
    side_by_side += ["--no-loadscope-reorder"]  # conftest.py puts what takes long first
    statuses = [
        run("-m", "ruff", "check", *KITS_OWN),
        run("-m", "ruff", "format", "--check", *KITS_OWN),
        run("-m", "mypy"),
        run("-m", "pytest", *side_by_side, *arguments),
    ]
    return next((status for status in statuses if status), 0)


def check(arguments: list[str]) -> int:
    """The same without what takes long, and the five that then took longest."""
    return test(["-m", "not slow", "--durations=5", "-n", "logical", *arguments])


def fuzz(arguments: list[str]) -> int:
    """The property tests, with a number of cases that takes its time."""
    os.environ.setdefault("FUZZ_CASES", "2500")
    tests = sorted(str(path) for path in ROOT.glob("tests/test_fuzz_*.py"))
    return run("-m", "pytest", "-n", "logical", "--maxprocesses", "4", *tests, *arguments)


def lessons(arguments: list[str]) -> int:
    return run("-m", "helpers.lessons", "export", *arguments)


def teach(arguments: list[str]) -> int:
    return run("-m", "helpers.teach", *arguments)


def refresh(arguments: list[str]) -> int:
    return run("-m", "helpers.lessons", "refresh", *arguments)


def bench(arguments: list[str]) -> int:
    """Beside what is in PEERS, unless there is no network to fetch it."""
    where = ["--python", str(PYTHON), "--target", str(PEERS)]
    if run("-m", "uv", "--quiet", "pip", "sync", *where, "--require-hashes", PEERS_LOCK.name):
        print("The rows against libraries that are not here will be left out.", flush=True)
    return run("tests/benchmarks/run.py", *arguments)


def doctor(arguments: list[str]) -> int:
    """What is left to say once `main` has mended `.venv`."""
    return run("-m", "helpers.environment", *arguments)


def lock(arguments: list[str]) -> int:
    return run("-m", "data.studies.pin_versions", *arguments)


# Each with the words for it: `python -OO` keeps no docstrings.
COMMANDS = {
    "lab": (lab, "open JupyterLab on the first lesson, on this machine alone"),
    "restore": (restore, "put lessons back as they were: make restore ARGS=03"),
    "lessons": (
        lessons,
        "run the lessons and write them as pages for a browser (build/lessons)",
    ),
    "teach": (teach, "write the course plan, notes, slides and solutions (build/teach)"),
    "test": (test, "look at the code's style and types, then run every test and every lesson"),
    "check": (check, "the same, with only the tests that are quick: two to three minutes"),
    "doctor": (doctor, "find out what is wrong with the set-up, and mend what can be mended"),
    "refresh": (refresh, "run the lessons and keep their new outputs in the notebooks"),
    "fuzz": (fuzz, "thousands of damaged files for all that reads files"),
    "bench": (bench, "measure speed and memory beside other libraries, fetched the first time"),
    "lock": (lock, "make both locks anew from pyproject.toml (needs a network)"),
}


def run(*arguments: str) -> int:
    """Give `arguments` to .venv's Python, in the project's folder; its exit status."""
    command = [str(PYTHON), *arguments]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **ENVIRONMENT})
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            pass  # Ctrl-C reached the child too, and the answer is its own: JupyterLab asks back


# The command line


def parser() -> argparse.ArgumentParser:
    """What the command line takes: a command; all that follows is for it."""
    listing = "\n".join(f"  {name:9}{words}" for name, (_, words) in COMMANDS.items())
    made = argparse.ArgumentParser(
        prog="python3 -m helpers",
        usage="%(prog)s COMMAND [more arguments for it]",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=f"Set the kit up, then work with it. The commands:\n\n{listing}",
        epilog="make gives a command what stands in ARGS, as in: make lab ARGS=--no-browser",
    )
    made.add_argument("command", choices=COMMANDS, help=argparse.SUPPRESS)
    return made


def main(arguments: list[str]) -> int:
    """Run one command of the command line; its exit status."""
    name = parser().parse_args(arguments[:1]).command
    if complaint := complaint_about(sys.version_info[:2]):
        sys.exit(complaint)
    settle()
    # Where nothing can be written, as for readers of a shared folder, the doctor only looks.
    set_up(thoroughly=name == "doctor" and os.access(ROOT, os.W_OK))
    command, _ = COMMANDS[name]
    return command(arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
