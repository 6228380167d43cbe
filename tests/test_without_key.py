"""Attackers without the key: what half a key is, what is drawn anew, and who wins by it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from data.studies import attacked
from data.studies import without_key as study
from data.studies.scenarios import SCALES, examples
from helpers.learnable import ladder, scenarios, without_key
from helpers.learnable.cipher_gradients import bpda, bytes_to_floats
from helpers.learnable.datasets import pictograms
from helpers.learnable.key_recovery import ciphertext_only
from helpers.learnable.scramble import BlockScrambler, random_key
from helpers.learnable.without_key import UNKNOWN, guessing_the_rest, half_a_key


def pictures_of(seed: int, n: int) -> np.ndarray:
    return pictograms(np.random.default_rng(seed), n)[0]


@pytest.fixture(scope="module")
def cipher() -> BlockScrambler:
    return BlockScrambler(random_key(np.random.default_rng(7)))


@pytest.fixture(scope="module")
def half(cipher) -> np.ndarray:
    return half_a_key(cipher.encrypt(pictures_of(1, 20)), pictures_of(2, 60))


# --- half a key -----------------------------------------------------------------------------------


def test_twenty_ciphertexts_give_the_half_of_the_key_that_moves_high_nibbles(cipher, half):
    known = half != UNKNOWN
    np.testing.assert_array_equal(known, cipher.key >= 48)
    np.testing.assert_array_equal(half[known], cipher.key[known])


def test_it_is_the_half_by_which_the_ciphertexts_are_read(cipher, half):
    shown = pictures_of(1, 20)
    read = ciphertext_only(cipher.encrypt(shown), pictures_of(2, 60))
    np.testing.assert_array_equal(read >> 4, shown >> 4)


def test_noise_gives_no_key_away(cipher):
    rng = np.random.default_rng(3)
    noise = rng.integers(0, 256, (20, 32, 32, 3), np.uint8)
    half = half_a_key(cipher.encrypt(noise), pictures_of(2, 60))
    known = half != UNKNOWN
    assert known.sum() == 48 and np.mean(half[known] == cipher.key[known]) < 0.2


# --- guessing the rest ----------------------------------------------------------------------------


@pytest.fixture
def drawn(monkeypatch) -> list[np.ndarray]:
    """The keys that are guessed, as they come; the gradient itself is left out."""
    keys: list[np.ndarray] = []
    monkeypatch.setattr(without_key, "bpda", lambda cipher: lambda *_: keys.append(cipher.key))
    return keys


@pytest.mark.parametrize("known", [0, 20, 48, 96])
def test_what_is_known_stays_and_the_rest_is_drawn_anew(drawn, known):
    rng = np.random.default_rng(0)
    half = np.where(np.arange(96) < known, random_key(rng), UNKNOWN)
    grad = guessing_the_rest(half, rng=rng)
    for _ in range(4):
        grad(None, None, None, "cross-entropy")
    for key in drawn:
        np.testing.assert_array_equal(np.sort(key), np.arange(96))
        np.testing.assert_array_equal(key[:known], half[:known])
    assert len({key.tobytes() for key in drawn}) == (1 if known == 96 else 4)


def test_two_who_draw_from_one_seed_draw_alike(drawn, half):
    for seed in (5, 5, 6):
        guessing_the_rest(half, rng=np.random.default_rng(seed))(None, None, None, "")
    assert np.array_equal(drawn[0], drawn[1]) and not np.array_equal(drawn[0], drawn[2])


def test_with_the_whole_key_it_is_the_gradient_through_the_cipher():
    model, about = scenarios.load("Encrypted")
    cipher = scenarios.cipher_of(scenarios.SCENARIOS["Encrypted"], about["seed"])
    pictures, labels = pictograms(np.random.default_rng(4), 3)
    given = model, bytes_to_floats(pictures), labels, "cross-entropy"
    whole = guessing_the_rest(cipher.key, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(whole(*given)[0], bpda(cipher)(*given)[0])


def test_half_a_key_wins_where_a_guess_at_all_of_it_does_not():
    model, about = scenarios.load("Encrypted")
    cipher = scenarios.cipher_of(scenarios.SCENARIOS["Encrypted"], about["seed"])
    half = half_a_key(cipher.encrypt(pictures_of(1, 20)), pictures_of(2, 60))
    pictures, labels = pictograms(np.random.default_rng(4), 24)
    answer, errors = ladder.victim(model, cipher), []
    for known in (half, np.full(96, UNKNOWN)):
        grad = guessing_the_rest(known, rng=np.random.default_rng(0))
        noisy = ladder.model_fed_plain(model, pictures, labels, eps=25 / 255, grad=grad)
        assert np.abs(noisy.astype(int) - pictures).max() <= 25
        errors.append(ladder.fooled(answer, noisy, labels).mean())
    assert errors[0] > 0.9 and errors[1] < 0.4


# --- the study ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def setting() -> attacked.Setting:
    return attacked.Setting(SCALES["classroom"], examples(SCALES["classroom"]))


def rows_of(pictures: np.ndarray) -> set[bytes]:
    return {picture.tobytes() for picture in pictures}


@pytest.mark.slow
def test_nobody_learns_from_what_is_attacked_or_overheard(setting):
    """Pictograms are drawn so often that a few come twice."""
    own, _ = study.own_pictures(setting, study.LEARNED)
    for others in (setting.data.x_train, setting.data.x_test):
        assert len(rows_of(own) & rows_of(others)) < 0.01 * len(own)


def test_of_cifar10_the_attackers_take_the_end_of_the_test_half():
    x = np.arange(10_000)
    data = attacked.Examples(x[:0], x[:0], x, x)
    setting = attacked.Setting(SCALES["laptop"], data)
    own, _ = study.own_pictures(setting, study.LEARNED)
    heard, _ = setting.test(study.HEARABLE, first=study.ATTACKED)
    hit, _ = setting.test(study.ATTACKED)
    assert len(own) == study.LEARNED and not set(own) & (set(heard) | set(hit))
    assert not set(heard) & set(hit)


@pytest.mark.parametrize("told, hits, p", [(9.0, 24, 3.1e-14), (0.0, 0, 1.0)])
def test_norms_tell_the_bytes_where_they_are_told(told, hits, p):
    """Planted: the kernel is large, or small, exactly where a high nibble stays a high one."""
    key = random_key(np.random.default_rng(0))
    while np.sum(key[48:] >= 48) != 24:
        key = random_key(np.random.default_rng(key))
    sizes = np.where(key[48:] >= 48, told, 1.0).reshape(4, 4, 3, 1)
    found = study.guess_high_bytes(np.repeat(sizes, 5, axis=-1), key)
    assert found == {"hits": hits, "of": 24, "by_chance": 12.0, "p": p}


@pytest.mark.slow
def test_a_graft_differs_from_the_published_network_in_its_first_convolution_alone():
    published, _ = scenarios.load("Encrypted")
    graft = study.relearn(published, *pictograms(np.random.default_rng(1), 64), seed=0)
    changed = [
        weights.path
        for weights, before in zip(graft.weights, published.get_weights())
        if not np.array_equal(weights, before)
    ]
    assert len(changed) == 2 and all("conv2d" in path for path in changed)


def test_draws_are_summed_up_with_the_interval_that_the_pictures_leave():
    lost = [np.arange(10) < hits for hits in (4, 6, 8)]
    found = study.by_draw(lost)
    assert (found["by_draw"], found["of"]) == ([4, 6, 8], 10)
    assert found["interval_of_mean"] == attacked.share(np.arange(10) < 6)["interval"]


@pytest.mark.slow
def test_on_a_few_pictures_every_part_is_found(setting, monkeypatch):
    for name, small in {"ATTACKED": 20, "SAMPLED": 10, "LEARNED": 200}.items():
        monkeypatch.setattr(study, name, small)
    monkeypatch.setattr(study, "DRAWS", 2)
    heard = study.heard(setting, 20)
    assert heard["right"] == [1.0, 1.0] and heard["25"]["by_draw"] == [10, 10]
    assert study.other_seed(setting, 2) is None
    assert [row["seed"] for row in study.published(setting)] == [1, 1]
    rungs = study.rungs(setting)
    assert rungs["25"]["half_of_20"]["wrong"] == 20 > rungs["25"]["wrong_key"]["wrong"]
    assert rungs["25"]["paired"]["half_of_20, fresh_keys"]["p"] < 0.01
    lost = {name: row["wrong"] for name, row in study.curves(setting)["8"].items()}
    assert (
        lost["with_key"]
        == 20
        > lost["half_of_20"]
        > 4
        >= max(lost["noise"], lost["past_the_cipher"])
    )


# --- what studies of attacks have in common -------------------------------------------------------


@pytest.mark.parametrize(
    "one, other, p",
    [("xxxxx.", "......", 0.062), ("x.", ".x", 1.0), ("xx", "xx", 1.0)],  # 2 / 2^5 is 0.0625
)
def test_pairs_are_counted_and_tested_exactly(one, other, p):
    bools = [np.array([letter == "x" for letter in row]) for row in (one, other)]
    assert attacked.paired(*bools)["p"] == p


def test_a_study_goes_on_with_the_parts_that_are_missing(tmp_path, capsys):
    path, calls = tmp_path / "found.json", []

    def part(name, value):
        return lambda setting: calls.append(name) or value

    attacked.measure(None, {"one": part("one", 1), "two": part("two", None)}, path, "python -m x")
    attacked.measure(None, {"one": part("one", 1), "two": part("two", 2)}, path, "python -m x")
    assert calls == ["one", "two", "two"]
    content = json.loads(path.read_text())
    assert (content["one"], content["two"]) == (1, 2)
    assert content["provenance"]["command"] == "python -m x"
    assert "one 1" in capsys.readouterr().out
