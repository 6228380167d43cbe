"""Writing files so that nothing is ever half written, and reading none but those that are whole."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_IMODE, S_ISREG
from typing import Any, BinaryIO

import numpy as np

LARGEST = 1 << 30  # bytes of a file that is read: far more than any of the kit's own


@contextmanager
def atomic_write(path: str | os.PathLike) -> Iterator[Path]:
    """Yield a path to write to; what is there at the end takes the place of `path`, in one step.

    Where the writing fails, `path` is as it was, and the unfinished file is gone. Several may write
    to one path: the last to finish stays, whole. Where `path` is a link, what it leads to is
    replaced, and keeps its mode. At the end all is on the disk, should the power fail. What cannot
    be written is an OSError that says so.
    """
    with unfinished_beside(path) as (target, unfinished):
        yield unfinished
        with open(unfinished, "rb+") as file:
            os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            unfinished.chmod(S_IMODE(target.stat().st_mode))
        os.replace(unfinished, target)
        sync_folder(target.parent)


def check_writable(path: str | os.PathLike) -> None:
    """Raise, before a long work begins, the OSError that `atomic_write` would at its end.

    Missing folders are made.
    """
    with unfinished_beside(path) as (target, unfinished):
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished.touch()


@contextmanager
def unfinished_beside(path: str | os.PathLike) -> Iterator[tuple[Path, Path]]:
    """(where `path` leads, a hidden path beside it that nobody else uses), the second for a while.

    An OSError says which file could not be written.
    """
    target = Path(os.path.realpath(as_path(path)))
    unfinished = target.parent / f".{secrets.token_hex(8)}.part"
    try:
        if target.exists() and not target.is_file():
            raise IsADirectoryError("there is a folder or a device of this name")
        yield target, unfinished
    except OSError as error:
        raise type(error)(
            f"{path} could not be written ({error.strerror or error}); what was there before is "
            "unharmed: make room, or choose another folder."
        ) from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Have a new name in a folder outlive a power cut; not every system can."""
    with suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def as_path(path: str | os.PathLike) -> Path:
    """A file's name as a path; ValueError for what is no name."""
    name = os.fspath(path) if isinstance(path, (str, os.PathLike)) else None
    if not isinstance(name, str) or "\0" in name:
        raise ValueError(
            "A file is given by its name, a text without null characters; here is "
            f"{type(path).__name__}: give a name."
        )
    return Path(name)


def readable(path: str | os.PathLike, largest: int = LARGEST) -> Path:
    """The path of a file that can be read; else a sentence that names it.

    Raises FileNotFoundError for none, OSError for a folder, a device or missing rights, ValueError
    for what is no name and for a file of more than `largest` bytes.
    """
    path = as_path(path)
    try:
        status = path.stat()
        if S_ISREG(status.st_mode):  # to open a pipe would wait for ever
            path.open("rb").close()
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(
            f"There is no file {str(path)!r}: check its name and folder."
        ) from None
    except OSError as error:
        raise type(error)(f"{str(path)!r} cannot be read: {error.strerror}.") from None
    if not S_ISREG(status.st_mode):
        raise OSError(f"{str(path)!r} is a folder or a device: give the name of a file.")
    if status.st_size > largest:
        raise ValueError(
            f"{path.name} has {status.st_size:,} bytes, over {largest:,}: give a smaller file."
        )
    return path


@contextmanager
def refusing(path: Path, kind: str) -> Iterator[None]:
    """Whatever a damaged file leads to, as a ValueError that names the file and the remedy."""
    try:
        yield
    except Exception:  # there are many ways to be damaged
        raise ValueError(f"{path.name} is cut short or no {kind} file: fetch it again.") from None


@contextmanager
def naming(path: Path, kind: str) -> Iterator[None]:
    """A ValueError about what came out of a file, with the file's name before it."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{path.name} holds no {kind}: {error}") from None


def write_json(path: str | os.PathLike, content: dict) -> None:
    """A JSON object as a text file, the whole of it or nothing."""
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    with atomic_write(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8", newline="\n")


def read_json(path: str | os.PathLike) -> dict:
    """The JSON object in a file; ValueError, which names the file, where there is none."""
    path = readable(path)
    with refusing(path, ".json"):
        content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise ValueError(f"{path.name} holds no JSON object, {{...}}: fetch it again.")
    return content


def write_npz(path: str | os.PathLike, arrays: dict[str, np.ndarray]) -> None:
    """Arrays and their digest as .npz under exactly this path, the whole of it or nothing."""
    content: dict[str, Any] = {"digest": np.array(digest_of(arrays)), **arrays}
    with atomic_write(path) as unfinished, open(unfinished, "wb") as file:
        np.savez(file, **content)


def read_npz(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """The arrays of `write_npz`, in this machine's byte order; ValueError unless all are unchanged.

    The digest finds accidents. It has no key, so whoever changes a file on purpose can renew it.
    No file unpickles anything, or takes much more memory than its own size.
    """
    path = readable(path)
    with refusing(path, ".npz"), open(path, "rb") as file:
        check_directory(file)
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            check_members(members, path.stat().st_size)
            arrays = {m.filename.removesuffix(".npy"): read_member(archive, m) for m in members}
        digest = str(arrays.pop("digest", ""))
    if digest != digest_of(arrays):
        raise ValueError(f"{path.name} was changed after it was written: fetch it again.")
    native = {name: array.dtype.newbyteorder("=") for name, array in arrays.items()}
    return {name: array.astype(native[name], copy=False) for name, array in arrays.items()}


def check_directory(file: BinaryIO) -> None:
    """ValueError unless a zip file ends as `np.savez` ends it, in a short list of its members.

    `zipfile` would read any list, a million entries say, and only then could it be looked at.
    """
    file.seek(-42, os.SEEK_END)
    zip64, end = file.read(20), file.read(22)
    length = int.from_bytes(end[12:16], "little")
    if zip64.startswith(b"PK\6\7") or not end.startswith(b"PK\5\6") or length > 1 << 20:
        raise ValueError


def check_members(members: Sequence[zipfile.ZipInfo], size: int) -> None:
    """ValueError unless they are arrays that lie in a file of `size` bytes as they are.

    So none can unfold into more, and no two can share their bytes.
    """
    as_they_are = all(member.compress_type == zipfile.ZIP_STORED for member in members)
    if not as_they_are or sum(member.file_size for member in members) > size:
        raise ValueError


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    """An array of numbers or texts; ValueError for any other, and for one that is cut short."""
    with archive.open(member) as file:
        array = np.lib.format.read_array(file, allow_pickle=False)
    if array.dtype.kind not in "biufU" or not array.dtype.itemsize:
        raise ValueError
    if array.dtype.kind == "U":
        array.tolist()  # ValueError for numbers that are no characters
    return array


def digest_of(arrays: Mapping[str, np.ndarray]) -> str:
    """SHA-256 over names, types, shapes and bytes, in hexadecimal."""
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        digest.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def text_in(arrays: Mapping[str, np.ndarray], name: str) -> str:
    """The text that is one of the arrays of a file; ValueError where there is none."""
    array = arrays.get(name)
    if array is None or array.shape or array.dtype.kind != "U":
        raise ValueError(f"A single text {name!r} was expected and is not there: fetch it again.")
    return str(array)


def json_in(arrays: Mapping[str, np.ndarray], name: str) -> object:
    """What the JSON text says that is one of the arrays of a file; ValueError for none."""
    try:
        return json.loads(text_in(arrays, name))
    except (json.JSONDecodeError, RecursionError):  # the second: nested without end
        raise ValueError(f"The text {name!r} is no JSON: fetch the file again.") from None
