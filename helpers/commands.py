"""What commands share that work for long: nothing of their work is lost, and nobody waits in vain.

What cannot be kept is refused before the work; a stop, and a refusal, is a sentence.
"""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from helpers import manifest

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


@contextmanager
def result_at(path: Path, made: str) -> Iterator[None]:
    """A long work that writes `path` in the end: the manifest is then told how it was `made`.

    SystemExit, with a sentence, where it could not be written, was stopped, or is refused.
    """
    try:
        manifest.check_writable_result(path)
        yield
        manifest.enter(path, made)
    except KeyboardInterrupt:
        raise SystemExit("Stopped: nothing was written.") from None
    except (OSError, ValueError) as error:
        raise SystemExit(str(error)) from None
