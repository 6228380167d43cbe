"""The table of ciphers: what a one-time pad made by hand and AES must give."""

from __future__ import annotations

import functools
import json
import os

import numpy as np
import pytest
from pads import pad

from data.studies import comparison
from helpers import manifest
from helpers.bits import ALL_BLOCKS
from helpers.neural import fresh_eves
from helpers.neural.cipher import NeuralCipher

pytestmark = pytest.mark.slow


@pytest.fixture
def small(monkeypatch):
    """A pad in the place of each pair, little work, and nothing written into data/."""
    few = {"KEYS": 3, "KEYS_TURNED": 2, "EVES": 2, "STEPS": 2, "TIMES": 1, "TIMED": 50}
    for name, value in few.items():
        monkeypatch.setattr(comparison, name, value)
    monkeypatch.setattr(comparison, "on_one_core", lambda work, *given: work(*given))
    monkeypatch.setattr(NeuralCipher, "load", classmethod(lambda cls, name: pad(name=name)))


def test_of_a_pad_everything_is_known(small):
    found = comparison.measured("proven", 1)
    for cells in (found, found["under_the_papers_key"]):
        assert cells["change_by_message_bit"] == pytest.approx(1 / 16)
        assert cells["change_by_key_bit"] == pytest.approx(1 / 16)
        assert cells["worst_by_message_bit"] == cells["worst_by_key_bit"] == [0, 1]
    assert found["largest_correlation"] == pytest.approx(1)
    assert found["keys_that_fit_one_known_block"] == 1
    assert found["keys_that_fit_two_known_blocks"] == 1
    assert found["bits_read_by_least_squares_from_64_blocks"] == 1
    assert found["expansion"] == 1
    assert min(found["mb_per_second"].values()) > 0


def test_the_worst_cell_is_found_where_it_was_planted():
    """A shuffle, but for ciphertext bit 0 under a key of ones: there it is message bit 3."""
    order = np.random.default_rng(1).permutation(1 << 16).astype(np.uint16)
    seen = (ALL_BLOCKS & 1 << 12 != 0).astype(np.uint16) << 15
    planted = (order & 0x7FFF) | seen

    def table(key):
        return planted if key.all() else order

    random, ones = np.zeros(16, np.uint8), np.ones(16, np.uint8)
    found = comparison.avalanche(table, [random])
    assert found["change_by_message_bit"] == pytest.approx(0.5, abs=0.001)
    assert 0.48 < found["worst_by_message_bit"][0] < found["worst_by_message_bit"][1] < 0.52
    assert found["worst_by_key_bit"] == [0, 0]  # no other key of one bit more is all ones
    assert comparison.avalanche(table, [random, ones])["worst_by_message_bit"] == [0, 1]
    cells = comparison.cells_of_message(planted)
    assert cells[3, 0] == 1 and cells[:, 0].sum() == 1


@pytest.mark.parametrize("name", ["diffusing", "resisting"])
def test_the_keys_that_fit_known_blocks_are_those_that_alice_has(name):
    cipher = NeuralCipher.load(name)
    key, blocks = np.uint8([0, 1, 1, 0] * 4), np.uint16([7, 50_000])
    heard = cipher.encrypt_blocks(blocks, key)
    for n in (1, 2):
        found = comparison.fitting(cipher, blocks[:n], heard[:n])
        assert key.tolist() in found.tolist()
        for other in found:
            assert np.array_equal(cipher.encrypt_blocks(blocks[:n], other), heard[:n])


def test_eves_read_nothing_of_a_pad(small):
    eves = comparison.strong_eves("proven", 1)
    assert len(eves["each"]) == 2
    assert eves["interval"][0] <= eves["share"] <= eves["interval"][1]
    assert eves["share"] == pytest.approx(0.5, abs=0.01)


def test_aes_diffuses(small):
    found = comparison.of_aes(1)
    assert found["change_by_message_bit"] == pytest.approx(0.5, abs=0.02)
    assert found["change_by_key_bit"] == pytest.approx(0.5, abs=0.02)
    assert found["largest_correlation"] < 0.02
    for lowest, highest in (found["worst_by_message_bit"], found["worst_by_key_bit"]):
        assert 0.48 < lowest < 0.5 < highest < 0.52


def test_work_on_one_core_is_done_by_another_process():
    assert comparison.on_one_core(os.getpid) != os.getpid()
    assert comparison.on_one_core(os.getenv, "OPENBLAS_NUM_THREADS") == "1"


def test_the_largest_correlation_is_found_whatever_its_sign():
    rng = np.random.default_rng(1)
    message = rng.integers(0, 2, (10_000, 3))
    ciphertext = rng.normal(size=(10_000, 4))
    assert comparison.largest_correlation(message, ciphertext) < 0.05
    ciphertext[:, 2] = 5 - 2.0 * message[:, 1]
    assert comparison.largest_correlation(message, ciphertext) == pytest.approx(1)


def test_aes_is_the_one_of_the_standard():
    """FIPS 197, appendix C.1."""
    key = np.unpackbits(np.arange(16, dtype=np.uint8))
    plaintext = np.unpackbits(np.arange(16, dtype=np.uint8) * 0x11)[None]
    ciphertext = comparison.through(comparison.aes(key).encryptor().update, plaintext)
    assert np.packbits(ciphertext).tobytes().hex() == "69c4e0d86a7b0430d8cdb78070b4c55a"


@pytest.mark.parametrize(
    ("options", "name", "measured"),
    [
        ([], "comparison", ["paper", "proven", "diffusing", "resisting", "AES-128"]),
        (["--eves"], "strong_eves", ["paper", "proven", "diffusing"]),
    ],
)
def test_the_command_writes_all_with_their_provenance(
    small, tmp_path, monkeypatch, options, name, measured
):
    monkeypatch.setattr(manifest, "DATA", tmp_path)
    monkeypatch.setattr(manifest, "MANIFEST", tmp_path / "MANIFEST.json")
    monkeypatch.setattr(comparison, "EVES", 1)
    small_eve = functools.partial(fresh_eves.deep_eve, hidden=(8,))
    monkeypatch.setattr(fresh_eves, "deep_eve", small_eve)
    comparison.main(options)
    content = json.loads((tmp_path / "results" / f"{name}.json").read_text("utf-8"))
    assert list(content["ciphers"]) == measured
    command = " ".join(["python -m data.studies.comparison", *options])
    assert content["provenance"]["command"] == command
    assert manifest.entries()[f"results/{name}.json"]["made"] == command
