"""Keys from the ciphertext of patches: what is known by hand, and what is shipped."""

from __future__ import annotations

import json
from functools import partial

import numpy as np
import pytest
from pads import pad

from data.studies import patches
from helpers import manifest, pictures
from helpers.neural import eavesdropping
from helpers.neural.cipher import NeuralCipher

SLOPE = (np.arange(8 * 8 * 3).reshape(8, 8, 3) + 30).astype(np.uint8)  # 30 to 221
EYE = pictures.load("eye")[120:128, 120:128]  # 8 to 255
ONE_COLOUR = np.full((8, 8, 3), (200, 90, 60), np.uint8)


def heard(cipher: NeuralCipher, pictures_: list[np.ndarray], seed: int = 1) -> list[patches.Patch]:
    """Pictures, each under a random key."""
    rng = np.random.default_rng(seed)
    return [patches.encrypted(cipher, "planted", picture, rng) for picture in pictures_]


def noise(n: int) -> list[np.ndarray]:
    """Pictures in which no key is smooth."""
    return list(np.random.default_rng(2).integers(0, 256, (n, 8, 8, 3), np.uint8))


# --- why keys tie ---------------------------------------------------------------------------------


def test_what_a_wrong_key_makes_is_told_apart():
    assert patches.kind(SLOPE, SLOPE) == "same"
    assert patches.kind(SLOPE, 255 - SLOPE) == "negative"
    dark = SLOPE // 2  # below 128, so that the first bit is the same everywhere
    assert patches.kind(dark, dark ^ 128) == "same_steps"
    assert patches.kind(SLOPE, SLOPE ^ 128) == "other_steps"
    assert patches.kind(SLOPE, noise(1)[0]) == "other_steps"


def test_of_a_pad_one_colour_leaves_256_keys_and_an_eye_the_negative():
    """Both bytes of the key turned alike make another single colour: 256 of 65,536 keys do."""
    found = patches.outcome(pad(), heard(pad(), [ONE_COLOUR, EYE]))
    assert found["alone"]["hits"] == 0 and found["among"]["hits"] == 2
    assert found["keys_left"] == {"median": (256 + 2) / 2, "most": 256}
    assert found["patches_with_ties"] == {"negative": 2, "same_steps": 1}
    assert found["one_colour"] == {"tried": 1, "alone": 0}


@pytest.mark.parametrize(("picture", "keys"), [(EYE // 2, 4), (EYE // 4 + 64, 8)])
def test_a_pad_of_dark_colours_leaves_their_first_bits_open(picture, keys):
    """One bit, or two, that all colours share; and the negative of each."""
    found = patches.outcome(pad(), heard(pad(), [picture]))
    assert found["keys_left"]["most"] == keys
    assert found["patches_with_ties"] == {"negative": 1, "same_steps": 1}


@pytest.mark.slow
def test_rounds_give_their_key_away_with_one_colour_but_not_with_one_grey():
    """Three different blocks must fit each other; one grey is one block, and any key may fit."""
    diffusing = NeuralCipher.load("diffusing")
    found = patches.outcome(diffusing, heard(diffusing, [SLOPE, ONE_COLOUR]))
    assert found["alone"]["hits"] == 2 and found["patches_with_ties"] == {}
    assert found["one_colour"] == {"tried": 1, "alone": 1}
    grey = patches.outcome(diffusing, heard(diffusing, [ONE_COLOUR * 0 + 99]))
    assert grey["alone"]["hits"] == 0 and grey["among"]["hits"] == 1
    assert 200 < grey["keys_left"]["most"] < 320  # 65,536 keys, and one block of 256 is grey


@pytest.mark.slow
def test_in_noise_there_is_no_key():
    diffusing = NeuralCipher.load("diffusing")
    assert patches.outcome(diffusing, heard(diffusing, noise(3)))["among"]["hits"] == 0


def test_a_right_key_that_is_not_the_smoothest_is_no_success(monkeypatch):
    """The planted fault: an attack that always answers key 0."""
    always = patches.Smoothest(np.zeros((1, 16), np.uint8), [SLOPE])
    monkeypatch.setattr(patches, "smoothest", lambda cipher, all_: [always for _ in all_])
    found = patches.outcome(pad(), heard(pad(), [SLOPE] * 4))
    assert found["alone"]["hits"] == found["among"]["hits"] == 0


# --- patches --------------------------------------------------------------------------------------


@pytest.mark.parametrize("busy", [False, True])
def test_patches_are_of_all_pictures_and_begin_at_even_columns(busy):
    found = patches.drawn(pad(), (4, 6), 6, np.random.default_rng(3), busy)
    assert [patch.name for patch in found] == [*pictures.NAMES] * 2
    for patch in found:
        windows = np.lib.stride_tricks.sliding_window_view(pictures.load(patch.name), (4, 6, 3))
        same = (windows[:, ::2, 0] == patch.right).all(axis=(2, 3, 4))
        assert same.any()
        assert np.array_equal(pad().decrypt(patch.heard, patch.key), patch.right)
        assert not busy or np.unique(patch.heard.data).size >= eavesdropping.NOT_FLAT


@pytest.mark.slow
def test_many_at_once_find_what_one_by_one_finds(monkeypatch):
    monkeypatch.setattr(patches, "AT_ONCE", 50)
    monkeypatch.setattr(patches, "ROUNDS_AT_ONCE", 7)
    cipher = NeuralCipher.load("diffusing")
    some = patches.drawn(cipher, (4, 4), 5, np.random.default_rng(4), busy=True)
    together = list(patches.smoothest(cipher, some))
    for patch, found in zip(some, together, strict=True):
        assert np.array_equal(found.keys, eavesdropping.smoothest_keys(cipher, patch.heard))
        assert np.array_equal(found.views[0], cipher.decrypt(patch.heard, found.keys[0]))


@pytest.mark.slow
def test_of_real_values_one_block_is_enough():
    cipher = NeuralCipher.load("paper")
    some = patches.drawn(cipher, (1, 2), 2, np.random.default_rng(5), busy=False)
    found = patches.by(partial(patches.consistent, cipher), some, "consistency")
    assert found["alone"]["hits"] == found["tried"] == 2


# --- the command ----------------------------------------------------------------------------------


def test_the_command_takes_one_pair_again_and_leaves_the_others(tmp_path, monkeypatch):
    monkeypatch.setattr(manifest, "DATA", tmp_path)
    monkeypatch.setattr(manifest, "MANIFEST", tmp_path / "MANIFEST.json")
    for run, words in enumerate(([], ["proven"])):
        monkeypatch.setattr(patches, "measured", lambda name, run=run: {"run": run})
        patches.main(words)
    found = json.loads((tmp_path / "results" / "patches.json").read_text("utf-8"))["ciphers"]
    assert {name: each["run"] for name, each in found.items()} == {
        "paper": 0,
        "proven": 1,
        "uncorrelated": 0,
        "diffusing": 0,
        "resisting": 0,
    }
    assert manifest.entries()["results/patches.json"]["made"] == "python -m data.studies.patches"


def test_a_pair_that_is_none_is_refused(capsys):
    with pytest.raises(SystemExit):
        patches.main(["AES"])
    assert "'AES' is none of them" in capsys.readouterr().err


# --- what is shipped ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped():
    return json.loads(manifest.checked("results/patches.json").read_text("utf-8"))["ciphers"]


@pytest.mark.parametrize("name", ["diffusing", "resisting"])
def test_a_busy_patch_of_8_by_8_pixels_names_the_key_of_rounds(shipped, name):
    busy = shipped[name]["busy"]["8x8"]
    assert busy["alone"]["interval"][0] > 0.8
    assert shipped[name]["noise"]["among"]["hits"] == 0


@pytest.mark.parametrize("name", patches.PADS)
def test_a_pad_never_names_one_key(shipped, name):
    for by_size in (shipped[name]["any"], shipped[name]["busy"]):
        for found in by_size.values():
            assert found["alone"]["hits"] == 0
            assert found["patches_with_ties"].get("negative", 0) == found["among"]["hits"]


def test_of_real_values_every_block_named_the_key(shipped):
    found = shipped["paper"]["busy"]["one_block"]
    assert found["alone"]["hits"] == found["tried"]
