"""Files that are broken in thousands of ways: refused in a sentence, or not broken where it counts.

A digest lies in every .npz and ciphertext, so what is accepted holds what was saved. Behind a
digest that somebody renewed nobody can know what was saved: there, whatever is accepted works.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from data.studies import publish
from helpers import files, manifest
from helpers.bits import PAPER_KEY
from helpers.neural.cipher import NeuralCipher
from helpers.neural.ciphertext import Ciphertext
from helpers.neural.modes import CBC, CTR
from tests.fuzzing import altered, cases, mutated, outcome

PICTURE = np.random.default_rng(1).integers(0, 256, (5, 7, 3), np.uint8)
PAIRS = {name: NeuralCipher.load(name) for name in ("paper", "proven", "diffusing", "resisting")}
CIPHERTEXTS = {
    "analog.npz": PAIRS["paper"].encrypt(PICTURE, PAPER_KEY),
    "bits.npz": PAIRS["proven"].encrypt(PICTURE, PAPER_KEY, CBC(PAPER_KEY)),
    "bits.png": PAIRS["diffusing"].encrypt(PICTURE, PAPER_KEY, CTR(PAPER_KEY)),
}
CASES = cases(200)


def rngs() -> Iterator[np.random.Generator]:
    """One generator for each case, the same in every test."""
    return map(np.random.default_rng, range(CASES))


def save(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """`files.write_npz`, but for the disk, which need not keep thousands of them."""
    np.savez(path, digest=files.digest_of(arrays), **arrays)


def equal(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    """The same arrays, to the bit."""
    return files.digest_of(one) == files.digest_of(other)


# --- changed, and nobody renewed the digest ---


@pytest.mark.parametrize("name", CIPHERTEXTS)
def test_a_broken_ciphertext(name, tmp_path):
    path, saved = tmp_path / name, CIPHERTEXTS[name]
    saved.save(path)
    data, refused = path.read_bytes(), 0
    for rng in rngs():
        path.write_bytes(mutated(rng, data))
        found = outcome(Ciphertext.load, path)
        refused += isinstance(found, Exception)
        assert isinstance(found, Exception) or equal(found.arrays(), saved.arrays())
    assert refused > CASES / 2


@pytest.mark.parametrize("name", PAIRS)
def test_a_broken_pair(name, tmp_path):
    path = tmp_path / "pair.npz"
    data, refused = manifest.checked(f"weights/{name}.npz").read_bytes(), 0
    for rng in rngs():
        path.write_bytes(mutated(rng, data))
        found = outcome(NeuralCipher.load, path)
        refused += isinstance(found, Exception)
        assert isinstance(found, Exception) or found.fingerprint == PAIRS[name].fingerprint
    assert refused > CASES / 2


# --- changed, with a new digest ---


def odd(rng: np.random.Generator, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Arrays of which one is missing, doubled, of another kind or shape, or holds odd values."""
    names = sorted(arrays)
    name, other = rng.choice(names, 2)
    array = arrays[name]
    numbers = array if array.dtype.kind != "U" else np.arange(3)
    wild = np.array([np.nan, np.inf, -np.inf, 1e38, -1e38, 1e300, 0, -1, 2**40])
    changes = (
        lambda: arrays[other],
        lambda: array[None],
        lambda: array.T,
        lambda: array.ravel()[: rng.integers(array.size + 1)],
        lambda: np.repeat(array, 2, axis=-1 if array.ndim else None),
        lambda: numbers.astype(rng.choice(["u1", ">i4", "f2", "f8", "?", "U3", "u8"])),
        lambda: np.where(rng.random(numbers.shape) < 0.1, rng.choice(wild), numbers),
        lambda: np.array(rng.choice(wild)),
        lambda: np.array(odd_text(rng, str(array))),
    )
    changed = {**arrays, name: changes[rng.integers(len(changes))]()}
    if rng.random() < 0.2:
        del changed[rng.choice(names)]
    return changed


def odd_text(rng: np.random.Generator, text: str) -> str:
    """A text in which something else stands, as JSON where it was JSON."""
    try:
        return json.dumps(altered(rng, json.loads(text)))
    except ValueError:
        return rng.choice([text[1:], text + "x", "[" * 100_000, "5", ""])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of numbers too large for a smaller type
@pytest.mark.parametrize("name", [name for name in CIPHERTEXTS if name.endswith(".npz")])
def test_an_odd_ciphertext_behind_a_new_digest(name, tmp_path):
    path, accepted = tmp_path / name, 0
    for rng in rngs():
        save(path, odd(rng, CIPHERTEXTS[name].arrays()))
        found = outcome(Ciphertext.load, path)
        if isinstance(found, Ciphertext):
            accepted += 1
            assert found.as_picture().dtype == np.uint8
            for pair in PAIRS.values():
                outcome(pair.decrypt, found, PAPER_KEY)
    assert accepted < CASES / 2


def test_an_odd_text_in_a_png_behind_a_new_digest(tmp_path):
    path, accepted = tmp_path / "bits.png", 0
    CIPHERTEXTS["bits.png"].save(path)
    with Image.open(path) as image:
        pixels, text = np.array(image), json.loads(image.text["ciphertext"])
    for rng in rngs():
        information, new = PngInfo(), altered(rng, text)
        information.add_text("ciphertext", json.dumps(new))
        Image.fromarray(pixels).save(path, pnginfo=information)
        accepted += isinstance(outcome(Ciphertext.load, path), Ciphertext)
    assert accepted < CASES / 2


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", PAIRS)
def test_an_odd_pair_behind_a_new_digest(name, tmp_path):
    path, accepted = tmp_path / "pair.npz", 0
    arrays = files.read_npz(manifest.checked(f"weights/{name}.npz"))
    for rng in rngs():
        save(path, odd(rng, arrays))
        found = outcome(NeuralCipher.load, path)
        if isinstance(found, NeuralCipher):
            accepted += 1
            outcome(found.encrypt_blocks, np.arange(20, dtype=np.uint16), PAPER_KEY)
    assert accepted < CASES / 2


# --- JSON ---

RESULTS = sorted(name for name in manifest.entries() if name.startswith("results/"))


def test_broken_results(tmp_path):
    """As text; and that whatever is accepted is an object."""
    for rng in rngs():
        data = manifest.checked(RESULTS[rng.integers(len(RESULTS))]).read_bytes()
        (tmp_path / "result.json").write_bytes(mutated(rng, data))
        assert isinstance(outcome(files.read_json, tmp_path / "result.json"), (dict, Exception))


@pytest.fixture
def kit(data):
    """A data folder with a manifest and one file of results."""
    (data / "results").mkdir()
    files.write_json(data / "results" / "a.json", {"a": [1, 2, 3]})
    publish.record("results/a.json", "by hand")
    return data


def test_a_broken_file_that_the_manifest_knows_is_never_accepted(kit):
    path = kit / "results" / "a.json"
    data = path.read_bytes()
    for rng in rngs():
        broken = mutated(rng, data)
        path.write_bytes(broken)
        found = outcome(manifest.results, "a")
        assert isinstance(found, ValueError) or broken == data


@pytest.mark.parametrize("how", ["text", "content"])
def test_a_broken_manifest(kit, how):
    content, data = manifest.entries(), manifest.MANIFEST.read_bytes()
    for rng in rngs():
        text = mutated(rng, data) if how == "text" else json.dumps(altered(rng, content)).encode()
        manifest.MANIFEST.write_bytes(text)
        found = outcome(manifest.results, "a")
        assert found == {"a": [1, 2, 3]} or "MANIFEST.json" in str(found) or "a.json" in str(found)
        outcome(manifest.entries)
