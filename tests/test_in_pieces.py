"""Checkpoints in pieces: small enough to be carried, and the former set or the new one, whole."""

from __future__ import annotations

import numpy as np
import pytest

from data.studies import in_pieces
from data.studies.in_pieces import pieces_beside, read_set, remove_set, write_set
from helpers.files import read_npz, write_npz


@pytest.fixture(autouse=True)
def small_files(monkeypatch):
    monkeypatch.setattr(in_pieces, "MOST_BYTES", 9000)
    monkeypatch.setattr(in_pieces, "ROOM", 1000)


def arrays(seed: int, n: int = 5000) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {"0000": rng.random((n // 2, 2), np.float32), "done": np.array(seed)}


def same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    return one.keys() == other.keys() and all(
        one[name].dtype == other[name].dtype and np.array_equal(one[name], other[name])
        for name in one
    )


def test_much_becomes_several_files_none_of_them_too_large(tmp_path):
    path = tmp_path / "c.npz"
    write_set(path, arrays(1))
    assert same(read_set(path), arrays(1))
    sizes = [file.stat().st_size for file in tmp_path.iterdir()]
    assert len(sizes) == 4 and max(sizes) <= 9000 and sum(sizes) > 20_000


def test_little_stays_one_file_that_is_read_as_ever(tmp_path):
    path = tmp_path / "c.npz"
    write_set(path, arrays(1, 100))
    assert list(tmp_path.iterdir()) == [path]
    assert same(read_npz(path), arrays(1, 100)) and same(read_set(path), arrays(1, 100))


def test_a_network_of_the_papers_size_is_at_most_eight_files(monkeypatch, tmp_path):
    """11.3 million weights and as many momenta, in float32."""
    monkeypatch.undo()
    path = tmp_path / "c.npz"
    write_set(
        path,
        {"weights": np.ones(11_300_000, np.float32), "momenta": np.ones(11_300_000, np.float32)},
    )
    sizes = [file.stat().st_size for file in tmp_path.iterdir()]
    assert len(sizes) <= 8 and max(sizes) <= 16 << 20


def test_the_next_set_takes_the_place_of_the_former_one_and_a_small_one_too(tmp_path):
    path = tmp_path / "c.npz"
    for seed in (1, 2):
        write_set(path, arrays(seed))
        assert same(read_set(path), arrays(seed)) and len(list(tmp_path.iterdir())) == 4
    write_set(path, arrays(3, 100))
    assert same(read_set(path), arrays(3, 100)) and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("written", [0, 1, 2, 3])
def test_whoever_is_stopped_between_two_files_keeps_the_former_set(tmp_path, monkeypatch, written):
    path, left = tmp_path / "c.npz", [written]
    write_set(path, arrays(1))

    def until_the_plug_is_pulled(*words):
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        write_npz(*words)

    monkeypatch.setattr(in_pieces, "write_npz", until_the_plug_is_pulled)
    with pytest.raises(KeyboardInterrupt):
        write_set(path, arrays(2))
    assert same(read_set(path), arrays(1))
    monkeypatch.setattr(in_pieces, "write_npz", write_npz)
    write_set(path, arrays(3))
    assert len(list(tmp_path.iterdir())) == 4, "what was left over is cleared away"


def test_a_set_that_lacks_a_piece_is_refused(tmp_path):
    path = tmp_path / "c.npz"
    write_set(path, arrays(1))
    sorted(pieces_beside(path))[1].unlink()
    with pytest.raises(FileNotFoundError, match=r"There is no file .*-1.npz'"):
        read_set(path)


def test_a_piece_of_another_set_is_refused(tmp_path):
    first, second = tmp_path / "a.npz", tmp_path / "b.npz"
    write_set(first, arrays(1))
    write_set(second, arrays(2))
    there, here = (sorted(pieces_beside(path))[1] for path in (first, second))
    here.write_bytes(there.read_bytes())
    with pytest.raises(ValueError, match="pieces of b.npz do not belong together: fetch them"):
        read_set(second)


def test_a_damaged_piece_is_refused(tmp_path):
    path = tmp_path / "c.npz"
    write_set(path, arrays(1))
    piece = sorted(pieces_beside(path))[0]
    piece.write_bytes(piece.read_bytes()[:-9])
    with pytest.raises(ValueError, match="is cut short or no .npz file"):
        read_set(path)


def test_a_set_is_removed_whole_and_what_stands_beside_it_stays(tmp_path):
    path, beside = tmp_path / "Encrypted.npz", tmp_path / "Encrypted-DK.npz"
    write_set(path, arrays(1))
    write_set(beside, arrays(2))
    remove_set(path)
    assert same(read_set(beside), arrays(2)) and len(list(tmp_path.iterdir())) == 4
