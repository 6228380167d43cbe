"""Label leaking: networks that read labels off noise are told from those that look at pictures."""

from __future__ import annotations

import numpy as np
import pytest

from data.studies import attacked, leaking
from data.studies.scenarios import SCALES, examples
from helpers.learnable import ladder

N = 200
GREY, LABELS = np.full((N, 10, 2, 3), 100, np.uint8), np.arange(N) % 10
PICTURES = GREY.copy()
PICTURES[np.arange(N), LABELS, 0] = 130  # left, a picture shows its class; right, noise shows its


def code(pictures: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Noise that spells the label that it is made against."""
    noisy = pictures.copy()
    noisy[np.arange(len(labels)), labels, 1] += 5
    return noisy


def reads_noise(pictures: np.ndarray) -> np.ndarray:
    return np.float32(pictures[:, :, 1].sum(axis=2))


def looks(pictures: np.ndarray) -> np.ndarray:
    return np.float32(pictures[:, :, 0].sum(axis=2))


def shares(answer, attack=code, seed=0) -> dict[str, float]:
    rng = np.random.default_rng(seed)
    found = ladder.label_leaking(answer, attack, PICTURES, LABELS, rng=rng)
    return {test: float(hits.mean()) for test, hits in found.items()}


def test_a_network_that_reads_the_noise_names_its_label_wherever_it_is():
    found = shares(reads_noise)
    assert found.pop("clean") == 0.1  # it sees nothing, and says 0
    assert found.pop("picture_below_stamp") == 0
    assert len(found) == 4 and set(found.values()) == {1.0}


def test_a_network_that_looks_at_the_picture_names_that():
    found = shares(looks)
    assert found["clean"] == found["noise_against_right_label"] == found["picture_below_stamp"] == 1
    assert found["noise_against_wrong_label"] == found["stamp"] == 0
    assert found["noise_on_grey"] == 0.1  # nothing to see


def test_noise_that_says_nothing_is_no_leak():
    found = shares(reads_noise, attack=lambda pictures, labels: pictures)
    assert max(found.values()) < 0.2


def test_a_stamp_never_meets_its_own_class_and_comes_from_the_right_label():
    shown = []

    def answer(pictures):
        shown.append(pictures)
        return looks(pictures)

    shares(answer)
    stamped = next(x for x in shown if (looks(x).argmax(1) != LABELS).all())
    np.testing.assert_array_equal(reads_noise(stamped).argmax(axis=1), LABELS)
    assert len({*looks(stamped).argmax(axis=1)}) == 10  # all classes are stamped


def test_a_stamp_is_cut_off_at_white():
    """Noise of 155 up to white, on a mark of 130: 285, which would come round to 29."""
    darkest = []

    def answer(pictures):
        darkest.append(pictures.min())
        return looks(pictures)

    shares(answer, attack=lambda pictures, labels: np.full_like(pictures, 255))
    assert min(darkest) == GREY.min()


def test_other_seeds_draw_other_labels_and_pictures():
    def drawn(seed):
        wrong = []
        shares(looks, lambda pictures, labels: wrong.append(labels) or pictures, seed)
        return wrong[1]

    assert np.array_equal(drawn(1), drawn(1)) and not np.array_equal(drawn(1), drawn(2))
    assert not (drawn(1) == LABELS).any()


def test_pictures_of_one_class_are_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="of another class; here is one class: add some"):
        ladder.label_leaking(looks, code, PICTURES, np.zeros(N, int), rng=rng)


# --- the study ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_network_of_adversarial_training_reads_labels_off_noise_and_the_others_do_not(
    monkeypatch,
):
    scale = SCALES["classroom"]
    setting = attacked.Setting(scale, examples(scale))
    monkeypatch.setattr(leaking, "ASKED", 100)
    monkeypatch.setattr(leaking, "EPS_ITER", {1: 0.1})
    found = {name: leaking.leaking(setting, name)["1"] for name in ("Encrypted-Adv", "Plain")}
    named = {name: one["stamp"]["named"] for name, one in found.items()}
    assert named["Encrypted-Adv"] > 40 > 20 > named["Plain"]
    assert found["Encrypted-Adv"]["stamp_of_random_signs"]["named"] < 25
    assert found["Encrypted-Adv"]["paired"]["p"] < 0.001


def test_a_network_that_is_not_there_is_left_for_later(monkeypatch, tmp_path):
    monkeypatch.setitem(attacked.WHERE, "laptop", tmp_path)
    setting = attacked.Setting(SCALES["laptop"], None)
    assert all(part(setting) is None for part in leaking.PARTS.values())
