"""Three ways to the key: each finds it where it can, and says so where it cannot."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import pictures as built_in
from helpers.learnable import key_recovery
from helpers.learnable.key_recovery import Matching
from helpers.learnable.scramble import BlockScrambler, from_nibbles, pad, random_key, to_nibbles
from tests.fuzzing import ODD_VALUES, outcome

seeds = st.integers(0, 2**32 - 1)


def natural(n: int, rng: np.random.Generator, side: int = 32) -> np.ndarray:
    """Clouds of 1/f noise, their colours mostly alike: uint8 (n, side, side, 3)."""
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.fftfreq(side))
    frequency[0, 0] = 1
    noise = np.fft.fft2(rng.normal(size=(4, n, side, side))) / frequency**1.2
    noise = np.fft.ifft2(noise).real
    noise /= noise.std(axis=(2, 3), keepdims=True)
    colours = np.moveaxis(noise[0] + 0.35 * noise[1:], 0, -1)
    level, contrast = rng.uniform(90, 160, (n, 1, 1, 3)), rng.uniform(30, 60, (n, 1, 1, 1))
    return np.clip(np.round(level + contrast * colours), 0, 255).astype(np.uint8)


def tiles(name: str) -> np.ndarray:
    """A built-in picture cut into 64 of 32 x 32: uint8 (64, 32, 32, 3)."""
    return built_in.load(name).reshape(8, 32, 8, 32, 3).swapaxes(1, 2).reshape(64, 32, 32, 3)


def cipher_of(rng: np.random.Generator, block_size: int = 4) -> BlockScrambler:
    return BlockScrambler(random_key(rng, block_size), block_size)


def likeness_of(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


# --- Chosen plaintext ---


@given(seeds, st.integers(1, 6))
def test_chosen_blocks_give_every_key(seed, block_size):
    cipher = cipher_of(np.random.default_rng(seed), block_size)
    key = key_recovery.chosen_plaintext(cipher.encrypt, block_size)
    np.testing.assert_array_equal(key, cipher.key)


@pytest.mark.parametrize(("block_size", "blocks"), [(1, 1), (2, 2), (4, 2), (5, 3), (8, 3)])
def test_how_many_blocks_it_takes(block_size, blocks):
    telling = key_recovery.telling_blocks(block_size)
    assert telling.shape == (blocks, block_size, block_size, 3)
    assert telling.dtype == np.uint8


@pytest.mark.parametrize("block_size", [1, 2, 3, 4, 5])
def test_telling_blocks_tell_every_nibble_and_its_reverse(block_size):
    nibbles = to_nibbles(key_recovery.telling_blocks(block_size), block_size).reshape(
        6 * block_size**2, -1
    )
    codes = {tuple(row) for row in nibbles.tolist()} | {tuple(row) for row in 15 - nibbles}
    assert len(codes) == 12 * block_size**2


@pytest.mark.parametrize("other", [np.zeros_like, lambda x: x ^ 1, lambda x: np.roll(x, 1, axis=0)])
def test_another_cipher_has_no_key(other):
    with pytest.raises(ValueError, match="No key makes these ciphertexts"):
        key_recovery.chosen_plaintext(other)


# --- Known plaintext ---


def test_one_picture_gives_the_key():
    rng = np.random.default_rng(0)
    for picture in natural(60, rng)[:, None]:
        cipher = cipher_of(rng)
        key = key_recovery.known_plaintext(picture, cipher.encrypt(picture))
        np.testing.assert_array_equal(key, cipher.key)


def test_a_key_found_reads_other_pictures():
    rng = np.random.default_rng(1)
    cipher, (known, secret) = cipher_of(rng), natural(2, rng)[:, None]
    key = key_recovery.known_plaintext(known, cipher.encrypt(known))
    np.testing.assert_array_equal(BlockScrambler(key).decrypt(cipher.encrypt(secret)), secret)


@pytest.mark.parametrize("padded", [False, True])
def test_pictures_count_before_or_after_padding(padded):
    rng = np.random.default_rng(2)
    cipher, picture = cipher_of(rng), natural(1, rng)[:, :30, :31]
    known = pad(picture) if padded else picture
    key = key_recovery.known_plaintext(known, cipher.encrypt(picture))
    np.testing.assert_array_equal(key, cipher.key)


@pytest.mark.parametrize("block_size", [1, 2, 3, 8])
def test_other_block_sizes(block_size):
    rng = np.random.default_rng(3)
    cipher, pictures = cipher_of(rng, block_size), natural(8, rng)
    key = key_recovery.known_plaintext(pictures, cipher.encrypt(pictures), block_size)
    np.testing.assert_array_equal(key, cipher.key)


@given(seeds, st.sampled_from(["natural", "grey", "flat", "one block"]))
@settings(max_examples=40)
def test_the_true_key_is_never_struck_out(seed, kind):
    rng = np.random.default_rng(seed)
    cipher, picture = cipher_of(rng), natural(1, rng)
    if kind == "grey":
        picture = np.repeat(picture[..., :1], 3, axis=3)
    if kind == "flat":
        picture[:] = picture[:, :1, :1]
    if kind == "one block":
        picture = picture[:, :4, :4]
    fits = key_recovery.possible_keys(to_nibbles(picture), to_nibbles(cipher.encrypt(picture)))
    assert fits[np.arange(96), cipher.key].all()


def test_a_grey_picture_leaves_open_what_it_says():
    rng = np.random.default_rng(4)
    cipher, picture = cipher_of(rng), np.repeat(natural(1, rng)[..., :1], 3, axis=3)
    encrypted = cipher.encrypt(picture)
    fits = key_recovery.possible_keys(to_nibbles(picture), to_nibbles(encrypted))
    places = np.flatnonzero(fits.sum(axis=1) > 1)
    first = ", ".join(map(str, places[:6]))
    message = f"leave {len(places)} of the key's 96 entries open, at {first}, ...: add another"
    with pytest.raises(ValueError, match=message):
        key_recovery.known_plaintext(picture, encrypted)
    # Open indeed: two entries exchanged make another key with the same ciphertext.
    exchanges = [
        (a, b) for a in places for b in places if fits[a, cipher.key[b]] and fits[b, cipher.key[a]]
    ]
    others = []
    for a, b in exchanges:
        key = cipher.key.copy()
        key[[a, b]] = key[[b, a]]
        if a != b and np.array_equal(BlockScrambler(key).encrypt(picture), encrypted):
            others.append((a, b))
    assert {place for pair in others for place in pair} >= set(places[:6].tolist())


def test_a_picture_in_colour_closes_what_a_grey_one_leaves_open():
    rng = np.random.default_rng(5)
    cipher, pictures = cipher_of(rng), natural(2, rng)
    pictures[0] = pictures[0, ..., :1]
    key = key_recovery.known_plaintext(pictures, cipher.encrypt(pictures))
    np.testing.assert_array_equal(key, cipher.key)


@pytest.mark.parametrize("n", [0, 1])
def test_no_detail_at_all_leaves_nearly_everything_open(n):
    picture = np.full((n, 32, 32, 3), 100, np.uint8)
    encrypted = cipher_of(np.random.default_rng(6)).encrypt(picture)
    with pytest.raises(ValueError, match="of the key's 96 entries open"):
        key_recovery.known_plaintext(picture, encrypted)


def test_what_does_not_belong_together_has_no_key():
    rng = np.random.default_rng(7)
    one, other = natural(2, rng)[:, None]
    with pytest.raises(ValueError, match="No key makes these ciphertexts"):
        key_recovery.known_plaintext(one, cipher_of(rng).encrypt(other))
    with pytest.raises(ValueError, match="No key makes these ciphertexts"):
        key_recovery.known_plaintext(one, cipher_of(rng, 8).encrypt(one))


def test_shapes_that_do_not_match_are_refused():
    pictures = natural(2, np.random.default_rng(8))
    with pytest.raises(ValueError, match="Each picture needs its ciphertext"):
        key_recovery.known_plaintext(pictures, pictures[:1])
    with pytest.raises(ValueError, match="whole blocks of 4 x 4 pixels"):
        key_recovery.known_plaintext(pictures[:, :30], pictures[:, :30])
    with pytest.raises(ValueError, match="if 1.0 is white"):
        key_recovery.known_plaintext(pictures / 255, pictures)


# --- Wrong types ---

PAIR = np.zeros((1, 8, 8, 3), np.uint8)


@pytest.mark.parametrize("block_size", [0, -1, True, 4.0, "4", None, [4], 10**30])
def test_a_block_size_that_is_none_is_named(block_size):
    for call in (
        lambda: key_recovery.known_plaintext(PAIR, PAIR, block_size),
        lambda: key_recovery.ciphertext_only(PAIR, PAIR, block_size),
        lambda: key_recovery.telling_blocks(block_size),
        lambda: to_nibbles(PAIR, block_size),
        lambda: random_key(np.random.default_rng(1), block_size),
    ):
        with pytest.raises(ValueError, match="whole number of pixels a side.*the paper's is 4"):
            call()


def test_a_block_size_of_numpy_s_is_a_block_size():
    rng = np.random.default_rng(15)
    cipher, picture = cipher_of(rng), natural(1, rng)
    key = key_recovery.known_plaintext(picture, cipher.encrypt(picture), np.uint8(4))
    np.testing.assert_array_equal(key, cipher.key)


@pytest.mark.parametrize(
    "function",
    [
        key_recovery.chosen_plaintext,
        BlockScrambler,
        random_key,
        from_nibbles,
        to_nibbles,
        lambda odd: key_recovery.known_plaintext(odd, PAIR),
        lambda odd: key_recovery.known_plaintext(PAIR, odd),
        lambda odd: key_recovery.ciphertext_only(PAIR, odd),
        lambda odd: key_recovery.ciphertext_only(odd, PAIR),
        BlockScrambler(np.arange(96)).decrypt,
    ],
)
def test_whatever_comes_gets_an_answer_or_a_sentence_and_no_foreign_error(function):
    for odd in (*ODD_VALUES, np.zeros(3), np.array(["a"]), np.array(3), np.uint8(5), object()):
        outcome(function, odd)


# --- Ciphertext only ---


@pytest.mark.parametrize("seed", range(4))
def test_one_ciphertext_gives_its_picture_away(seed):
    rng = np.random.default_rng(seed)
    public, picture = natural(60, rng), natural(1, rng)
    encrypted = cipher_of(rng).encrypt(picture)
    assert abs(likeness_of(encrypted, picture)) < 0.3
    estimate = key_recovery.ciphertext_only(encrypted, public)
    assert estimate.shape == picture.shape and estimate.dtype == np.uint8
    assert likeness_of(estimate, picture) > 0.95


def test_twenty_ciphertexts_give_every_high_nibble():
    rng = np.random.default_rng(4)
    public, pictures = natural(60, rng), natural(20, rng)
    estimate = key_recovery.ciphertext_only(cipher_of(rng).encrypt(pictures), public)
    np.testing.assert_array_equal(estimate >> 4, pictures >> 4)
    assert (estimate & 15 == 8).all()


@pytest.mark.parametrize("name", built_in.NAMES)
def test_a_drawing_is_read_by_what_the_other_two_show(name):
    public = np.concatenate([tiles(other) for other in built_in.NAMES if other != name])
    picture = built_in.load(name)[None]
    encrypted = cipher_of(np.random.default_rng(5)).encrypt(picture)
    assert likeness_of(key_recovery.ciphertext_only(encrypted, public), picture) > 0.98


def test_blocks_of_two_and_sides_that_were_padded():
    rng = np.random.default_rng(6)
    public, pictures = natural(60, rng), natural(8, rng)[:, :31, :29]
    encrypted = cipher_of(rng, 2).encrypt(pictures)
    estimate = key_recovery.ciphertext_only(encrypted, public, block_size=2)
    assert estimate.shape == encrypted.shape
    assert likeness_of(estimate[:, :31, :29], pictures) > 0.95


def test_the_search_repeats_itself():
    rng = np.random.default_rng(7)
    public, picture = natural(20, rng), natural(1, rng)
    encrypted = cipher_of(rng).encrypt(picture)
    once, again = (key_recovery.ciphertext_only(encrypted, public) for _ in range(2))
    np.testing.assert_array_equal(once, again)


@pytest.mark.parametrize(
    ("shape", "came"), [((0, 32, 32, 3), "here are 0"), ((1, 4, 32, 3), "here are 1, of 1 x 8")]
)
def test_blocks_need_neighbours(shape, came):
    rng = np.random.default_rng(8)
    few, enough = np.zeros(shape, np.uint8), natural(1, rng)
    for ciphertexts, public in ((few, enough), (enough, few)):
        with pytest.raises(ValueError, match=f"at least 2 x 2; {came}.*give more, larger pictures"):
            key_recovery.ciphertext_only(ciphertexts, public)


def test_a_ciphertext_is_whole_blocks():
    pictures = natural(1, np.random.default_rng(9))
    with pytest.raises(ValueError, match="whole blocks of 4 x 4 pixels; these have 30 x 32"):
        key_recovery.ciphertext_only(pictures[:, :30], pictures)


# --- The parts of the search ---


def test_correlation_is_numpy_s_and_a_constant_row_has_none():
    rng = np.random.default_rng(10)
    a, b = rng.normal(size=(2, 5, 3, 4))
    expected = np.corrcoef(a.reshape(5, -1), b.reshape(5, -1))[:5, 5:]
    np.testing.assert_allclose(key_recovery.correlation(a, b), expected)
    a[2] = 7
    assert not key_recovery.correlation(a, b)[2].any()


def test_likeness_looks_right_and_down():
    picture = natural(1, np.random.default_rng(11))
    nibbles = to_nibbles(picture)[48:]
    right, below = key_recovery.likeness(nibbles)[1:]
    last_column, last_row = 3 * 3, 3 * 4 * 3  # of the red bytes
    assert right[last_column, 0] > right[0, last_column]
    assert below[last_row, 0] > below[0, last_row]


def test_high_nibbles_and_their_signs_are_found():
    rng = np.random.default_rng(12)
    cipher, pictures = cipher_of(rng), natural(4, rng)
    within = key_recovery.likeness(to_nibbles(cipher.encrypt(pictures)))[0]
    slots = key_recovery.high_slots(within)
    np.testing.assert_array_equal(slots, np.flatnonzero(cipher.key >= 48))
    signs = key_recovery.upright_signs(within[slots[:, None], slots])
    backwards = cipher.key > 48
    upright = np.where(backwards[slots] == backwards[cipher.key[slots]], 1, -1)
    assert abs((signs * upright).sum()) == 48


def some_matching(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return (*rng.normal(size=(2, 3, n, n)), rng.normal(size=(n, n)))


@given(seeds)
@settings(max_examples=25)
def test_the_score_is_what_it_says(seed):
    rng = np.random.default_rng(seed)
    ours, theirs, hint = some_matching(rng, 5)
    p = rng.permutation(5)
    expected = sum(
        ours[s, i, j] * theirs[s, p[i], p[j]] for s in range(3) for i in range(5) for j in range(5)
    ) + sum(hint[i, p[i]] for i in range(5))
    assert Matching(ours, theirs, hint).score(p) == pytest.approx(expected)


@given(seeds)
@settings(max_examples=25)
def test_no_exchange_is_left_that_would_raise_the_score(seed):
    rng = np.random.default_rng(seed)
    matching = Matching(*some_matching(rng, 7))
    start = rng.permutation(7)
    found = matching.swapped(start)
    assert matching.score(found) >= matching.score(start)
    for i in range(7):
        for j in range(i):
            other = found.copy()
            other[[i, j]] = other[[j, i]]
            assert matching.score(other) <= matching.score(found) + 1e-9


def test_the_relaxation_finds_an_order_that_was_hidden():
    rng = np.random.default_rng(13)
    theirs, hidden = rng.normal(size=(3, 30, 30)), rng.permutation(30)
    ours = theirs[:, hidden[:, None], hidden] + 0.1 * rng.normal(size=(3, 30, 30))
    matching = Matching(ours, theirs, np.zeros((30, 30)))
    np.testing.assert_array_equal(matching.relaxed(np.full((30, 30), 1 / 30)), hidden)


def test_starts_are_doubly_stochastic():
    first, *rest = key_recovery.starts(6, np.random.default_rng(14))
    assert len(rest) == 7 and len(np.unique(first)) == 1
    for match in (first, *rest):
        np.testing.assert_allclose(match.sum(axis=0), 1)
        np.testing.assert_allclose(match.sum(axis=1), 1)
