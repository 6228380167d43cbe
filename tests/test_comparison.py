"""The table of ciphers: what a one-time pad made by hand and AES must give."""

from __future__ import annotations

import json

import numpy as np
import pytest
from pads import pad

from helpers import manifest
from helpers.neural import comparison
from helpers.neural.cipher import NeuralCipher


@pytest.fixture
def small(monkeypatch):
    """A pad in the place of each pair, little work, and nothing written into data/."""
    for name, value in {"KEYS": 3, "MESSAGES": 50, "SIDE": 64, "EVES": 2, "STEPS": 2}.items():
        monkeypatch.setattr(comparison, name, value)
    monkeypatch.setattr(NeuralCipher, "load", classmethod(lambda cls, name: pad(name=name)))


def test_of_a_pad_everything_is_known(small):
    found = comparison.of_pair("proven", 1)
    assert np.allclose(found["change_by_message_bit"], 1 / 16)
    assert np.allclose(found["change_by_key_bit"], 1 / 16)
    assert found["wrong_bits_under_one_wrong_key_bit"] == pytest.approx(1 / 16)
    assert found["keys_that_fit_one_known_block"] == 1
    assert found["bits_read_by_least_squares_from_64_blocks"] == 1
    assert found["expansion"] == 1
    eves = found["bits_read_by_strong_eves"]
    assert len(eves["each"]) == 2
    assert eves["interval"][0] <= eves["share"] <= eves["interval"][1]
    assert eves["share"] == pytest.approx(0.5, abs=0.01)


def test_aes_diffuses(small):
    found = comparison.of_aes(1)
    assert np.mean(found["change_by_message_bit"]) == pytest.approx(0.5, abs=0.02)
    assert np.mean(found["change_by_key_bit"]) == pytest.approx(0.5, abs=0.02)
    assert found["wrong_bits_under_one_wrong_key_bit"] == pytest.approx(0.5, abs=0.02)
    assert found["seconds_to_try_all_keys"] > 1e20


def test_aes_is_the_one_of_the_standard():
    """FIPS 197, appendix C.1."""
    key = np.unpackbits(np.arange(16, dtype=np.uint8))
    plaintext = np.unpackbits(np.arange(16, dtype=np.uint8) * 0x11)[None]
    ciphertext = comparison.through(comparison.aes(key).encryptor().update, plaintext)
    assert np.packbits(ciphertext).tobytes().hex() == "69c4e0d86a7b0430d8cdb78070b4c55a"


def test_the_command_writes_all_four_with_their_provenance(small, tmp_path, monkeypatch):
    monkeypatch.setattr(manifest, "DATA", tmp_path)
    monkeypatch.setattr(manifest, "MANIFEST", tmp_path / "MANIFEST.json")
    (tmp_path / "results").mkdir()
    comparison.main()
    content = json.loads((tmp_path / "results" / "comparison.json").read_text("utf-8"))
    assert list(content["ciphers"]) == ["paper", "proven", "diffusing", "AES-128"]
    assert content["provenance"]["command"] == "python -m helpers.neural.comparison"
    assert "results/comparison.json" in manifest.entries()
