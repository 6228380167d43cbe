"""Is everything here as it was tested? Lesson 0 asks first of all, and `make doctor` at its end.

`python -m helpers.environment` prints what is wrong, a sentence each; its exit status is 0 if
nothing is.
"""

from __future__ import annotations

import math
import os
import re
import shutil
import sys
from importlib import metadata

from packaging.requirements import Requirement

from helpers import manifest
from helpers.set_up import LOCK, ROOT, complaint_about

REMEDY = "give `make doctor`, or install once more in the way of the README that you took."

GB = 10**9  # bytes
LEAST_DISK, LEAST_MEMORY = 1 * GB, 3 * GB  # for results and pages; for one lesson and a browser


def problems() -> list[str]:
    """One sentence, with its remedy, for each thing that is not as it was tested; best is none."""
    return [*python_problems(), *package_problems(), *data_problems(), *machine_problems()]


def python_problems() -> list[str]:
    """Whether this Python is one that TensorFlow is made for."""
    complaint = complaint_about(sys.version_info[:2])
    return [complaint] if complaint else []


def package_problems() -> list[str]:
    """Packages that the lock pins for this machine and that are missing, or of another version."""
    found = []
    for line in re.findall(r"^[A-Za-z0-9].*?(?= \\|$)", LOCK.read_text(encoding="utf-8"), re.M):
        pin = Requirement(line)
        if pin.marker is None or pin.marker.evaluate():
            found += version_problem(pin)
    return found


def version_problem(pin: Requirement) -> list[str]:
    """What is wrong with one package, if anything is."""
    tested = f"tested was {str(pin.specifier).removeprefix('==')}: {REMEDY}"
    try:
        version = metadata.version(pin.name)
    except metadata.PackageNotFoundError:
        return [f"{pin.name} is missing, {tested}"]
    if version in pin.specifier:
        return []
    return [f"{pin.name} is {version}, {tested}"]


def data_problems() -> list[str]:
    """Shipped files that are missing or altered."""
    found = []
    try:
        names = list(manifest.entries())
    except (ValueError, OSError) as error:
        return [str(error)]
    for name in names:
        try:
            manifest.checked(name)
        except (ValueError, OSError) as error:
            found.append(str(error))
    return found


def machine_problems() -> list[str]:
    """Too little room on the disk, or too little memory."""
    found, free = [], shutil.disk_usage(ROOT).free
    if free < LEAST_DISK:
        found.append(f"The disk has {free / GB:.1f} GB left, and 1 may be needed: make room.")
    if (memory := memory_here()) < LEAST_MEMORY:
        found.append(
            f"This machine has {memory / GB:.1f} GB of memory, and 3 may be needed: end other "
            "programs, and shut down each lesson before you open the next."
        )
    return found


def memory_here() -> float:
    """The bytes of memory of this machine; infinity where it does not say, as on Windows."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return math.inf


def main() -> int:
    """The command line."""
    found = problems()
    print("\n".join(found) or "Everything is as it was tested.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
