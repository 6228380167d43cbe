"""Make `.venv` hold what requirements.lock pins, and mend it where it no longer does.

Nothing that works is given up before what replaces it is there. All troubles end in one sentence.
"""

# Only the standard library, and what needs no more, may be imported here: this file runs before
# anything is installed.
from __future__ import annotations

import atexit
import contextlib
import csv
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from pathlib import Path

from helpers.locks import take

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"
PROJECT = ROOT / "pyproject.toml"
VENV = ROOT / ".venv"
BEFORE = ROOT / ".venv.before"  # what `.venv` was, until its successor is finished
STAMP = VENV / "set-up-from"
WINDOWS = os.name == "nt"
PYTHON = VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")
SITE = VENV / (
    "Lib/site-packages" if WINDOWS else "lib/python{}.{}/site-packages".format(*sys.version_info)
)

OLDEST, TOO_NEW = (3, 10), (3, 14)  # TensorFlow has no wheels outside of this range

INTERRUPTED = "The set-up was interrupted: give the same command again, and it goes on from there."

# What a step's last words mean, the first that fits, and what to do about it.
AGAIN = "then give the same command again."
TROUBLES = {
    r"certificate": "The network answers with a certificate that this machine does not know, as "
    "where a school or a firm looks into what is sent. Ask there for their certificate, a .pem "
    "file, and name it: SSL_CERT_FILE=/path/to/it.pem make lab",
    r"no space left|os error 28|quota": "The disk is full: the set-up takes 3.5 GB, and as much "
    f"again for uv's cache. Make room, {AGAIN}",
    r"permission denied|read-only file system|os error (13|30)": "The set-up may not write to a "
    "folder named above: copy the kit to where you may write, then give the same command there.",
    r"resolution|dns error|resolving|unreachable|refused|timed out|sending request|versions: none"
    "": "The network does not answer: the set-up needs one, once. Connect this machine (behind a "
    f"proxy, set HTTPS_PROXY), {AGAIN}",
    "": "The set-up stopped at the lines above: see that this machine has a network and 3.5 GB "
    f"of disk free, {AGAIN}",
}


def complaint_about(version: tuple[int, int]) -> str | None:
    """Why a Python of this version cannot run the kit, or None if it can."""
    if OLDEST <= version < TOO_NEW:
        return None
    return (
        f"This is Python {version[0]}.{version[1]}, but TensorFlow needs 3.10 to 3.13: install one "
        "of them and name it, as in python3.12 -m helpers lab, or make lab PYTHON=python3.12"
    )


# --- is there anything to do? ---------------------------------------------------------------------


def set_up(thoroughly: bool = False) -> None:
    """Make `.venv` hold what requirements.lock pins; return at once where it already does.

    Thoroughly, each file of each package is looked at too. Where it fails, SystemExit says why.
    """
    if is_finished() and not thoroughly:
        return
    try:
        with alone():
            if thoroughly or not is_finished():  # another set-up may have done it meanwhile
                make()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except (OSError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        sys.exit(diagnosis(f"{error} {getattr(error, 'stdout', '')}"))


def is_finished() -> bool:
    """Whether `.venv` was set up from what is here now, and no package has gone since."""
    stamp = stamped()
    return stamp[:3] == wanted_stamp() and PYTHON.exists() and set(stamp[3:]) <= installed()


def stamped() -> list[str]:
    """What the last set-up wrote down at its end: `wanted_stamp`, then each package."""
    if not STAMP.is_file():
        return []
    return STAMP.read_text(encoding="utf-8", errors="surrogateescape").splitlines()


def write_stamp(*lines: str) -> None:
    text = "\n".join(lines) + "\n"
    STAMP.write_text(text, encoding="utf-8", errors="surrogateescape")  # a folder may have any name


def wanted_stamp() -> list[str]:
    """What a finished `.venv` depends on: this Python, this folder, the lock, the project file."""
    digest = hashlib.sha256(LOCK.read_bytes() + PROJECT.read_bytes()).hexdigest()
    return [f"Python {sys.version_info[0]}.{sys.version_info[1]}", str(ROOT), digest]


def installed() -> set[str]:
    """Each package in `.venv` with its version, as in "numpy-2.4.6.dist-info"."""
    return {path.name for path in SITE.glob("*.dist-info")}


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Wait until no other set-up is at work in this folder, and keep others waiting."""
    path = ROOT / "build" / "set-up.lock"
    path.parent.mkdir(exist_ok=True)
    with open(path, "w") as file:
        if not take(file.fileno()):
            print("Another set-up is at work here: waiting for its end.", flush=True)
            while not take(file.fileno()):
                time.sleep(0.5)
        yield


# --- the whole of it ------------------------------------------------------------------------------


def make() -> None:
    """Make `.venv`, or bring it up to date where it stands and its Python runs."""
    bring_back()
    refuse_what_is_not_ours()
    if runs_this_python():
        print("Bringing .venv up to date.", flush=True)
        follow_the_folder()
        install()
    else:
        print("Setting up .venv: once, a minute or two.", flush=True)
        with replacing():
            make_venv()
            install()
    turn_off_news()
    write_stamp(*wanted_stamp(), *sorted(installed()))  # last: it vouches for all the rest


def refuse_what_is_not_ours() -> None:
    """Exit where something stands at `.venv` that is no folder, or another's."""
    if VENV.is_symlink() and not VENV.exists():
        what = "a link that leads nowhere"
    elif VENV.exists() and not VENV.is_dir():
        what = "a file"
    elif VENV.is_symlink() and (stamped()[1:2] != [str(ROOT)] or not runs_this_python()):
        what = f"a link to {VENV.resolve()}, which was not set up from here with this Python"
    else:
        return
    sys.exit(f"{VENV} is {what}: move it away, {AGAIN}")


def runs_this_python() -> bool:
    """Whether the Python in `.venv` runs, and has the version of the one that runs here."""
    question = f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    with contextlib.suppress(OSError):
        return attempt("-I", "-c", question)[0] == 0 and (VENV / "pyvenv.cfg").is_file()
    return False


def make_venv() -> None:
    """An empty `.venv` with pip."""
    if importlib.util.find_spec("ensurepip") is None:
        sys.exit(
            "This Python came without its venv part: install it (on Debian or Ubuntu: "
            "sudo apt install python3-venv) and try again."
        )
    venv.create(VENV, with_pip=True, symlinks=not WINDOWS)


@contextlib.contextmanager
def replacing() -> Iterator[None]:
    """Move aside what stands at `.venv`; it comes back where its successor is not finished."""
    if VENV.exists():
        VENV.rename(BEFORE)
    try:
        yield
    except BaseException:
        bring_back()
        raise
    if BEFORE.exists():
        shutil.rmtree(BEFORE)


def bring_back() -> None:
    """Undo a replacement that is not finished, be it that it was killed half-way."""
    if BEFORE.is_dir():
        shutil.rmtree(VENV, ignore_errors=True)
        BEFORE.rename(VENV)


def follow_the_folder() -> None:
    """Let scripts in `.venv` name the folder that the kit is in now, should it have been moved."""
    root = stamped()[1:2]
    write_stamp("unfinished", str(ROOT))
    if root in ([], [str(ROOT)]):
        return
    before, now = (os.fsencode(each) for each in (root[0] + os.sep, str(ROOT) + os.sep))
    for script in PYTHON.parent.iterdir():
        if script.is_file() and not script.is_symlink():
            text = script.read_bytes()
            if before in text and b"\0" not in text:
                script.write_bytes(text.replace(before, now))


def turn_off_news() -> None:
    """Have JupyterLab ask nobody, in the middle of a class, whether to fetch its news."""
    settings = VENV / "share/jupyter/lab/settings/overrides.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    off = {"fetchNews": "false", "checkForUpdates": False}
    settings.write_text(json.dumps({"@jupyterlab/apputils-extension:notification": off}), "utf-8")


# --- the packages ---------------------------------------------------------------------------------


def install() -> None:
    """Put uv into `.venv`, then everything that is pinned, then the project itself.

    What is there already, or in uv's cache, needs no network.
    """
    get_uv()
    uv, here = ["-m", "uv", "--color", "never"], ["--python", str(PYTHON)]
    sync = [*uv, "pip", "sync", *here, "--require-hashes", "--compile-bytecode", LOCK.name]
    if attempt(*sync, "--offline", aloud=True)[0]:
        print("  Fetching the packages: up to 900 MB, and 3.5 GB on the disk", flush=True)
        step(*sync)
    if broken := damaged():
        print(f"Damaged, and fetched anew: {', '.join(broken)}.", flush=True)
        step(*uv, "cache", "clean", *broken)  # its files may be the very same, by hard links
        step(*sync, *(f"--reinstall-package={name}" for name in broken))
    project = ["--no-deps", "--no-build-isolation", "--reinstall", "--editable", "."]
    step(*uv, "--quiet", "pip", "install", *here, *project)


def get_uv() -> None:
    """Have pip, which comes with Python, fetch the uv that is pinned, unless it is here."""
    pin = stanza("uv", LOCK.read_text(encoding="utf-8"))
    if f"uv=={attempt('-m', 'uv', '--version')[1][3:].split(' ')[0].strip()} " in pin:
        return
    if attempt("-m", "pip", "--version")[0]:
        step("-m", "ensurepip", "--default-pip")
    uv_alone = VENV / "uv.txt"
    uv_alone.write_text(pin, encoding="utf-8")
    print("  Fetching uv, which fetches the rest", flush=True)
    step("-m", "pip", "-qq", "install", "--require-hashes", "--no-deps", "-r", str(uv_alone))


def damaged() -> list[str]:
    """The packages of which a file is gone, or of another size than when it was installed."""
    return sorted(info.split("-")[0] for info in installed() if not is_whole(SITE / info))


def is_whole(package: Path) -> bool:
    """Whether the files that a package lists are there. Scripts are not looked at: they may change
    when the folder moves.
    """
    try:
        rows = list(csv.reader((package / "RECORD").read_text(encoding="utf-8").splitlines()))
        sizes = {SITE / name: int(size) for name, _, size in rows if size and name[:2] != ".."}
        return bool(rows) and all(path.stat().st_size == size for path, size in sizes.items())
    except (OSError, ValueError):
        return False


def stanza(package: str, lock: str) -> str:
    """The lines of `lock` that pin `package`: its version and its hashes."""
    found = re.search(rf"^{re.escape(package)}==.*(?:\n +--hash=.*)*\n", lock, re.MULTILINE)
    if found is None:
        raise ValueError(f"requirements.lock pins no {package}: make it anew with uv pip compile.")
    return found[0]


# --- one step -------------------------------------------------------------------------------------


def step(*arguments: str) -> None:
    """Give `arguments` to .venv's Python, and show what it says of its progress; SystemExit, with
    what to do, where it fails.
    """
    status, said = attempt(*arguments, aloud=True)
    if status:
        print(said, file=sys.stderr)
        sys.exit(diagnosis(said))


def attempt(*arguments: str, aloud: bool = False) -> tuple[int, str]:
    """The exit status of .venv's Python, and its words."""
    said = []
    with subprocess.Popen(
        [str(PYTHON), *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as process:
        try:
            for line in process.stdout or ():
                said.append(line)
                if aloud and re.match(r" *(Downloading|Downloaded|Installed|Bytecode)", line):
                    print(f"  {line.strip()}", flush=True)
        except KeyboardInterrupt:
            process.terminate()
            raise
    return process.returncode, "".join(said)


def settle() -> None:
    """Have whatever the kit starts find a home that can be written to, and what pip should trust.

    Without such a home tools would complain, some of them among a lesson's outputs.
    """
    if "SSL_CERT_FILE" in os.environ:
        os.environ.setdefault("PIP_CERT", os.environ["SSL_CERT_FILE"])
    if not os.access(os.path.expanduser("~"), os.W_OK):
        os.environ["HOME"] = tempfile.mkdtemp(prefix="learned-ciphers-")
        atexit.register(shutil.rmtree, os.environ["HOME"], ignore_errors=True)


def diagnosis(words: str) -> str:
    """What went wrong, by the words of a step that failed, and what to do."""
    return next(advice for sign, advice in TROUBLES.items() if re.search(sign, words, re.I))
