"""Thousands of broken inputs: whatever is read must be right, or refused in one clear sentence.

`make test` tries a few hundred of each kind; `FUZZ_CASES=5000` in the environment as many as it
says. Each case comes from a seed, its number, so that what fails once can be tried again.
"""

from __future__ import annotations

import copy
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

SECONDS, BYTES = 5, 1 << 30  # that a case may take

ODD_VALUES = (None, True, 0, -1, 0.5, 10**9, 10**400, 1e308, float("nan"), float("inf"), "", "a")
ODD_VALUES += ("<img src=x onerror=alert(1)>", "../../evil", "\ud800", [], [[]], {}, {"a": [0]})


def cases(few: int) -> int:
    """How many cases to try: `few`, or as many as the environment variable FUZZ_CASES says."""
    return int(os.environ.get("FUZZ_CASES", few))


# --- broken inputs --------------------------------------------------------------------------------


def mutated(rng: np.random.Generator, data: bytes) -> bytes:
    """`data` with one to three faults, as transfers, disks and people make them."""
    for _ in range(rng.integers(1, 4)):
        fault = FAULTS[rng.integers(len(FAULTS))]
        start = int(rng.integers(0, len(data) + 1))
        end = start + int(rng.integers(1, max(2, min(64, len(data)))))
        data = fault(rng, data, start, end)
    return data


def flip(rng: np.random.Generator, data: bytes, start: int, end: int) -> bytes:
    """One bit the other way."""
    byte = bytes(b ^ 1 << rng.integers(8) for b in data[start : start + 1])
    return data[:start] + byte + data[start + 1 :]


FAULTS = [
    flip,
    lambda rng, data, start, end: data[:start],
    lambda rng, data, start, end: data[start:],
    lambda rng, data, start, end: data[:start] + data[end:],
    lambda rng, data, start, end: data[:start] + data[start:end] + data[start:],
    lambda rng, data, start, end: data[:start] + rng.bytes(end - start) + data[end:],
    lambda rng, data, start, end: data[:start] + rng.bytes(end - start) + data[start:],
    lambda rng, data, start, end: data[:start] + bytes(end - start) + data[end:],
    lambda rng, data, start, end: data[:start] + b"\xff" * (end - start) + data[end:],
    lambda rng, data, start, end: data[end:] + data[:start],
]


def altered(rng: np.random.Generator, content: object) -> object:
    """A JSON value in which one place, drawn among all, is odd, missing, doubled or elsewhere."""
    content = copy.deepcopy(content)
    places = list(places_in(content))
    if not places:
        return ODD_VALUES[rng.integers(len(ODD_VALUES))]
    parent, place = places[rng.integers(len(places))]
    fault = rng.integers(4)
    if fault == 0:
        del parent[place]
    elif fault == 1:
        other, elsewhere = places[rng.integers(len(places))]
        parent[place] = copy.deepcopy(other[elsewhere])
    elif fault == 2 and isinstance(parent, list):
        parent.insert(place, copy.deepcopy(parent[place]))
    else:
        parent[place] = copy.deepcopy(ODD_VALUES[rng.integers(len(ODD_VALUES))])
    return content


def places_in(content: object) -> Iterator[tuple[dict | list, str | int]]:
    """(parent, key or index) of each value below `content`."""
    if isinstance(content, (dict, list)):
        for place in list(content) if isinstance(content, dict) else range(len(content)):
            yield content, place
            yield from places_in(content[place])


# --- what may come of them ------------------------------------------------------------------------


def outcome(function: Callable, *args) -> object:
    """What `function` returns, or the error by which it refused. AssertionError for any other way.

    It may refuse by ValueError or OSError with a message of one sentence in the kit's own words,
    which end in a full stop. It may take 5 seconds and 1 GiB of memory.
    """
    before, started = forget_peak(), time.process_time()
    try:
        with alarm():
            found = function(*args)
    except (ValueError, OSError) as error:
        found = error
        check_sentence(error)
    except Exception as error:
        raise AssertionError(f"a foreign error, {type(error).__name__}: {error}") from error
    seconds, memory = time.process_time() - started, peak() - before
    assert seconds < SECONDS, f"it took {seconds:.1f} seconds"
    assert memory < BYTES, f"it took {memory / 1e9:.1f} GB"
    return found


def check_sentence(error: Exception) -> None:
    """A subclass of ValueError is another library's: json's, say, or that of a text's encoding."""
    message, kind = str(error), type(error)
    own = kind is ValueError or isinstance(error, OSError)
    clear = message.endswith(".") and "\n" not in message and 20 <= len(message) <= 1000
    assert own and clear, f"not a sentence of our own, {kind.__name__}: {message[:1000]!r}"


class TooLong(BaseException):
    """No Exception, so that nothing on the way takes it for a damaged file."""


@contextmanager
def alarm() -> Iterator[None]:
    """End what takes too long, where the system has alarms."""
    if not hasattr(signal, "SIGALRM") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(number, frame):
        raise TooLong

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 2 * SECONDS)
    try:
        yield
    except TooLong:
        raise AssertionError(f"it was not done after {2 * SECONDS} seconds") from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# --- memory ---------------------------------------------------------------------------------------

# Linux can be told to forget the most memory that a process held. (Not all of its relatives can.)
CLEAR, STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")


def forget_peak() -> int:
    """Begin to watch the peak anew where that can be done; the bytes that are held by now."""
    with suppress(OSError):
        CLEAR.write_text("5", encoding="ascii")
    return peak()


def peak() -> int:
    """The most bytes that this process held since `forget_peak`.

    Windows cannot forget, and elsewhere it is what the process holds now: the test is weaker there.
    """
    if STATUS.exists():
        (line,) = (line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    import psutil

    memory = psutil.Process().memory_info()
    return getattr(memory, "peak_wset", memory.rss)
