"""APGD, on small models with known answers, and beside plain PGD."""

from __future__ import annotations

import numpy as np
import pytest

from helpers.learnable import gradients, ladder, scenarios
from helpers.learnable.apgd import Path, auto_pgd, checkpoints
from helpers.learnable.attacks import projected_gradient_descent
from helpers.learnable.datasets import pictograms
from helpers.learnable.gradients import gradient, margin, scores
from helpers.quiet_keras import keras

LOSSES = ("cross-entropy", "dlr", "margin")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def linear(scale: float = 1.0) -> keras.Model:
    """Logits that are the three colours of the only pixel."""
    model = keras.Sequential([keras.Input((1, 1, 3)), keras.layers.Rescaling(scale)])
    model.add(keras.layers.Flatten())
    return model


def test_steps_are_looked_at_when_the_paper_says():
    """Croce and Hein, section 3.1: p = 0, .22, .41, .57, .70, .80, .87, .93, .99."""
    assert list(checkpoints(100)) == [22, 41, 57, 70, 80, 87, 93, 99]
    assert list(checkpoints(100).values()) == [22, 19, 16, 13, 10, 7, 6, 6]
    assert all(steps >= 1 for n in range(60) for steps in checkpoints(n).values())


@pytest.mark.parametrize("loss", LOSSES)
def test_the_best_corner_of_a_linear_model_is_found(loss, rng):
    x, y = np.float32([[[[0.9, 0.3, 0.5]]]]), np.array([0])
    found = auto_pgd(linear(), x, y, rng=rng, eps=0.1, nb_iter=10, loss=loss)
    np.testing.assert_allclose(found[..., 0], 0.8)  # it withstands: 0.8 is more than 0.6
    np.testing.assert_allclose(found[..., 2], 0.6)


@pytest.mark.filterwarnings("error")  # what is wrong already is no place to stand still at
@pytest.mark.parametrize("loss", LOSSES)
def test_it_keeps_to_the_ball_and_leaves_alone_what_is_wrong_already(loss, rng):
    x = rng.random((20, 1, 1, 3), np.float32)
    y = rng.integers(0, 3, 20)
    model = linear()
    wrong = margin(scores(model, x), y) >= 0
    found = auto_pgd(model, x, y, rng=rng, eps=0.05, nb_iter=8, restarts=2, loss=loss)
    assert np.abs(found - x).max() <= 0.05 + 1e-6 and found.min() >= 0 and found.max() <= 1
    assert 0 < wrong.sum() < 20
    np.testing.assert_array_equal(found[wrong], x[wrong])
    assert (margin(scores(model, found), y) >= margin(scores(model, x), y)).all()


def test_the_ratio_of_logits_stays_when_all_logits_grow(rng):
    y, logits = np.array([0, 2]), np.float32([[3, 1, 0, -1], [1, 5, 2, 0]])
    expected = [(1 - 3) / (3 - 0), (5 - 2) / (5 - 1)]
    for scale in (1, 100):
        np.testing.assert_allclose(gradients.dlr(y, scale * logits), expected, rtol=1e-5)


def test_a_network_that_is_very_sure_does_not_stop_it(rng):
    """Its cross-entropy is 0 in float32, near and far."""
    x, y = np.float32([[[[0.9, 0.5, 0.1]]]]), np.array([0])
    found = auto_pgd(linear(1000), x, y, rng=rng, eps=0.3, nb_iter=10)
    assert margin(scores(linear(1000), found), y) > 0


def look(path: Path, height: float) -> None:
    """Tell a path of one picture that it is this high, by the margin, and that all leads up."""
    logits = np.float32([[-height, 0, -9]])
    path.look(lambda x, y: (np.ones_like(x), logits), np.array([0]), "margin")


@pytest.fixture
def path() -> Path:
    return Path(np.full((1, 1, 1, 3), 0.5, np.float32), 0.1, None)


def test_a_step_that_no_longer_leads_uphill_is_halved_and_the_best_place_taken_again(path):
    for height in (-3, -4, -5):
        look(path, height)
        path.step(1)
    assert path.uphill == [0] and path.length.item() == pytest.approx(0.2)
    path.halve(2)
    assert path.length.item() == pytest.approx(0.1)
    np.testing.assert_array_equal(path.now, np.full((1, 1, 1, 3), 0.5, np.float32))


def test_steps_that_lead_uphill_stay_as_long_as_they_are(path):
    for height in (-5, -4, -3):
        look(path, height)
    assert path.uphill == [2]
    path.halve(None)  # no checkpoint
    path.halve(2)
    assert path.length.item() == pytest.approx(0.2)


def test_uphill_without_a_new_peak_halves_the_step_at_the_next_checkpoint(path):
    """The paper's second condition: most steps lead up, but from a valley."""
    for height in (-5, -4, -3):
        look(path, height)
    path.halve(2)
    for height in (-9, -8, -7, -6):
        look(path, height)
    assert path.uphill == [3]
    path.halve(4)
    assert path.length.item() == pytest.approx(0.1)


def test_a_restart_gets_what_stands_on_a_plateau(rng):
    """At x itself the slope is 0; a start anywhere else sees the way."""

    def grad(model, x, y, loss):
        far = np.abs(x - 0.5).max(axis=(1, 2, 3)) > 0.01
        lead = np.where(far, (x - 0.5).sum(axis=(1, 2, 3)), -1)
        slope = np.where(far[:, None, None, None], np.ones_like(x), 0)
        return slope.astype(np.float32), np.stack([-lead, 0 * lead, lead - 9], axis=1)

    x, y = np.full((4, 1, 1, 3), 0.5, np.float32), np.zeros(4, int)
    with pytest.warns(UserWarning, match="stood still at 4 of 4"):
        once = auto_pgd(linear(), x, y, rng=rng, eps=0.1, nb_iter=4, grad=grad)
    np.testing.assert_array_equal(once, x)
    again = auto_pgd(linear(), x, y, rng=rng, eps=0.1, nb_iter=4, restarts=2, grad=grad)
    assert ((again - x).sum(axis=(1, 2, 3)) > 0).all()


def test_bad_input_is_a_sentence(rng):
    x, y = np.full((1, 1, 1, 3), 0.5, np.float32), np.array([0])
    with pytest.raises(ValueError, match="begins at least once; 0 restarts came"):
        auto_pgd(linear(), x, y, rng=rng, restarts=0)
    with pytest.raises(ValueError, match="no loss 'mse'"):
        auto_pgd(linear(), x, y, rng=rng, loss="mse")
    with pytest.raises(ValueError, match="three classes or more"):
        gradients.dlr(y, np.float32([[1, 2]]))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Plain", "Encrypted"])
def test_on_bytes_it_fools_as_many_as_pgd_or_more_with_the_cipher_and_without(name, rng):
    model, _ = scenarios.load(name)
    cipher = scenarios.cipher_of(scenarios.SCENARIOS[name], 1)
    pictures, labels = pictograms(np.random.default_rng(2), 40)
    given = (model, cipher, pictures, labels)
    pgd = ladder.through_cipher(*given, eps=4 / 255, eps_iter=0.4 / 255)
    apgd = ladder.through_cipher(*given, attack=auto_pgd, eps=4 / 255, rng=rng, nb_iter=30)
    assert apgd.dtype == np.uint8 and np.abs(apgd.astype(int) - pictures).max() == 4
    answer = ladder.victim(model, cipher)
    lost, too = (ladder.fooled(answer, noisy, labels).sum() for noisy in (apgd, pgd))
    assert lost >= too and lost >= 10


@pytest.mark.slow
def test_it_gets_by_itself_where_pgd_with_steps_that_are_too_long_does_not(rng):
    model, _ = scenarios.load("Plain-Adv")
    pictures, y = pictograms(np.random.default_rng(2), 40)
    x = np.float32(pictures) / 255
    clumsy = projected_gradient_descent(model, x, y, eps=12 / 255, eps_iter=24 / 255, nb_iter=20)
    ours = auto_pgd(model, x, y, rng=rng, eps=12 / 255, nb_iter=20, grad=gradient)
    clumsy_lost, lost = (margin(scores(model, z), y) >= 0 for z in (clumsy, ours))
    assert lost.sum() >= clumsy_lost.sum()
