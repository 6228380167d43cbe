"""A file is written whole or not at all, and read only if it is whole."""

from __future__ import annotations

import io
import multiprocessing
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from helpers import files
from helpers.files import (
    atomic_write,
    check_writable,
    digest_of,
    read_json,
    read_npz,
    write_json,
    write_npz,
)

ROOT = Path(files.__file__).parents[1]
on_posix = pytest.mark.skipif(os.name == "nt", reason="links, modes and limits are POSIX's")


def write(path: Path, text: str) -> None:
    with atomic_write(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")


@pytest.fixture
def old(tmp_path) -> Path:
    """A file that holds "old"."""
    path = tmp_path / "notes.txt"
    path.write_text("old", encoding="utf-8")
    return path


# --- writing ---


def test_what_was_written_takes_the_place_of_the_file(old):
    with atomic_write(old) as unfinished:
        unfinished.write_text("new", encoding="utf-8")
        assert old.read_text(encoding="utf-8") == "old", "not before it is finished"
    assert old.read_text(encoding="utf-8") == "new"
    assert list(old.parent.iterdir()) == [old]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_a_failure_or_a_stop_leaves_the_file_as_it_was(old, error):
    with pytest.raises(error), atomic_write(old) as unfinished:
        unfinished.write_text("half", encoding="utf-8")
        raise error
    assert old.read_text(encoding="utf-8") == "old"
    assert list(old.parent.iterdir()) == [old]


@on_posix
def test_a_full_disk_is_told_in_one_sentence_and_harms_nothing(old):
    """In a process whose files may have 1,000 bytes and no more."""
    code = (
        "import resource, signal, sys; from helpers.files import write_json;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000));"
        "write_json(sys.argv[1], {'text': 'new' * 1000})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, old], cwd=ROOT, capture_output=True, text=True
    )
    assert "notes.txt could not be written (File too large)" in done.stderr
    assert old.read_text(encoding="utf-8") == "old"
    assert list(old.parent.iterdir()) == [old]


def test_a_missing_folder_keeps_its_kind_of_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="could not be written"):
        write(tmp_path / "nowhere" / "notes.txt", "new")


@on_posix
def test_a_link_stays_and_what_it_leads_to_is_written(old):
    link = old.parent / "link.txt"
    link.symlink_to("notes.txt")
    write(link, "new")
    assert link.is_symlink()
    assert old.read_text(encoding="utf-8") == "new"


@on_posix
def test_a_link_to_a_file_that_is_yet_to_come(tmp_path):
    link = tmp_path / "link.txt"
    link.symlink_to("later.txt")
    write(link, "new")
    assert (tmp_path / "later.txt").read_text(encoding="utf-8") == "new"


@on_posix
@pytest.mark.parametrize("mode", [0o640, 0o755, 0o444])
def test_a_file_keeps_its_mode(old, mode):
    old.chmod(mode)
    write(old, "new")
    assert old.stat().st_mode & 0o777 == mode


@on_posix
def test_a_new_file_has_the_mode_that_new_files_have(tmp_path):
    write(tmp_path / "notes.txt", "new")
    (tmp_path / "other.txt").touch()
    assert (tmp_path / "notes.txt").stat().st_mode == (tmp_path / "other.txt").stat().st_mode


def test_a_user_s_own_unfinished_file_is_not_touched(old):
    own = old.with_name("notes.txt.part")
    own.write_text("mine", encoding="utf-8")
    write(old, "new")
    assert own.read_text(encoding="utf-8") == "mine"


def test_the_data_is_on_the_disk_before_the_name_and_the_name_after(old, monkeypatch):
    done = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *a, n=name, r=real: (done.append(n), r(*a)))
    write(old, "new")
    assert done == (["fsync", "replace"] if os.name == "nt" else ["fsync", "replace", "fsync"])


@on_posix
@pytest.mark.parametrize("path", ["/dev/null", "."])
def test_a_device_or_a_folder_is_not_replaced(path):
    with pytest.raises(OSError, match="there is a folder or a device of this name"):
        write(Path(path), "new")


def write_often(path: Path, number: int) -> None:
    for _ in range(25):
        write_npz(path, {"a": np.full(5000, number)})


def test_two_writers_and_a_reader_do_not_disturb_each_other(tmp_path):
    path = tmp_path / "arrays.npz"
    write_npz(path, {"a": np.zeros(5000, int)})
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=write_often, args=(path, number)) for number in (1, 2)]
    for writer in writers:
        writer.start()
    seen = set()
    while any(writer.is_alive() for writer in writers):
        seen |= set(np.unique(read_npz(path)["a"]).tolist())
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert {1, 2} <= seen
    assert list(tmp_path.iterdir()) == [path]


@on_posix
def test_a_kill_at_any_moment_leaves_a_whole_file(tmp_path):
    path = tmp_path / "arrays.npz"
    write_npz(path, {"a": np.zeros(3)})
    code = (
        "import sys, numpy as np; from helpers.files import write_npz;"
        "print(flush=True);"
        "[write_npz(sys.argv[1], {'a': np.full(200_000, i)}) for i in range(1, 10**6)]"
    )
    for number in range(4):
        writer = subprocess.Popen(
            [sys.executable, "-c", code, path], cwd=ROOT, stdout=subprocess.PIPE
        )
        writer.stdout.readline()
        time.sleep(0.05 + 0.013 * number)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        assert np.ptp(read_npz(path)["a"]) == 0
    write_npz(path, {"a": np.ones(3)})  # what is left of the others does no harm
    assert read_npz(path)["a"].tolist() == [1, 1, 1]


# --- whether it could be written ---


def test_what_can_be_written_is_not_touched_and_folders_are_made(old):
    check_writable(old)
    check_writable(old.parent / "new" / "folder" / "notes.txt")
    assert old.read_text(encoding="utf-8") == "old"
    assert sorted(old.parent.iterdir()) == [old.parent / "new", old]
    assert not list((old.parent / "new" / "folder").iterdir())


def test_a_folder_in_its_place_or_a_file_in_its_folder_s(old):
    (old.parent / "folder").mkdir()
    for path in (old.parent / "folder", old / "notes.txt"):
        with pytest.raises(OSError, match=r"could not be written \(.*\); .*choose another folder"):
            check_writable(path)


@on_posix
@pytest.mark.skipif(hasattr(os, "getuid") and os.getuid() == 0, reason="root may write anywhere")
def test_a_folder_without_rights_is_refused_before_the_work(tmp_path):
    tmp_path.chmod(0o555)
    with pytest.raises(PermissionError, match="could not be written"):
        check_writable(tmp_path / "notes.txt")
    tmp_path.chmod(0o755)


@pytest.mark.skipif(not Path("/proc/version").exists(), reason="/proc is Linux's")
def test_a_folder_in_which_nobody_can_write_is_refused_before_the_work():
    with pytest.raises(OSError, match="notes.txt could not be written"):
        check_writable("/proc/notes.txt")


# --- reading ---


def test_arrays_come_back_and_a_changed_file_is_noticed(tmp_path):
    path = tmp_path / "arrays.npz"
    arrays = {
        "a": np.arange(5),
        "b": np.float32([[1.5]]),
        "columns first": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "empty": np.zeros((0, 3)),
        "text": np.array("é"),
    }
    write_npz(path, arrays)
    found = read_npz(path)
    assert found.keys() == arrays.keys()
    assert all(np.array_equal(found[name], arrays[name]) for name in arrays)
    assert all(found[name].dtype == arrays[name].dtype for name in arrays)
    np.savez(path, digest=digest_of(arrays), **arrays | {"a": np.arange(6)})
    with pytest.raises(ValueError, match="was changed after it was written"):
        read_npz(path)


def test_the_other_byte_order_comes_back_as_this_machine_s(tmp_path):
    swapped = np.arange(5, dtype=np.dtype(np.int32).newbyteorder())
    write_npz(tmp_path / "arrays.npz", {"a": swapped})
    found = read_npz(tmp_path / "arrays.npz")["a"]
    assert found.dtype == np.int32 and found.tolist() == [0, 1, 2, 3, 4]


def npy(header: str, data: bytes = b"") -> bytes:
    """An array as a file, with a header that says what it likes."""
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + data


def header(descr: object, shape: str) -> str:
    return f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape}}}\n"


def archive(*members: tuple[str, bytes], how: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how) as packed:
        for name, data in members:
            packed.writestr(name, data)
    return file.getvalue()


ZEROS = bytes(1 << 24)
NO_NPZ = {
    "nothing": b"",
    "a letter": b"Dear Bob, ...",
    "any other zip": archive(("letter.txt", b"Dear Bob, ...")),
    "packed": archive(("a.npy", npy(header("<f8", "(2097152,)"), ZEROS)), how=zipfile.ZIP_DEFLATED),
    "an empty zip": archive(),
    "a pickle": archive(("a.npy", npy(header("|O", "(1,)"), b"........"))),
    "columns": archive(("a.npy", npy(header([("x", "<f8")], "(1,)"), bytes(8)))),
    "more than there is": archive(("a.npy", npy(header("<f8", "(10**12,)"), bytes(8)))),
    "a huge shape": archive(("a.npy", npy(header("<f8", "(1000000000000,)"), bytes(8)))),
    "a negative shape": archive(("a.npy", npy(header("<f8", "(-1, -1)"), bytes(8)))),
    "a shape of text": archive(("a.npy", npy(header("<f8", "('1',)"), bytes(8)))),
    "no characters": archive(("a.npy", npy(header("<U1", "()"), b"\xff\xff\xff\xff"))),
    "texts of nothing": archive(("a.npy", npy(header("<U0", "(5,)")))),
    "brackets": archive(("a.npy", npy("(" * 9000))),
    "a long header": archive(("a.npy", npy(" " * 60_000))),
    "many members": archive(*((f"{i:09d}.npy", b"") for i in range(30_000))),
}


@pytest.mark.parametrize("data", NO_NPZ.values(), ids=NO_NPZ)
def test_what_is_no_npz_of_ours_is_refused_by_name(data, tmp_path):
    path = tmp_path / "arrays.npz"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"^arrays.npz is cut short or no .npz file: fetch it aga"):
        read_npz(path)


NO_JSON = {
    "nothing": b"",
    "cut short": b'{"a": [1, 2',
    "nested without end": b"[" * 100_000,
    "a list": b"[1, 2]",
    "not UTF-8": b'{"a": "\xff"}',
    "a huge number": b'{"a": ' + b"1" * 10_000 + b"}",
}


@pytest.mark.parametrize("data", NO_JSON.values(), ids=NO_JSON)
def test_what_is_no_json_object_is_refused_by_name(data, tmp_path):
    path = tmp_path / "report.json"
    path.write_bytes(data)
    with pytest.raises(
        ValueError, match=r"^report.json (is cut short or|holds) no .*: fetch it ag"
    ):
        read_json(path)


def test_a_json_object_comes_back(tmp_path):
    content = {"a": [1, 2.5, None, "é"], "b": {}}
    write_json(tmp_path / "report.json", content)
    assert read_json(tmp_path / "report.json") == content


@pytest.mark.parametrize("read", [read_json, read_npz])
def test_no_file_at_all(read, tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no file .*nowhere'"):
        read(tmp_path / "nowhere")
    with pytest.raises(OSError, match="is a folder or a device"):
        read(tmp_path)
    for name in (None, 5, b"notes", "a\0b", ["notes"]):
        with pytest.raises(ValueError, match="A file is given by its name, a text"):
            read(name)


@pytest.mark.parametrize("read", [read_json, read_npz])
def test_a_name_that_no_file_can_have(read, tmp_path):
    with pytest.raises(OSError, match=r"(cannot be read: .*|There is no file .*)\.$"):
        read(tmp_path / ("long" * 100))


@on_posix
@pytest.mark.parametrize("read", [read_json, read_npz])
def test_nobody_waits_for_a_pipe(read, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="'.*pipe' is a folder or a device: give the name of a file"):
        read(tmp_path / "pipe")


@on_posix
@pytest.mark.parametrize("read", [read_json, read_npz])
def test_a_huge_file_is_refused_unread(read, tmp_path):
    with open(tmp_path / "huge", "wb") as file:
        file.truncate(files.LARGEST + 1)  # of nothing, which takes no room
    with pytest.raises(ValueError, match="huge has 1,073,741,825 bytes, over 1,073,741,824"):
        read(tmp_path / "huge")
