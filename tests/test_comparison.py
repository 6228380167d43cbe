"""The table of ciphers: what a one-time pad made by hand and AES must give."""

from __future__ import annotations

import functools
import json

import numpy as np
import pytest
from pads import pad

from data.studies import comparison
from helpers import manifest
from helpers.neural import fresh_eves
from helpers.neural.cipher import NeuralCipher

pytestmark = pytest.mark.slow


@pytest.fixture
def small(monkeypatch):
    """A pad in the place of each pair, little work, and nothing written into data/."""
    few = {"KEYS": 3, "MESSAGES": 50, "EVES": 2, "STEPS": 2, "HEARD": 4, "AT_ONCE": 2, "PATCHES": 1}
    for name, value in few.items():
        monkeypatch.setattr(comparison, name, value)
    monkeypatch.setattr(NeuralCipher, "load", classmethod(lambda cls, name: pad(name=name)))


def test_of_a_pad_everything_is_known(small):
    found = comparison.of_pair("proven", 1)
    assert found["change_by_message_bit"] == pytest.approx(1 / 16)
    assert found["change_by_key_bit"] == pytest.approx(1 / 16)
    assert found["largest_correlation"] == pytest.approx(1)
    assert found["best_eve"] == {"bits": [0.5, 0], "possible_messages": [65536, 0]}
    assert (
        found["patches"]["tried"] == 3 and found["patches"]["key"] == 0
    )  # a negative is as smooth
    assert found["keys_that_fit_one_known_block"] == 1
    assert found["bits_read_by_least_squares_from_64_blocks"] == 1
    assert found["expansion"] == 1


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
        ([], "comparison", ["paper", "proven", "diffusing", "AES-128"]),
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
