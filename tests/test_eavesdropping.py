"""Every attack of Eve's on the shipped pair, and what she is told where she knows too little.

Lesson 03 holds some of her tools itself: its cells are run here, and tested as the others are.
"""

from __future__ import annotations

import json
import linecache
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pads import pad

import data.studies.comparison  # noqa: F401  Alice of rounds in TensorFlow
from helpers import bits, lessons, manifest, metrics, pictures
from helpers.neural import eavesdropping, fresh_eves
from helpers.neural.cipher import NeuralCipher
from helpers.neural.every_key import under_every_key
from helpers.neural.modes import CBC
from helpers.neural.rounds import as_signs as signs

CIPHER = NeuralCipher.load("paper")
KEY = bits.random_key(np.random.default_rng(7))
HEARD = {name: CIPHER.encrypt(pictures.load(name), KEY) for name in pictures.NAMES}
seeds = st.integers(0, 2**32 - 1)


def rng_of(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def is_one_sentence(text: str) -> bool:
    return text[0].isupper() and text.endswith(".") and "\n" not in text and ". " not in text


def refusal(call) -> str:
    """The one sentence with which `call` is refused."""
    with pytest.raises(ValueError) as error:
        call()
    assert is_one_sentence(str(error.value))
    return str(error.value)


def of_lesson(*cells: str) -> SimpleNamespace:
    """What these cells of lesson 03 define, given what the cells before them have imported."""
    names = {
        "np": np,
        "bits": bits,
        "eavesdropping": eavesdropping,
        "fresh_eves": fresh_eves,
        "cipher": CIPHER,
    }
    sources = {cell.id: cell.source for cell in lessons.read(lessons.path_of("03_eve")).cells}
    for cell in cells:
        lines = sources[cell].splitlines(keepends=True)
        linecache.cache[cell] = len(sources[cell]), None, lines, cell  # TensorFlow reads them
        exec(compile(sources[cell], cell, "exec"), names)
    return SimpleNamespace(**names)


# --- fresh Eves ---


@pytest.mark.slow
def test_practice_is_the_same_with_the_same_seed_and_leaves_alice_alone():
    before = CIPHER.fingerprint
    _, values = eavesdropping.random_traffic(CIPHER, 100, rng_of(1))
    answers = []
    for _ in range(2):
        eve = fresh_eves.deep_eve(CIPHER, (32,), seed=5)
        fresh_eves.train_eve(eve, CIPHER, steps=20, batch=64, seed=5)
        answers.append(eve(values).numpy())
    assert np.allclose(*answers, atol=1e-4)
    assert CIPHER.fingerprint == before


@pytest.mark.slow
def test_the_lessons_loop_trains_the_same_eve():
    """In it the steps are as they are; `train_eve` differs in nothing but what it can be given."""
    lesson = of_lesson("practice", "train-eve", "deep-eve")
    theirs, ours = lesson.deep_eve((32, 32), seed=5), fresh_eves.deep_eve(CIPHER, (32, 32), 5)
    lesson.train_eve(theirs, steps=20, batch=64, seed=5)
    fresh_eves.train_eve(ours, CIPHER, steps=20, batch=64, seed=5)
    assert all(np.array_equal(a, b) for a, b in zip(theirs.get_weights(), ours.get_weights()))


@given(seeds)
def test_bob_reads_random_traffic_with_the_keys_and_so_it_is_fresh(seed):
    blocks, values = eavesdropping.random_traffic(CIPHER, 50, rng_of(seed))
    again, same = eavesdropping.random_traffic(CIPHER, 50, rng_of(seed))
    assert np.array_equal(blocks, again) and np.array_equal(values, same)
    assert blocks.dtype == np.uint16 and values.shape == (50, 16)
    assert np.unique(blocks).size > 40


def test_nothing_but_fresh_eves_needs_tensorflow():
    code = "import sys, helpers.neural.eavesdropping; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


# --- least squares ---

LINES = of_lesson("least-squares")


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_32_known_blocks_under_any_key_read_nearly_all_65536(seed):
    rng = rng_of(seed)
    book = CIPHER.encrypt_blocks(bits.ALL_BLOCKS, bits.random_key(rng))
    known = rng.choice(65536, 32, replace=False).astype(np.uint16)
    guess = LINES.read_with(LINES.fit(book[known], known), book)
    assert metrics.block_accuracy(bits.ALL_BLOCKS, guess).share > 0.95


def test_known_blocks_of_one_key_say_nothing_under_another():
    known = rng_of(1).choice(65536, 64, replace=False).astype(np.uint16)
    weights = LINES.fit(CIPHER.encrypt_blocks(known, KEY), known)
    guess = LINES.read_with(weights, CIPHER.encrypt_blocks(known, bits.PAPER_KEY))
    assert metrics.bit_accuracy(known, guess).share < 0.75


# --- repeats and the codebook ---


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40))
def test_equal_rows_have_equal_numbers_and_only_those(labels):
    rows = rng_of(1).random((6, 16)).astype(np.float16)[labels]
    numbers = eavesdropping.numbered(rows)
    assert np.array_equal(numbers[:, None] == numbers, np.equal.outer(labels, labels))
    assert set(numbers) == set(range(len(set(labels))))


@pytest.mark.parametrize("name", pictures.NAMES)
def test_repeats_in_the_ciphertext_are_those_of_the_picture(name):
    blocks = bits.picture_to_blocks(pictures.load(name))
    numbers = eavesdropping.numbered(HEARD[name].values)
    assert np.array_equal(np.bincount(numbers)[numbers], np.bincount(blocks)[blocks])


CODEBOOK = of_lesson("look-up", "share-known")


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(pictures.NAMES), seeds, st.integers(1, 500))
def test_a_codebook_reads_exactly_the_places_of_known_blocks(name, seed, number):
    blocks, values = bits.picture_to_blocks(pictures.load(name)), HEARD[name].values
    places = rng_of(seed).integers(0, len(blocks), number)
    guess = CODEBOOK.look_up(values, places, blocks[places])
    known = np.isin(blocks, blocks[places])
    assert np.array_equal(guess, np.where(known, blocks.astype(int), -1))
    assert CODEBOOK.share_known(eavesdropping.numbered(values), places) == known.mean()


# --- brute force ---


def patches(name: str, count: int):
    """`count` patches of a picture, spread over all that are not flat."""
    variety = eavesdropping.variety(HEARD[name])
    corners = 8 * np.argwhere(variety >= eavesdropping.NOT_FLAT)
    for top, left in rng_of(1).choice(corners, count, replace=False):
        yield eavesdropping.cut(HEARD[name], int(top), int(left), 8, 8)


@pytest.mark.slow
@pytest.mark.parametrize("name", pictures.NAMES)
def test_the_right_key_comes_first_wherever_the_patch_is_not_flat(name):
    for patch in patches(name, 6):
        *_, last = eavesdropping.brute_force(CIPHER, patch)
        assert np.array_equal(last.key, KEY) and last.merged == 0
        assert np.array_equal(last.picture, CIPHER.decrypt(patch, KEY))


@pytest.mark.slow
def test_progress_goes_through_all_keys_and_the_best_only_gets_better():
    patch = next(patches("dog", 1))
    progress = list(eavesdropping.brute_force(CIPHER, patch))
    assert [now.keys_done for now in progress] == list(range(256, 65537, 256))
    ranks = [(now.merged, now.roughness) for now in progress]
    assert ranks == sorted(ranks, reverse=True)
    for now in progress:
        assert np.array_equal(now.picture, CIPHER.decrypt(patch, now.key))


@pytest.mark.parametrize("name", pictures.NAMES)
def test_a_flat_patch_is_undecidable(name):
    patch = eavesdropping.cut(HEARD[name], 0, 0, 8, 8)
    said = refusal(lambda: next(eavesdropping.brute_force(CIPHER, patch)))
    assert "undecidable" in said and "it has 3 different blocks" in said


def test_a_patch_of_another_pairs_ciphertext_is_refused():
    other = NeuralCipher(CIPHER.bob, CIPHER.alice)
    patch = next(patches("eye", 1))
    assert "another pair" in refusal(lambda: next(eavesdropping.brute_force(other, patch)))


@given(seeds)
@settings(deadline=None)
def test_every_block_under_every_key(seed):
    rng = rng_of(seed)
    values, keys = rng.uniform(-1, 1, (7, 16)), rng.integers(0, 2, (5, 16), np.uint8)
    found = eavesdropping.under_keys(CIPHER, values, keys)
    assert found.dtype == np.uint16
    # A bit that Bob is undecided about may fall either way, with what stands beside it.
    expected = np.array([CIPHER.decrypt_blocks(values, key) for key in keys])
    assert metrics.bit_accuracy(found.ravel(), expected.ravel()).share > 0.98


@given(st.lists(st.lists(st.integers(0, 4), min_size=6, max_size=6), min_size=1, max_size=5))
def test_merged_blocks_are_those_that_came_before(rows):
    blocks = np.array(rows, np.uint16)
    assert eavesdropping.count_merged(blocks).tolist() == [6 - len(set(row)) for row in rows]


def test_noise_is_rough_a_slope_is_not_and_contrast_does_not_matter():
    noise = rng_of(1).integers(0, 256, (64, 64, 3), np.uint8)
    slope = np.repeat(np.arange(64, dtype=np.uint8), 64 * 3).reshape(64, 64, 3)
    assert eavesdropping.roughness(noise) == pytest.approx(1.155, abs=0.03)
    assert eavesdropping.roughness(slope) < 0.05
    assert eavesdropping.roughness(noise // 4 * 2) == pytest.approx(
        eavesdropping.roughness(noise // 4)
    )
    assert eavesdropping.roughness(np.full((4, 4, 3), 9, np.uint8)) == np.inf


@given(st.integers(0, 248), st.integers(0, 124), st.integers(1, 8), st.integers(1, 4))
@settings(deadline=None)
def test_a_patch_of_the_ciphertext_is_the_ciphertext_of_the_patch(top, half_left, height, half):
    left, width = 2 * half_left, 2 * half
    patch = eavesdropping.cut(HEARD["dog"], top, left, height, width)
    seen = pictures.load("dog")[top : top + height, left : left + width]
    assert patch.shape == seen.shape
    assert np.array_equal(CIPHER.decrypt(patch, KEY), seen)


@pytest.mark.parametrize("corner", [(0, 1, 8, 8), (0, 0, 8, 7)])
def test_a_patch_that_cuts_a_block_in_two_is_refused(corner):
    assert "even" in refusal(lambda: eavesdropping.cut(HEARD["eye"], *corner))


def test_a_picture_of_odd_width_has_no_patches():
    odd = CIPHER.encrypt(pictures.load("eye")[:9, :9], KEY)
    assert "9 wide" in refusal(lambda: eavesdropping.cut(odd, 0, 0, 8, 8))


@pytest.mark.parametrize("corner", [(-1, 0, 8, 8), (250, 0, 8, 8), (0, 250, 8, 8), (0, 0, 0, 8)])
def test_a_patch_outside_the_picture_is_refused(corner):
    assert "must lie in the picture" in refusal(lambda: eavesdropping.cut(HEARD["eye"], *corner))


@pytest.mark.parametrize("corner", [(0.5, 0, 8, 8), (0, "0", 8, 8), (0, 0, None, 8)])
def test_a_patch_has_whole_numbers(corner):
    ciphertext = pad().encrypt(pictures.load("eye"), bits.PAPER_KEY)
    assert "whole numbers of pixels" in refusal(lambda: eavesdropping.cut(ciphertext, *corner))


def test_what_is_no_pair_and_what_is_no_ciphertext_is_named():
    picture = pictures.load("eye")
    text = refusal(lambda: eavesdropping.cut(picture, 0, 0, 8, 8))
    assert "A Ciphertext is asked for" in text and "here is ndarray" in text
    text = refusal(lambda: next(eavesdropping.brute_force("paper", picture)))
    assert "A trained pair is asked for, and here is str" in text


def test_variety_counts_the_different_blocks_of_each_patch():
    variety = eavesdropping.variety(HEARD["penguin"], side=16)
    assert variety.shape == (16, 16)
    patch = pictures.load("penguin")[80:96, 96:112]
    assert variety[5, 6] == np.unique(bits.picture_to_blocks(np.ascontiguousarray(patch))).size


# --- consistency ---


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(seeds)
def test_one_block_gives_the_key_away(seed):
    rng = rng_of(seed)
    key, block = bits.random_key(rng), rng.integers(0, 65536, 1).astype(np.uint16)
    values = CIPHER.encrypt_blocks(block, key)[0].astype(np.float16)
    assert np.array_equal(eavesdropping.consistency(CIPHER, values), key)


@pytest.mark.parametrize("shape", [(2, 16), (1, 16), (15,), ()])
def test_more_or_less_than_one_block_is_refused(shape):
    said = refusal(lambda: eavesdropping.consistency(CIPHER, np.zeros(shape, np.float32)))
    assert str(shape) in said


# --- the recorded phases ---


def test_the_recorded_phases_tell_the_story_of_the_lesson():
    path = manifest.checked("results/three_phases.json")
    phases = json.loads(path.read_text(encoding="utf-8"))["phases"]
    assert [phase["phase"]["learners"] for phase in phases] == ["all", "eve", "all"]
    for phase in phases:
        curves = [phase[name] for name in ("iteration", "bob_loss", "eve_loss")]
        assert {len(curve) for curve in curves} == {phase["phase"]["iterations"] // 100}
        scores = {name: metrics.Proportion(**share) for name, share in phase["scores"].items()}
        assert scores["bob_blocks"].share > 0.9989  # the paper's last
        assert scores["eve_blocks"].low > metrics.CHANCE_OF_BLOCK
        assert scores["eve_bits"].low > metrics.CHANCE_OF_BIT


# --- pairs whose ciphertext is bits ---------------------------------------------------------------


@pytest.mark.parametrize("name", ["proven", "diffusing", "resisting"])
def test_in_a_graph_alice_says_what_she_says_in_numpy(name):
    alice = NeuralCipher.load(name).alice
    x = bits.bits_to_signs(np.random.default_rng(1).integers(0, 2, (1000, 32), np.uint8))
    assert np.array_equal(fresh_eves.in_a_graph(alice)(x).numpy(), alice(x))


def test_one_known_block_gives_the_key_of_a_pad():
    cipher, key = pad(), bits.parse_key("0110 1001 1100 0011")
    blocks = np.array([54321], np.uint16)
    found = eavesdropping.exhaustive_key_search(cipher, blocks, cipher.encrypt_blocks(blocks, key))
    assert np.array_equal(found, [key])


@pytest.mark.parametrize("name", ["paper", "diffusing", "resisting"])
def test_the_right_key_fits_known_blocks_and_three_leave_no_other(name):
    cipher, rng = NeuralCipher.load(name), np.random.default_rng(2)
    key, blocks = bits.random_key(rng), rng.integers(0, 65536, 3, np.uint16)
    values = cipher.encrypt_blocks(blocks, key).astype(np.float16)
    one = eavesdropping.exhaustive_key_search(cipher, blocks[:1], values[:1])
    assert key.tolist() in one.tolist()
    assert np.array_equal(eavesdropping.exhaustive_key_search(cipher, blocks, values), [key])


def test_no_key_fits_blocks_that_were_never_encrypted_so():
    cipher = pad()
    known = np.array([1, 2], np.uint16)
    values = cipher.encrypt_blocks(np.array([1, 7], np.uint16), bits.PAPER_KEY)
    assert eavesdropping.exhaustive_key_search(cipher, known, values).shape == (0, 16)


def test_what_rests_on_merged_blocks_refuses_a_pair_of_bits():
    cipher = pad()
    ciphertext = cipher.encrypt(np.zeros((8, 8, 3), np.uint8), bits.PAPER_KEY)
    with pytest.raises(ValueError, match="Every key of the pair 'pad'.*use exhaustive_key_search"):
        next(eavesdropping.brute_force(cipher, ciphertext))
    with pytest.raises(ValueError, match="use exhaustive_key_search"):
        eavesdropping.consistency(cipher, ciphertext.values[0])


@pytest.mark.parametrize("name", ["proven", "diffusing", "resisting"])
def test_blocks_under_every_key_are_what_bob_reads_under_each(name):
    cipher = NeuralCipher.load(name)
    blocks = rng_of(4).integers(0, 65536, 5, np.uint16)
    made, sent = under_every_key(cipher, blocks), signs(blocks)
    for key in (0, 1, 21845, 40000, 65535):
        assert np.array_equal(made[key], cipher.decrypt_blocks(sent, eavesdropping.ALL_KEYS[key]))


def test_a_pair_of_which_all_keys_at_once_are_unknown():
    with pytest.raises(ValueError, match="All keys at once are for .*'paper' is none: try"):
        under_every_key(CIPHER, np.zeros(1, np.uint16))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "keys"), [("proven", 2), ("diffusing", 1), ("resisting", 1)])
def test_the_key_is_in_the_ciphertext_of_a_picture(name, keys):
    """No block is known; but a picture is smooth. Of a pad, so is its negative."""
    cipher, picture = NeuralCipher.load(name), pictures.load("eye")
    heard = cipher.encrypt(picture, KEY)
    found = eavesdropping.smoothest_keys(cipher, eavesdropping.cut(heard, 120, 120, 8, 8))
    assert len(found) == keys and KEY.tolist() in found.tolist()
    for other in found[np.any(found != KEY, axis=1)]:
        assert np.array_equal(cipher.decrypt(heard, other), 255 - picture)


def test_a_flat_patch_does_not_tell_the_key():
    cipher = NeuralCipher.load("proven")
    patch = cipher.encrypt(np.full((4, 4, 3), 99, np.uint8), KEY)
    assert len(eavesdropping.smoothest_keys(cipher, patch)) > 2


def test_a_patch_of_bits_is_cut_and_one_of_chained_blocks_is_not():
    cipher, picture = pad(), np.random.default_rng(3).integers(0, 256, (8, 8, 3), np.uint8)
    patch = eavesdropping.cut(cipher.encrypt(picture, bits.PAPER_KEY), 2, 4, 4, 2)
    assert np.array_equal(cipher.decrypt(patch, bits.PAPER_KEY), picture[2:6, 4:6])
    chained = cipher.encrypt(picture, bits.PAPER_KEY, CBC(bits.PAPER_KEY))
    with pytest.raises(ValueError, match="Only in ECB mode does a patch stand alone.*CBC"):
        eavesdropping.cut(chained, 0, 0, 4, 4)
