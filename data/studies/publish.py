"""One way to publish a result: it is refused before the work or written whole, and says how it
came about. Every study in this folder ends here.
"""

from __future__ import annotations

import os
import platform
import re
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType

from helpers import manifest
from helpers.files import check_writable, read_json, write_json
from helpers.locks import take
from helpers.neural.cipher import check_name

# --- what a command is given ----------------------------------------------------------------------

MOST_SEED = 1_000_000  # so that what is counted up from it still fits into 32 bits


def seed(text: str) -> int:
    """A seed from the command line, for argparse."""
    if not re.fullmatch("[0-9]{1,7}", text) or int(text) > MOST_SEED:
        raise ArgumentTypeError(
            f"a seed is a whole number from 0 to {MOST_SEED:,}, and {text!r} is none: choose one"
        )
    return int(text)


def name(text: str) -> str:
    """The name of a pair from the command line, which is that of its file too, for argparse."""
    if not re.fullmatch("[A-Za-z0-9_-]{1,60}", text):
        raise ArgumentTypeError(
            f"a name is up to 60 letters, digits, _ and -, and {text!r} is none: choose another"
        )
    return text


def check_pair_file(path: Path) -> None:
    """ValueError unless a file of this name can be made and found again: NAME.npz."""
    check_name(path.stem)
    if path.suffix != ".npz":
        raise ValueError(
            f"The file of a pair is called NAME.npz, and not {path.name!r}: rename it."
        )


Measure = Callable[[str], dict[str, object]]


def measure_by_name(
    words: Sequence[str] | None,
    command: str,
    about: str | None,
    path: Path,
    measures: Mapping[str, Measure],
    beside: Mapping[str, object] = MappingProxyType({}),
) -> None:
    """The command line of a study that measures the ciphers whose names are given, or all.

    What is known of the others is kept; `beside` stands next to all of them in the file.
    """
    parser = ArgumentParser(prog=command, description=about)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(measures)}: all")
    names = parser.parse_args(words).names or list(measures)
    if unknown := set(names) - set(measures):
        parser.error(f"there are {', '.join(measures)}, and {sorted(unknown)[0]!r} is none of them")
    with result_at(path, command):
        found = {name: measures[name](name) for name in names}
        known = read_json(path)["ciphers"] if path.exists() else {}
        write_json(path, {"ciphers": {**known, **found}, **beside})


def ship_or_study(
    words: Sequence[str] | None,
    command: str,
    about: str | None,
    shipped_seed: int,
    ship: Callable[[int, Path], None],
    study: Callable[[Path], None],
    files: tuple[str, str],
) -> None:
    """The command line of a pair that is trained from a seed, or from several with --study.

    files: the names of its weights and of its study, without folder and ending.
    """
    parser = ArgumentParser(prog=command, description=about)
    parser.add_argument("--seed", type=seed, default=shipped_seed)
    parser.add_argument("--study", action="store_true", help="several seeds, whatever --seed is")
    parser.add_argument("--output", type=Path, help="a file; default: the shipped one in data/")
    options, (weights, results) = parser.parse_args(words), files
    if options.study:
        study(options.output or manifest.DATA / "results" / f"{results}.json")
    else:
        ship(options.seed, options.output or manifest.DATA / "weights" / f"{weights}.npz")


# --- what it leaves -------------------------------------------------------------------------------


@contextmanager
def result_at(path: Path, made: str) -> Iterator[None]:
    """A long work that writes `path` in the end: the manifest is then told how it was `made`.

    SystemExit, with a sentence, where it could not be written, was stopped, or is refused.
    """
    try:
        check_writable_result(path)
        yield
        enter(path, made)
    except KeyboardInterrupt:
        raise SystemExit("Stopped: nothing was written.") from None
    except (OSError, ValueError) as error:
        raise SystemExit(str(error)) from None


def check_writable_result(path: Path) -> None:
    """Raise, before a long work begins, what `enter` and the writing before it would at its end."""
    check_writable(path)
    if name_in_data(path):
        check_writable(manifest.MANIFEST)
        entries_so_far()


def enter(path: Path, made: str) -> None:
    """`record` a file that lies below data/; what lies elsewhere is not shipped."""
    if name := name_in_data(path):
        record(name, made)


def name_in_data(path: Path) -> str | None:
    """ "weights/paper.npz", say; None for a file that is not below data/."""
    path, data = path.resolve(), manifest.DATA.resolve()
    return path.relative_to(data).as_posix() if data in path.parents else None


def record(name: str, made: str) -> None:
    """Enter a file under data/, with the words that say how it was made, into the manifest."""
    with one_at_a_time(manifest.MANIFEST):
        known = entries_so_far()
        known[name] = {"sha256": manifest.sha256(manifest.DATA / name), "made": made}
        write_json(manifest.MANIFEST, dict(sorted(known.items())))


def entries_so_far() -> dict[str, dict[str, str]]:
    """`entries`, of a manifest that may be yet to be made."""
    return manifest.entries() if manifest.MANIFEST.exists() else {}


# --- one study at a time --------------------------------------------------------------------------


@contextmanager
def one_at_a_time(path: str | os.PathLike, wait: bool = True) -> Iterator[None]:
    """Read, change and write a file, while others that ask for the same wait for their turn.

    Whoever dies lets go: the lock is the system's, and the empty file beside `path` only its place.
    Where the work is long, do not `wait`: an OSError says that somebody is at it.
    """
    target = Path(os.path.realpath(path))
    lock = target.with_name(f".{target.name}.lock")
    check_writable(lock)
    with open(lock, "ab") as place:
        while not take(place.fileno()):
            if not wait:
                raise OSError(
                    f"Another run is at work on {path}: let it finish, or stop it, before the next."
                )
            time.sleep(0.02)
        yield


# --- how something was made -----------------------------------------------------------------------


def provenance(
    command: str, seed: int | None, seconds: float, device: str | None = None
) -> dict[str, object]:
    """How something was made: command, seed (None: it is in the results), date, versions, device,
    seconds.
    """
    return {
        "command": command,
        **({} if seed is None else {"seed": seed}),
        "date": time.strftime("%Y-%m-%d"),
        "python": platform.python_version(),
        **versions(),
        "device": device or device_in_use(),
        "training_seconds": round(seconds),
    }


def versions() -> dict[str, str]:
    """The versions of NumPy, and of Keras and its backend where Keras is in use."""
    return {name: installed(name) for name in ("numpy", *keras_and_backend())}


def installed(name: str) -> str:
    """The version of a package; of one that came by another way than an installation, "unknown"."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"


def keras_and_backend() -> tuple[str, ...]:
    """("keras", "tensorflow"), say, and nothing before Keras was imported."""
    keras = sys.modules.get("keras")
    return ("keras", keras.backend.backend()) if keras else ()


def device_in_use() -> str:
    """The names of the GPUs that Keras' backend computes on; where there are none, the CPU."""
    backend, names = keras_and_backend()[1:], []
    if backend == ("tensorflow",):
        config = sys.modules["tensorflow"].config
        gpus = map(config.experimental.get_device_details, config.list_physical_devices("GPU"))
        names = [str(gpu.get("device_name")) for gpu in gpus]
    elif backend == ("jax",):
        devices = sys.modules["jax"].devices()
        names = [device.device_kind for device in devices if device.platform != "cpu"]
    return ", ".join(names) or f"CPU, {platform.machine()}, {os.cpu_count()} cores"
