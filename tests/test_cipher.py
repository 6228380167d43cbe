"""The shipped pair loses no bit; its files are what was saved, or an error."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
from fuzzing import outcome
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from helpers import bits, files, manifest, metrics, pictures
from helpers.bits import ALL_BLOCKS, PAPER_KEY
from helpers.neural.chain import Chain, Layer
from helpers.neural.cipher import Ciphertext, NeuralCipher
from helpers.neural.modes import CBC, CTR

EYE = pictures.load("eye")
WRONG_KEY = bits.flip(PAPER_KEY, 6)  # the paper's
DTYPES = [np.float16, np.float32]

both_dtypes = pytest.mark.parametrize("dtype", DTYPES)
small_pictures = hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3)))


@pytest.fixture(scope="session")
def cipher() -> NeuralCipher:
    return NeuralCipher.load("paper")


@pytest.fixture(scope="session")
def stranger(cipher) -> NeuralCipher:
    """Another pair: the shipped one with a single weight moved."""
    weights = [w.copy() for w in cipher.alice.weights]
    weights[0][0, 0] += 0.01
    return NeuralCipher(type(cipher.alice)(cipher.alice.layers, weights), cipher.bob, "stranger")


@pytest.fixture
def ciphertext(cipher) -> Ciphertext:
    return cipher.encrypt(EYE[100:105, 60:63], PAPER_KEY)


# --- Bob is right ---


@both_dtypes
def test_every_block_under_the_paper_s_key(cipher, dtype):
    values = cipher.encrypt_blocks(ALL_BLOCKS, PAPER_KEY).astype(dtype)
    assert np.array_equal(cipher.decrypt_blocks(values, PAPER_KEY), ALL_BLOCKS)


@pytest.mark.slow
def test_a_million_random_pairs_of_message_and_key(cipher):
    from data.studies.pairs import wrong_blocks  # loads TensorFlow, which a cipher needs not

    wrong, margin = wrong_blocks(cipher, np.random.default_rng(7), 1_000_000)
    assert wrong == 0
    assert margin > 0


@pytest.mark.parametrize("name", pictures.NAMES)
def test_the_pictures_come_back_identical(cipher, name):
    picture = pictures.load(name)
    ciphertext = cipher.encrypt(picture, PAPER_KEY)
    assert ciphertext.values.shape == (256 * 256 * 3 // 2, 16)
    assert ciphertext.values.dtype == np.float16
    assert np.array_equal(cipher.decrypt(ciphertext, PAPER_KEY), picture)


@settings(max_examples=30, deadline=None)
@given(small_pictures, st.integers(0, 2**32 - 1))
def test_any_picture_comes_back_under_any_key(cipher, picture, seed):
    key = bits.random_key(np.random.default_rng(seed))
    back = cipher.decrypt(cipher.encrypt(picture, key), key)
    assert back.dtype == np.uint8
    assert np.array_equal(back, picture)


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 2, 3), (1, 4001, 3), (333, 1, 3), (57, 91, 3)])
def test_odd_shapes_come_back_identical(cipher, shape):
    picture = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    assert np.array_equal(cipher.decrypt(cipher.encrypt(picture, PAPER_KEY), PAPER_KEY), picture)


def test_a_picture_that_is_a_view_of_another(cipher):
    picture = EYE[::-3, 5:200:7]
    assert np.array_equal(cipher.decrypt(cipher.encrypt(picture, PAPER_KEY), PAPER_KEY), picture)


# --- ECB ---


def test_encryption_is_alice_block_by_block(cipher):
    blocks = bits.picture_to_blocks(EYE)[20_000:20_500]
    values = cipher.encrypt_blocks(blocks, PAPER_KEY)
    assert values.dtype == np.float32
    assert np.abs(values).max() < 1
    book = cipher.codebook(PAPER_KEY)
    assert book[blocks] == pytest.approx(values, abs=6e-4)  # the rounding of float16
    assert np.array_equal(cipher.encrypt(EYE, PAPER_KEY).values[20_000:20_500], book[blocks])


def test_another_key_has_another_codebook_and_the_first_one_s_returns(cipher):
    first = cipher.codebook(PAPER_KEY).copy()
    assert not np.array_equal(cipher.codebook(WRONG_KEY), first)
    assert np.array_equal(cipher.codebook(PAPER_KEY), first)
    with pytest.raises(ValueError, match="read-only"):
        cipher.codebook(PAPER_KEY)[0] = 0


def test_a_key_is_not_confused_with_a_later_change_of_it(cipher):
    key = PAPER_KEY.copy()
    before = cipher.codebook(key).copy()
    key[0] ^= 1
    assert not np.array_equal(cipher.codebook(key), before)


def test_a_wrong_key_gives_a_wrong_picture(cipher):
    wrong = cipher.decrypt(cipher.encrypt(EYE, PAPER_KEY), WRONG_KEY)
    assert wrong.shape == EYE.shape
    assert metrics.bits_wrong(EYE, wrong) > 0.25


# --- The ciphertext ---


@given(small_pictures)
def test_a_ciphertext_is_seen_at_four_times_the_height_and_six_times_the_width(cipher, picture):
    height, width, _ = picture.shape
    seen = cipher.encrypt(picture, PAPER_KEY).as_picture()
    spare = 4 * (height % 2 and width % 2)
    assert seen.shape == (4 * height + spare, 6 * width, 3)
    assert seen.dtype == np.uint8
    assert (seen == seen[..., :1]).all()  # grey


@settings(deadline=None)
@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_each_block_is_a_tile_at_its_place(cipher, height, width, seed):
    """Pictures of two bytes only, so that equal blocks abound."""
    picture = np.random.default_rng(seed).choice(np.uint8([40, 200]), (height, width, 3))
    ciphertext = cipher.encrypt(picture, PAPER_KEY)
    seen = ciphertext.as_picture()[..., 0]
    tile_height, across = (8, 3 * width) if width % 2 else (4, 3 * width // 2)
    tile_width = 16 // tile_height
    low, high = ciphertext.values.min(axis=0), ciphertext.values.max(axis=0)
    for i, values in enumerate(ciphertext.values):
        top, left = i // across * tile_height, i % across * tile_width
        tile = seen[top : top + tile_height, left : left + tile_width].ravel()
        # Black where a position has its smallest value, white where its largest.
        assert (tile[values == low] == 0).all()
        assert (tile[(values == high) & (high > low)] == 255).all()


def test_equal_blocks_are_equal_tiles_and_different_blocks_different_ones(cipher):
    picture = np.full((2, 8, 3), 10, np.uint8)
    picture[:, 4:] = 250
    seen = cipher.encrypt(picture, PAPER_KEY).as_picture()[..., 0]
    tiles = seen.reshape(2, 4, 12, 4).swapaxes(1, 2)
    assert (tiles[:, :6] == tiles[0, 0]).all()
    assert (tiles[:, 6:] == tiles[0, 6]).all()
    assert (tiles[0, 0] != tiles[0, 6]).all()


# --- Files: ciphertexts ---


@both_dtypes
def test_a_ciphertext_comes_back_from_its_file(cipher, tmp_path, dtype):
    sent = cipher.encrypt(EYE, PAPER_KEY)
    ciphertext = Ciphertext(sent.data.astype(dtype), sent.shape, sent.cipher)
    ciphertext.save(tmp_path / "eye.npz")
    loaded = Ciphertext.load(tmp_path / "eye.npz")
    assert np.array_equal(loaded.values, ciphertext.values)
    assert (loaded.values.dtype, loaded.shape, loaded.cipher) == (
        ciphertext.values.dtype,
        ciphertext.shape,
        ciphertext.cipher,
    )
    assert np.array_equal(cipher.decrypt(loaded, PAPER_KEY), EYE)


def test_a_file_keeps_its_name_whatever_it_ends_in(ciphertext, tmp_path):
    ciphertext.save(tmp_path / "secret.bin")
    assert [path.name for path in tmp_path.iterdir()] == ["secret.bin"]
    assert Ciphertext.load(tmp_path / "secret.bin").shape == ciphertext.shape


def test_a_failed_save_leaves_the_old_file_and_no_rest(ciphertext, tmp_path, monkeypatch):
    path = tmp_path / "eye.npz"
    ciphertext.save(path)
    before = path.read_bytes()

    def full_disk(file, **arrays):
        file.write(b"half of it")
        raise OSError("No space left on device")

    monkeypatch.setattr(np, "savez", full_disk)
    with pytest.raises(OSError, match="No space"):
        ciphertext.save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_cut_short_anywhere(ciphertext, tmp_path):
    path = tmp_path / "eye.npz"
    ciphertext.save(path)
    data = path.read_bytes()
    for length in range(0, len(data), 13):
        path.write_bytes(data[:length])
        with pytest.raises(ValueError, match="eye.npz is cut short or no .npz file: fetch it"):
            Ciphertext.load(path)


@pytest.mark.slow
def test_a_changed_byte_anywhere_is_found_or_does_not_matter(ciphertext, tmp_path):
    """A zip file has bytes, dates say, that its arrays do not depend on."""
    path = tmp_path / "eye.npz"
    ciphertext.save(path)
    data, found = path.read_bytes(), 0
    for position in range(len(data)):
        changed = bytearray(data)
        changed[position] ^= 1 << position % 8
        path.write_bytes(changed)
        try:
            loaded = Ciphertext.load(path)
        except ValueError:
            found += 1
        else:
            assert loaded.values.tobytes() == ciphertext.values.tobytes()
            assert (loaded.shape, loaded.cipher) == (ciphertext.shape, ciphertext.cipher)
    assert found > len(data) / 2


def test_values_changed_and_packed_again_are_found(ciphertext, tmp_path):
    path = tmp_path / "eye.npz"
    ciphertext.save(path)
    arrays = dict(np.load(path))
    arrays["values"][0, 0] += 0.5
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match="eye.npz was changed after it was written"):
        Ciphertext.load(path)


def test_no_npz_file_at_all(tmp_path):
    path = tmp_path / "eye.npz"
    with pytest.raises(FileNotFoundError, match="There is no file .*eye.npz"):
        Ciphertext.load(path)
    path.write_text("a letter", encoding="utf-8")
    with pytest.raises(ValueError, match="no .npz file"):
        Ciphertext.load(path)
    with open(path, "wb") as file:
        np.save(file, np.zeros(3))  # one array, not an archive of several
    with pytest.raises(ValueError, match="no .npz file"):
        Ciphertext.load(path)


class Trap:
    """An object that leaves a trace when it is unpickled."""

    def __init__(self, path: str):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


def test_a_pickle_in_a_file_is_refused_and_not_run(tmp_path):
    path, trace = tmp_path / "eye.npz", tmp_path / "trace"
    np.savez(path, values=np.array([Trap(str(trace))], dtype=object))
    for load in (Ciphertext.load, NeuralCipher.load):
        with pytest.raises(ValueError, match="no .npz file"):
            load(path)
    assert not trace.exists()


def test_the_ciphertext_of_another_pair(ciphertext, stranger):
    with pytest.raises(ValueError, match="of another pair .*, not of 'stranger'"):
        stranger.decrypt(ciphertext, PAPER_KEY)


def test_a_pair_is_no_ciphertext_and_a_ciphertext_no_pair(cipher, ciphertext, tmp_path):
    cipher.save(tmp_path / "pair.npz")
    ciphertext.save(tmp_path / "eye.npz")
    with pytest.raises(ValueError, match="pair.npz holds no ciphertext"):
        Ciphertext.load(tmp_path / "pair.npz")
    with pytest.raises(ValueError, match="eye.npz holds no pair"):
        NeuralCipher.load(tmp_path / "eye.npz")


# --- Files: pairs ---


def test_the_shipped_pair_says_how_it_was_made(cipher):
    assert cipher.name == "paper"
    assert {"command", "seed", "date", "python", "tensorflow", "keras"} <= set(cipher.about)
    assert cipher.about["command"] == manifest.entries()["weights/paper.npz"]["made"]
    json.dumps(cipher.about)


def test_a_pair_comes_back_from_its_file(stranger, tmp_path):
    stranger.about = {"seed": 3}
    stranger.save(tmp_path / "pair.npz")
    loaded = NeuralCipher.load(tmp_path / "pair.npz")
    assert (loaded.name, loaded.about) == ("stranger", {"seed": 3})
    assert loaded.fingerprint == stranger.fingerprint
    blocks = ALL_BLOCKS[::999]
    values = loaded.encrypt_blocks(blocks, PAPER_KEY)
    assert np.array_equal(values, stranger.encrypt_blocks(blocks, PAPER_KEY))
    answers = loaded.raw_blocks(values, PAPER_KEY)
    assert np.array_equal(answers, stranger.raw_blocks(values, PAPER_KEY))


def test_the_fingerprint_tells_pairs_apart(cipher, stranger):
    assert cipher.fingerprint == NeuralCipher.load("paper").fingerprint
    assert cipher.fingerprint != stranger.fingerprint


def test_an_unknown_name():
    with pytest.raises(ValueError, match=r"knows no 'weights/papper.npz': choose one of .*paper"):
        NeuralCipher.load("papper")


def test_missing_and_tampered_weights(tmp_path, monkeypatch):
    shutil.copytree(manifest.DATA / "weights", tmp_path / "weights")
    shutil.copy(manifest.MANIFEST, tmp_path)
    monkeypatch.setattr(manifest, "DATA", tmp_path)
    monkeypatch.setattr(manifest, "MANIFEST", tmp_path / "MANIFEST.json")
    NeuralCipher.load("paper")  # the copy is good
    weights = tmp_path / "weights" / "paper.npz"
    data = bytearray(weights.read_bytes())
    data[len(data) // 2] ^= 1
    weights.write_bytes(data)
    with pytest.raises(ValueError, match="paper.npz is not the file that was shipped"):
        NeuralCipher.load("paper")
    weights.unlink()
    with pytest.raises(FileNotFoundError, match="paper.npz is missing: restore it"):
        NeuralCipher.load("paper")


# --- Bad input ---

BAD_KEYS = {
    "15 bits": (PAPER_KEY[:15], "A key has 16 bits, each 0 or 1; this one has 15"),
    "17 bits": (np.append(PAPER_KEY, 1), "A key has 16 bits, each 0 or 1; this one has 17"),
    "a 2": (np.where(np.arange(16) == 3, 2, PAPER_KEY), "here is 2"),
    "text": ("0101010101010101", "read it with parse_key"),
}


@pytest.mark.parametrize(("key", "complaint"), BAD_KEYS.values(), ids=BAD_KEYS)
def test_a_bad_key(cipher, ciphertext, key, complaint):
    values = ciphertext.values
    for use in (
        lambda: cipher.encrypt(EYE, key),
        lambda: cipher.decrypt(ciphertext, key),
        lambda: cipher.codebook(key),
        lambda: cipher.encrypt_blocks(ALL_BLOCKS[:2], key),
        lambda: cipher.decrypt_blocks(values, key),
    ):
        with pytest.raises(ValueError, match=complaint):
            use()


BAD_PICTURES = {
    "float": (EYE / 255, "multiply by 255"),
    "grey": (EYE[..., 0], "stack the grey values"),
    "transparent": (np.dstack([EYE, EYE[..., 0]]), "leave the transparency out"),
    "empty": (EYE[:0], "at least one pixel"),
}


@pytest.mark.parametrize(("picture", "advice"), BAD_PICTURES.values(), ids=BAD_PICTURES)
def test_what_is_no_picture(cipher, picture, advice):
    with pytest.raises(ValueError, match=advice):
        cipher.encrypt(picture, PAPER_KEY)


def test_a_ciphertext_of_too_few_blocks(ciphertext):
    with pytest.raises(ValueError, match="has 23 blocks; here are 22"):
        Ciphertext(ciphertext.values[:-1], ciphertext.shape, ciphertext.cipher)


ODD = (None, True, -1, 0.5, "", "a\nb", b"a", [], [[0, 1], [1]], {1: 2}, object(), iter([0] * 16))
ODD += (np.array(3), np.zeros(3), np.zeros((2, 2)), np.array(["a"]), np.array([None, 1]), EYE / 255)


@pytest.mark.parametrize("name", ["paper", "proven"])
def test_a_wrong_type_of_anything_is_told_in_a_sentence(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pair, picture, shape = NeuralCipher.load(name), EYE[:3, :5], (3, 5, 3)
    sent = pair.encrypt(picture, PAPER_KEY)
    for use in (
        lambda odd: pair.encrypt(odd, PAPER_KEY),
        lambda odd: pair.encrypt(picture, odd),
        lambda odd: pair.encrypt(picture, PAPER_KEY, odd),
        lambda odd: CBC(odd),
        lambda odd: CTR(odd),
        lambda odd: pair.encrypt(picture, odd, CTR(PAPER_KEY)),
        lambda odd: pair.decrypt(odd, PAPER_KEY),
        lambda odd: pair.decrypt(sent, odd),
        lambda odd: pair.encrypt_blocks(odd, PAPER_KEY),
        lambda odd: pair.decrypt_blocks(odd, PAPER_KEY),
        lambda odd: Ciphertext(odd, shape, sent.cipher),
        lambda odd: Ciphertext(sent.data, odd, sent.cipher),
        lambda odd: Ciphertext(sent.data, shape, odd),
        lambda odd: Ciphertext(sent.data, shape, sent.cipher, odd),
        lambda odd: NeuralCipher(pair.alice, pair.bob, odd),
        lambda odd: NeuralCipher.load(odd),
        lambda odd: Ciphertext.load(odd),
        lambda odd: pair.save(odd),
        lambda odd: sent.save(odd),
    ):
        for odd in ODD:
            outcome(use, odd)


def test_a_picture_in_place_of_a_ciphertext(cipher):
    with pytest.raises(
        ValueError, match="A Ciphertext is asked for, .*; here is ndarray: pass what encrypt"
    ):
        cipher.decrypt(EYE, PAPER_KEY)


@pytest.mark.parametrize(
    "shape", [(-3, -5, 3), (3, 5), (3, 5, 4), (3.0, 5, 3), (0, 5, 3), [3, 5, 3]]
)
def test_what_is_no_shape_of_a_picture(ciphertext, shape):
    with pytest.raises(ValueError, match=r"The shape of a picture is \(height, width, 3\)"):
        Ciphertext(ciphertext.data, shape, ciphertext.cipher)


@both_dtypes
@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf, -np.nan])
def test_values_that_are_not_finite(ciphertext, odd, dtype):
    values = ciphertext.data.astype(dtype)
    Ciphertext(values, ciphertext.shape, ciphertext.cipher)
    values[-1, -1] = odd
    with pytest.raises(ValueError, match="or finite values, float16 or float32"):
        Ciphertext(values, ciphertext.shape, ciphertext.cipher)


def test_a_pair_for_other_blocks(cipher):
    eight = Chain([Layer("tanh")], [np.zeros((16, 8)), np.zeros(8)])
    with pytest.raises(ValueError, match="32 inputs, .* and 16 outputs; here are 16 and 8: take"):
        NeuralCipher(cipher.alice, eight)


def test_what_a_file_of_a_pair_must_say(cipher, tmp_path):
    """Each behind a digest that is right."""
    path = tmp_path / "pair.npz"
    cipher.save(path)
    arrays = files.read_npz(path)
    for change, complaint in (
        ({"about": np.array('{"name": 5}')}, "name of a pair is a text of 1 to 60 characters"),
        ({"about": np.array('{"name": "a\\nb"}')}, "name of a pair is a text"),
        ({"about": np.array("[]")}, "name of a pair is a text"),
        ({"about": np.array("[" * 100_000)}, "The text 'about' is no JSON"),
        ({"about": np.zeros(3)}, "A single text 'about' was expected"),
        ({"alice_links": np.array('[["relu6", 0, 0]]')}, "the activations are sigmoid, tanh"),
        ({"alice_links": np.array('[["tanh", 1, 1000000000]]')}, "do not fit the layers"),
        ({"alice_links": np.array("5")}, "is a list of layers"),
        ({"bob_00": np.full((32, 32), np.nan)}, "finite numbers, and here is one that is not"),
        ({"bob_00": np.array("text")}, "finite numbers, and here is one that is not"),
        ({"alice_00": np.zeros((31, 32))}, "here are 31 and 16"),
        ({"alice_00": np.zeros((32, 31))}, "do not fit the layers"),
        ({"bob_rounds": np.array([10**9, 3, 1])}, "Rounds have a count of 1 to 1,000"),
        (
            {"bob_rounds": np.array([5, 3])},
            "Rounds are 3 or 4 numbers beside a network; here are 2",
        ),
    ):
        files.write_npz(path, arrays | change)
        with pytest.raises(ValueError, match=f"^pair.npz holds no pair: .*{complaint}"):
            NeuralCipher.load(path)


# --- Without TensorFlow ---


def test_a_cipher_loads_no_tensorflow():
    code = """
import sys
from helpers import pictures
from helpers.bits import PAPER_KEY
from helpers.neural.cipher import NeuralCipher
cipher = NeuralCipher.load("paper")
cipher.decrypt(cipher.encrypt(pictures.load("eye"), PAPER_KEY), PAPER_KEY)
print({"tensorflow", "keras"} & set(sys.modules) or "neither")
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "neither"


# --- Binary pairs: all blocks under one key ---


def said_one_by_one(pair: NeuralCipher, key: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What Alice and Bob say to every block, so few at a time that no table is made."""
    parts = np.array_split(ALL_BLOCKS, 64)
    alice = [bits.signs_to_bits(pair.encrypt_blocks(part, key)) for part in parts]
    bob = [pair.decrypt_blocks(bits.bits_to_signs(bits.blocks_to_bits(p)), key) for p in parts]
    return bits.bits_to_blocks(np.concatenate(alice)), np.concatenate(bob)


@pytest.mark.parametrize("name", ["proven", "uncorrelated", "diffusing", "resisting"])
def test_a_shipped_pair_s_block_functions_are_what_its_networks_say(name):
    pair, key = NeuralCipher.load(name), bits.random_key(np.random.default_rng(5))
    alice, bob = said_one_by_one(pair, key)
    assert np.array_equal(pair.forward(key)(ALL_BLOCKS), alice)
    assert np.array_equal(pair.inverse(key)(ALL_BLOCKS), bob)


def test_a_binary_pair_need_not_be_of_gates():
    rng = np.random.default_rng(6)
    weights = [rng.normal(size=size) for size in ((32, 64), 64, (64, 16), 16)]
    alice, bob = (
        Chain([Layer(first), Layer(last)], weights)
        for first, last in (("sigmoid", "sign"), ("tanh", "linear"))
    )
    pair = NeuralCipher(alice, bob)
    alice, bob = said_one_by_one(pair, PAPER_KEY)
    assert np.array_equal(pair.forward(PAPER_KEY)(ALL_BLOCKS), alice)
    assert np.array_equal(pair.inverse(PAPER_KEY)(ALL_BLOCKS), bob)
