"""ECB, CBC and CTR against their definitions, on block functions known by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pads import pad
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from helpers import bits, files, pictures
from helpers.bits import ALL_BLOCKS, PAPER_KEY
from helpers.neural import cipher as cipher_module
from helpers.neural.cipher import Ciphertext, NeuralCipher
from helpers.neural.modes import CBC, COUNTERS, CTR, ECB

EYE = pictures.load("eye")
ORDER = np.random.default_rng(5).permutation(16)
PAD, PERMUTED = pad(), pad(ORDER, "permuted")
BOOK = np.random.default_rng(6).permutation(ALL_BLOCKS)
BACK = np.argsort(BOOK).astype(np.uint16)
START = bits.parse_key("1111 0000 1010 0110")
OTHER_KEY = bits.flip(PAPER_KEY, 6)

every_mode = pytest.mark.parametrize("mode", [ECB(), CBC(START), CTR(START)], ids=lambda m: m.name)
small_pictures = hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3)))
keys = hnp.arrays(np.uint8, 16, elements=st.integers(0, 1))
some_blocks = hnp.arrays(np.uint16, st.integers(1, 60))
blocks_16 = st.integers(0, 65535)


def forward(blocks: np.ndarray) -> np.ndarray:
    return BOOK[blocks]


def inverse(blocks: np.ndarray) -> np.ndarray:
    return BACK[blocks]


def plus_one(blocks: np.ndarray) -> np.ndarray:
    return blocks + np.uint16(1)


def sixteen(number: int) -> np.ndarray:
    """A number as the 16 bits that a mode starts from."""
    return bits.blocks_to_bits(np.uint16([number]))[0]


# --- The definitions ---


def test_known_answers():
    """By hand: E adds one."""
    zeros = np.zeros(3, np.uint16)
    assert ECB().encrypt(plus_one, zeros).tolist() == [1, 1, 1]
    assert CBC(sixteen(7)).encrypt(plus_one, zeros).tolist() == [8, 9, 10]
    assert CBC([0] * 16).encrypt(plus_one, np.uint16([1, 3])).tolist() == [2, 2]
    assert CTR(sixteen(65534)).encrypt(plus_one, zeros).tolist() == [65535, 0, 1]


@given(some_blocks, blocks_16)
def test_cbc_is_its_definition(blocks, iv):
    expected, before = [], iv
    for block in blocks.tolist():
        before = int(BOOK[block ^ before])
        expected.append(before)
    encrypted = CBC(sixteen(iv)).encrypt(forward, blocks)
    assert encrypted.dtype == np.uint16
    assert encrypted.tolist() == expected
    assert np.array_equal(CBC(sixteen(iv)).decrypt(inverse, encrypted), blocks)


@given(some_blocks, blocks_16)
def test_ctr_is_its_definition_and_its_own_inverse(blocks, nonce):
    expected = [b ^ int(BOOK[(nonce + i) % 65536]) for i, b in enumerate(blocks.tolist())]
    mode = CTR(sixteen(nonce))
    encrypted = mode.encrypt(forward, blocks)
    assert encrypted.dtype == np.uint16
    assert encrypted.tolist() == expected
    assert np.array_equal(mode.decrypt(forward, encrypted), blocks)


def test_the_second_key_of_ctr_begins_its_counter_anew():
    zeros = np.zeros(COUNTERS + 3, np.uint16)
    stream = CTR(sixteen(100)).encrypt([forward, plus_one], zeros)
    assert np.array_equal(stream[:COUNTERS], BOOK[(ALL_BLOCKS + np.uint16(100))])
    assert stream[COUNTERS:].tolist() == [101, 102, 103]


def test_modes_are_values():
    assert ECB() == ECB() != CBC(START) == CBC(START.tolist()) != CTR(START)
    assert CBC(START) != CBC(OTHER_KEY) and len({ECB(), ECB(), CTR(START), CTR(START)}) == 2
    with pytest.raises(AttributeError, match="cannot assign to field 'iv'"):
        CBC(START).iv = OTHER_KEY
    given = START.copy()
    mode = CBC(given)
    given[0] ^= 1
    assert mode == CBC(START)


# --- What they hide, and what a wrong block does ---


def test_equal_blocks_show_in_ecb_alone():
    flat = np.full(5000, 777, np.uint16)
    assert len(np.unique(forward(flat))) == 1
    assert len(np.unique(CBC(START).encrypt(forward, flat))) > 4000
    assert len(np.unique(CTR(START).encrypt(forward, flat))) == 5000  # each counter once


def test_a_mode_does_not_make_a_pad_strong():
    """CTR over a pad is the picture xor a counter xor one constant; CBC goes to and fro."""
    flat = np.full(5000, 777, np.uint16)
    function = PAD.forward(PAPER_KEY)
    no_counter = CTR(sixteen(9)).encrypt(function, flat) ^ np.arange(9, 5009)
    assert len(np.unique(no_counter)) == 1
    assert len(np.unique(CBC(START).encrypt(function, flat))) <= 2


@given(some_blocks, st.data())
def test_a_wrong_ciphertext_block_in_cbc(blocks, data):
    """It garbles its own block, flips the same bits in the next, and nothing else."""
    encrypted = CBC(START).encrypt(forward, blocks)
    at = data.draw(st.integers(0, len(blocks) - 1))
    flips = data.draw(st.integers(1, 65535))
    encrypted[at] ^= flips
    changes = CBC(START).decrypt(inverse, encrypted) ^ blocks
    assert changes[at] == BACK[encrypted[at]] ^ BACK[encrypted[at] ^ flips] != 0
    assert (changes[at + 1 : at + 2] == flips).all()
    assert not changes[:at].any() and not changes[at + 2 :].any()


@given(some_blocks, st.data())
def test_a_wrong_ciphertext_block_in_ctr(blocks, data):
    """It flips the same bits of its own block, and nothing else."""
    encrypted = CTR(START).encrypt(forward, blocks)
    at = data.draw(st.integers(0, len(blocks) - 1))
    flips = data.draw(st.integers(1, 65535))
    encrypted[at] ^= flips
    changes = CTR(START).decrypt(forward, encrypted) ^ blocks
    assert changes[at] == flips
    assert np.count_nonzero(changes) == 1


# --- Pictures through a binary pair ---


def test_which_pairs_are_binary():
    assert PAD.binary and PERMUTED.binary
    assert not NeuralCipher.load("paper").binary


@given(blocks_16, keys)
def test_a_pad_made_by_hand_is_what_it_says(block, key):
    p = [block >> (15 - j) & 1 for j in range(16)]
    expected = "".join(str(int(p[j] == key[j])) for j in ORDER)
    assert PERMUTED.forward(key)(np.uint16([block])).tolist() == [int(expected, 2)]


@every_mode
@settings(max_examples=25)
@given(picture=small_pictures, key=keys)
def test_any_picture_comes_back_in_any_mode(mode, picture, key):
    back = PERMUTED.decrypt(PERMUTED.encrypt(picture, key, mode), key)
    assert back.dtype == np.uint8
    assert np.array_equal(back, picture)


@every_mode
@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 2, 3), (1, 4001, 3), (333, 1, 3), (57, 91, 3)])
def test_odd_shapes_come_back_identical(mode, shape):
    picture = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    ciphertext = PERMUTED.encrypt(picture, PAPER_KEY, mode)
    assert np.array_equal(PERMUTED.decrypt(ciphertext, PAPER_KEY), picture)


@every_mode
@pytest.mark.parametrize("name", pictures.NAMES)
def test_the_pictures_come_back_identical_and_cost_no_bit_more(mode, name):
    picture = pictures.load(name)
    key = [PAPER_KEY, OTHER_KEY] if mode == CTR(START) else PAPER_KEY
    ciphertext = PERMUTED.encrypt(picture, key, mode)
    assert ciphertext.data.nbytes == picture.nbytes
    assert not np.array_equal(ciphertext.as_picture(), picture)
    assert np.array_equal(PERMUTED.decrypt(ciphertext, key), picture)


@every_mode
@pytest.mark.parametrize("name", ["proven", "uncorrelated", "diffusing", "resisting"])
def test_a_picture_comes_back_from_a_shipped_pair_and_not_under_another_key(mode, name):
    pair, picture = NeuralCipher.load(name), EYE[100:140]
    ciphertext = pair.encrypt(picture, PAPER_KEY, mode)
    assert np.array_equal(pair.decrypt(ciphertext, PAPER_KEY), picture)
    assert not np.array_equal(pair.decrypt(ciphertext, OTHER_KEY), picture)


def test_a_picture_that_is_a_view_of_another():
    picture = EYE[::-1, 5:205:2]
    assert np.array_equal(PAD.decrypt(PAD.encrypt(picture, PAPER_KEY), PAPER_KEY), picture)


@every_mode
def test_encryption_is_the_mode_over_alice(mode):
    blocks, alice = bits.picture_to_blocks(EYE[:40]), PERMUTED.forward(PAPER_KEY)
    ciphertext = PERMUTED.encrypt(EYE[:40], PAPER_KEY, mode)
    assert np.array_equal(ciphertext.data, mode.encrypt(alice, blocks))
    assert ciphertext.data.dtype == np.uint16
    assert ciphertext.mode == mode


def test_a_table_is_alice_and_bob_block_by_block():
    values = PERMUTED.encrypt_blocks(ALL_BLOCKS[::77], PAPER_KEY)
    assert set(np.unique(values)) == {-1, 1}
    encrypted = bits.bits_to_blocks(bits.signs_to_bits(values))
    assert np.array_equal(PERMUTED.forward(PAPER_KEY)(ALL_BLOCKS)[::77], encrypted)
    answers = PERMUTED.decrypt_blocks(values, OTHER_KEY)
    assert np.array_equal(PERMUTED.inverse(OTHER_KEY)(ALL_BLOCKS)[encrypted], answers)


def test_decryption_is_what_bob_says_even_if_he_is_wrong():
    hard_of_hearing = NeuralCipher(PAD.alice, PERMUTED.bob)
    ciphertext = hard_of_hearing.encrypt(EYE, PAPER_KEY)
    answers = hard_of_hearing.decrypt_blocks(ciphertext.values, PAPER_KEY)
    back = hard_of_hearing.decrypt(ciphertext, PAPER_KEY)
    assert np.array_equal(bits.picture_to_blocks(back), answers)
    assert not np.array_equal(back, EYE)


@given(st.integers(0, 15))
def test_a_wrong_key_bit_of_a_pad_is_a_wrong_bit_in_sixteen(position):
    wrong = PERMUTED.decrypt(PERMUTED.encrypt(EYE, PAPER_KEY), bits.flip(PAPER_KEY, position))
    changes = bits.picture_to_blocks(wrong) ^ bits.picture_to_blocks(EYE)
    assert (changes == 1 << (15 - position)).all()


def test_more_keys_than_are_kept():
    rng = np.random.default_rng(0)
    for key in [bits.random_key(rng) for _ in range(2 * cipher_module.KEPT_TABLES)]:
        assert np.array_equal(PAD.decrypt(PAD.encrypt(EYE[:8], key), key), EYE[:8])


def test_a_key_changed_later_does_not_change_what_is_kept():
    key = PAPER_KEY.copy()
    cipher = pad()
    before = cipher.forward(key)
    key[0] ^= 1
    assert before(ALL_BLOCKS[:3]).tolist() == pad().forward(PAPER_KEY)(ALL_BLOCKS[:3]).tolist()
    assert cipher.forward(key)(ALL_BLOCKS[:3]).tolist() != before(ALL_BLOCKS[:3]).tolist()


# --- The ciphertext ---


@given(small_pictures)
def test_the_bits_and_values_of_a_ciphertext(picture):
    ciphertext = PERMUTED.encrypt(picture, PAPER_KEY)
    assert ciphertext.values.shape == (-(-picture.size // 2), 16)
    rows = bits.signs_to_bits(ciphertext.values)
    assert np.array_equal(bits.bits_to_blocks(rows), ciphertext.data)
    assert np.array_equal(ciphertext.values, bits.bits_to_signs(rows))
    blocks = PERMUTED.decrypt_blocks(ciphertext.values, PAPER_KEY)
    assert np.array_equal(blocks, bits.picture_to_blocks(picture))


@given(small_pictures)
def test_a_ciphertext_is_seen_at_the_size_of_the_picture(picture):
    ciphertext = PAD.encrypt(picture, PAPER_KEY)
    seen = ciphertext.as_picture()
    assert seen.shape == picture.shape and seen.dtype == np.uint8
    # By hand: c is p xor not k, and the paper's key is 01010101 twice.
    assert np.array_equal(seen, picture ^ np.uint8(0b10101010))


@every_mode
@pytest.mark.parametrize("suffix", [".png", ".PNG", ".npz"])
@pytest.mark.parametrize("shape", [(1, 1, 3), (5, 7, 3), (6, 4, 3)])
def test_a_ciphertext_comes_back_from_its_file(tmp_path, mode, suffix, shape):
    picture = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    ciphertext = PERMUTED.encrypt(picture, PAPER_KEY, mode)
    path = tmp_path / f"secret{suffix}"
    ciphertext.save(path)
    loaded = Ciphertext.load(path)
    assert loaded.data.dtype == np.uint16
    assert np.array_equal(loaded.data, ciphertext.data)
    for name in ("shape", "cipher", "mode"):
        assert getattr(loaded, name) == getattr(ciphertext, name)
    assert np.array_equal(PERMUTED.decrypt(loaded, PAPER_KEY), picture)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_a_png_file_shows_the_ciphertext_and_is_about_as_large_as_the_picture(tmp_path):
    ciphertext = PERMUTED.encrypt(EYE, PAPER_KEY, CBC(START))
    ciphertext.save(tmp_path / "eye.png")
    assert np.array_equal(pictures.open_picture(tmp_path / "eye.png"), ciphertext.as_picture())
    assert (tmp_path / "eye.png").stat().st_size < 1.02 * EYE.nbytes + 1000


@pytest.fixture
def saved(tmp_path):
    """A file of 17 blocks, the last of which is half outside the picture."""
    path = tmp_path / "secret.png"
    PERMUTED.encrypt(EYE[100:101, 60:71], PAPER_KEY, CTR(START)).save(path)
    return path


def same_or_refused(path, before: Ciphertext) -> bool:
    """Whether the damage to a file is found; where it is not, nothing that counts is damaged."""
    try:
        loaded = Ciphertext.load(path)
    except ValueError as error:
        assert "secret.png" in str(error)
        return True
    assert loaded.data.tobytes() == before.data.tobytes()
    assert (loaded.shape, loaded.cipher, loaded.mode) == (before.shape, before.cipher, before.mode)
    return False


def test_a_png_file_cut_short_anywhere(saved):
    before, data, found = Ciphertext.load(saved), saved.read_bytes(), 0
    for length in range(len(data)):
        saved.write_bytes(data[:length])
        found += same_or_refused(saved, before)
    assert found >= len(data) - 20  # the last bytes check the pixels and say that the file ends


def test_a_changed_byte_anywhere_in_a_png_file_is_found_or_does_not_matter(saved):
    before, data, found = Ciphertext.load(saved), saved.read_bytes(), 0
    for position in range(len(data)):
        changed = bytearray(data)
        changed[position] ^= 1 << position % 8
        saved.write_bytes(changed)
        found += same_or_refused(saved, before)
    assert found > 0.9 * len(data)


def test_a_pixel_changed_in_another_program_that_keeps_the_text(saved):
    with Image.open(saved) as image:
        text = image.text["ciphertext"]
        pixels = np.array(image)
    pixels[0, 0, 0] ^= 1
    information = PngInfo()
    information.add_text("ciphertext", text)
    Image.fromarray(pixels).save(saved, pnginfo=information)
    with pytest.raises(ValueError, match="secret.png was changed after it was written"):
        Ciphertext.load(saved)


def test_a_png_file_that_another_program_saved_anew(saved):
    saved.write_bytes(pictures.to_png(pictures.open_picture(saved)))
    with pytest.raises(ValueError, match="without the text that Ciphertext.save puts beside it"):
        Ciphertext.load(saved)


def test_no_png_file_at_all(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no file .*secret.png"):
        Ciphertext.load(tmp_path / "secret.png")
    (tmp_path / "secret.png").write_text("a letter", encoding="utf-8")
    with pytest.raises(ValueError, match="'secret.png' is no picture that can be read here"):
        Ciphertext.load(tmp_path / "secret.png")


def test_a_png_file_of_too_many_pixels_is_refused_unread(tmp_path):
    Image.new("1", (9000, 9000)).save(tmp_path / "secret.png")
    with pytest.raises(ValueError, match="'secret.png' claims to have 9000 x 9000 pixels"):
        Ciphertext.load(tmp_path / "secret.png")


def test_real_values_do_not_fit_in_a_png_file(tmp_path):
    ciphertext = NeuralCipher.load("paper").encrypt(EYE[:4, :4], PAPER_KEY)
    with pytest.raises(ValueError, match="real values: end the name in .npz"):
        ciphertext.save(tmp_path / "eye.png")
    assert not list(tmp_path.iterdir())


def test_a_file_of_an_earlier_version_is_read(tmp_path):
    """Its arrays as they stood there, one by one."""
    sent = PAD.encrypt(EYE[:4, :4], PAPER_KEY, CBC(START))
    labels = {"shape": np.array((4, 4, 3)), "cipher": np.array(PAD.fingerprint)}
    for arrays, mode in (
        ({"blocks": sent.data, "mode": np.array("CBC"), "iv": START}, CBC(START)),
        ({"blocks": sent.data, "mode": np.array("CTR"), "nonce": START}, CTR(START)),
        ({"blocks": sent.data, "mode": np.array("ECB")}, ECB()),
        ({"values": sent.values}, ECB()),
    ):
        files.write_npz(tmp_path / "eye.npz", labels | arrays)
        assert Ciphertext.load(tmp_path / "eye.npz").mode == mode


def test_a_file_whose_mode_and_start_do_not_fit(tmp_path):
    path = tmp_path / "eye.npz"
    arrays = PAD.encrypt(EYE[:4, :4], PAPER_KEY, CBC(START)).arrays()
    for change, complaint in (
        ({"mode": np.array("CTR")}, "here is 'CTR' with iv"),
        ({"mode": np.array("CFB")}, "here is 'CFB' with iv"),
        ({"nonce": START}, "here is 'CBC' with iv and nonce"),
        ({"iv": START[:9]}, "The iv of CBC has 16 bits, .*; this one has 9"),
        ({"more": START}, "here is 'CBC' with iv and more"),
        ({"values": START}, "A ciphertext is blocks, .* or finite values"),
    ):
        files.write_npz(path, arrays | change)
        with pytest.raises(ValueError, match=f"eye.npz holds no ciphertext: .*{complaint}"):
            Ciphertext.load(path)
    files.write_npz(path, {name: array for name, array in arrays.items() if name != "iv"})
    with pytest.raises(ValueError, match="eye.npz holds no ciphertext: .* 'CBC' with neither"):
        Ciphertext.load(path)


# --- Bad input ---


def refusal(call, *arguments) -> str:
    """The one sentence by which something is refused."""
    with pytest.raises(ValueError) as caught:
        call(*arguments)
    assert str(caught.value).count(". ") == 0
    return str(caught.value)


@pytest.mark.parametrize("odd", ["CBC", "ECB", "CFB", None, CBC])
def test_a_mode_that_is_no_value_is_told_how_it_is_written(odd):
    for cipher in (PAD, NeuralCipher.load("paper")):
        said = refusal(cipher.encrypt, EYE, PAPER_KEY, odd)
        assert "A mode is ECB(), CBC(iv) or CTR(nonce), from helpers.neural.modes" in said
        assert said.endswith("write encrypt(picture, key, CBC(iv)), for example.")


BAD_STARTS = {
    "none": (np.zeros(0, int), "has 16 bits, each 0 or 1; this one has 0"),
    "short": (START[:15], "has 16 bits, each 0 or 1; this one has 15"),
    "long": ([0] * 17, "has 16 bits, each 0 or 1; this one has 17"),
    "empty": ([], "this one has 0"),
    "short text": ("0101", "this one has 4"),
    "rows": ([START], "this one has shape (1, 16)"),
    "a number": (5, "this one has shape ()"),
    "a 2": (START * 2, "here is 2: take it out"),
    "a letter": ("0101010101O10101", "here is 'O': take it out"),
}


@pytest.mark.parametrize(("start", "complaint"), BAD_STARTS.values(), ids=BAD_STARTS)
def test_a_bad_start(start, complaint):
    for mode, name in ((CBC, "The iv of CBC"), (CTR, "The nonce of CTR")):
        said = refusal(mode, start)
        assert complaint in said
        assert said.startswith((name, "A bit is"))


@pytest.mark.parametrize("text", ["1111000010100110", "1111 0000 1010 0110"])
def test_a_start_may_be_a_text_or_a_list(text):
    assert CBC(text) == CBC(START) == CBC(START.tolist())
    assert CTR(text) == CTR(START) == CTR(START.tolist())


@pytest.mark.parametrize("mode", [CBC(START), CTR(START)])
def test_a_pair_of_real_values_runs_in_ecb_alone(mode):
    paper = NeuralCipher.load("paper")
    said = refusal(paper.encrypt, EYE, PAPER_KEY, mode)
    assert f"{mode.name} xors bits" in said and "'paper' is of real values: take ECB()" in said
    values = paper.encrypt(EYE[:4], PAPER_KEY).data
    said = refusal(Ciphertext, values, EYE[:4].shape, paper.fingerprint, mode)
    assert f"Real values are in ECB mode, not in {mode.name}" in said


def test_real_values_are_no_block_function():
    paper = NeuralCipher.load("paper")
    for function in (paper.forward, paper.inverse):
        with pytest.raises(ValueError, match="'paper' is 16 real values, not 16 bits"):
            function(PAPER_KEY)


def test_a_counter_is_never_used_twice():
    fits = np.zeros((1, 2 * COUNTERS // 3, 3), np.uint8)
    too_long = np.zeros((1, 2 * COUNTERS // 3 + 1, 3), np.uint8)
    ciphertext = PAD.encrypt(fits, PAPER_KEY, CTR(START))
    assert np.array_equal(PAD.decrypt(ciphertext, PAPER_KEY), fits)
    with pytest.raises(ValueError, match="65,537 blocks need 2 keys, here 1: pass a list of 2"):
        PAD.encrypt(too_long, PAPER_KEY, CTR(START))
    with pytest.raises(ValueError, match="no two may be equal; here one came twice"):
        PAD.encrypt(too_long, [PAPER_KEY, PAPER_KEY], CTR(START))
    ciphertext = PAD.encrypt(too_long, [PAPER_KEY, OTHER_KEY], CTR(START))
    assert np.array_equal(PAD.decrypt(ciphertext, [PAPER_KEY, OTHER_KEY]), too_long)
    assert not np.array_equal(PAD.decrypt(ciphertext, [OTHER_KEY, PAPER_KEY]), too_long)
    with pytest.raises(ValueError, match="need 2 keys, here 1"):
        PAD.decrypt(ciphertext, PAPER_KEY)


@every_mode
def test_a_bad_key(mode):
    good = PAD.encrypt(EYE[:4], PAPER_KEY, mode)
    bad_keys = {"has 15": PAPER_KEY[:15], "has 0": [], r"shape \(\)": 5, "parse_key": "0101" * 4}
    for complaint, bad in bad_keys.items():
        with pytest.raises(ValueError, match=complaint):
            PAD.encrypt(EYE[:4], bad, mode)
        with pytest.raises(ValueError, match=complaint):
            PAD.decrypt(good, bad)
    if mode != CTR(START):
        with pytest.raises(ValueError, match=r"this one has shape \(2, 16\)"):
            PAD.encrypt(EYE[:4], [PAPER_KEY, OTHER_KEY], mode)


@every_mode
def test_a_ciphertext_of_another_pair(mode):
    ciphertext = PAD.encrypt(EYE[:4], PAPER_KEY, mode)
    with pytest.raises(ValueError, match="of another pair .*, not of 'permuted'"):
        PERMUTED.decrypt(ciphertext, PAPER_KEY)


def test_a_ciphertext_of_too_few_blocks():
    whole = PAD.encrypt(EYE[:4, :4], PAPER_KEY)
    with pytest.raises(ValueError, match="has 24 blocks; here are 23"):
        replace(whole, data=whole.data[:-1])
