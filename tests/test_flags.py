"""Warning flags are up where an attack is made to fail, and down where it does its best."""

from __future__ import annotations

import numpy as np
import pytest

from helpers.learnable import flags, scenarios
from helpers.learnable.datasets import pictograms
from helpers.learnable.flags import Climber, Flag, beaten_by, by_eps, by_starts, by_steps
from helpers.learnable.gradients import gradient
from helpers.quiet_keras import keras

GREY = np.full((8, 1, 1, 3), 128, np.uint8)
ZEROS = np.zeros(8, int)


def answer(pictures: np.ndarray) -> np.ndarray:
    """The right class is lost as soon as the sum of a picture's noise reaches 24 bytes."""
    far = (pictures.astype(float) - 128).sum(axis=(1, 2, 3))
    return np.float32(np.stack([24 - far, 0 * far, 0 * far - 9], axis=1))


def uphill(model, x, y, loss):
    return np.ones_like(x), None


def nowhere(model, x, y, loss):
    return np.zeros_like(x), None


def climber(grad=uphill) -> Climber:
    return Climber(None, answer, GREY, ZEROS, grad)


def none_lost() -> np.ndarray:
    return np.zeros(8, bool)


def test_an_attack_that_was_stopped_too_early_is_noticed():
    lost = none_lost()
    assert by_steps(climber(), lost, 10 / 255, (2, 5, 9)).up  # 9 steps of a byte: 27
    assert lost.all()


def test_an_attack_that_has_come_to_rest_is_no_flag():
    flag = by_steps(climber(), none_lost(), 10 / 255, (2, 20, 30))
    assert flag == Flag("error after 2, 20, 30 steps: still grows", "~0.00, ~1.00, ~1.00", False)
    assert not by_steps(climber(nowhere), none_lost(), 10 / 255, (2, 20)).up


def test_what_fell_drops_out_and_what_is_lost_stays_lost():
    asked = []

    def counting(model, x, y, loss):
        asked.append(len(x))
        return np.ones_like(x), None

    lost = np.arange(8) < 3
    errors = climber(counting).climb(GREY, lost, 10 / 255, (2, 20, 30))
    assert errors == [3 / 8, 1, 1] and asked == [5] * 20


def test_starts_that_find_more_each_time_are_noticed():
    """Without any slope, only a lucky start succeeds, and each finds a few more."""
    rng, lost = np.random.default_rng(1), none_lost()
    flag = by_starts(climber(nowhere), lost, 60 / 255, 1, rng)
    assert flag.up and 0 < lost.sum() < 8
    assert not by_starts(climber(), none_lost() | True, 20 / 255, 1, rng).up


def test_an_attack_that_fools_more_without_this_gradient_is_noticed():
    far = GREY + np.uint8(10)
    flag = beaten_by("Square", lambda *_: far, climber(), none_lost())
    assert flag == Flag("Square beats PGD", "~1.00 to ~0.00", True)
    few = np.where(np.arange(8)[:, None, None, None] < 3, far, GREY)
    assert not beaten_by("Square", lambda *_: few, climber(), none_lost()).up  # 3 of 8: chance
    assert not beaten_by("Square", lambda *_: far, climber(), none_lost() | True).up


def test_an_error_that_does_not_reach_1_is_noticed():
    assert not by_eps(climber(), 4 / 255, 20).up
    assert by_eps(climber(nowhere), 4 / 255, 20).up


@pytest.mark.parametrize("wrong", [{"steps": (20,)}, {"starts": 0}])
def test_too_little_to_compare_is_a_sentence(wrong):
    with pytest.raises(ValueError, match="two numbers of steps and a start; .* came"):
        flags.warning_flags(None, None, GREY, ZEROS, rng=np.random.default_rng(1), **wrong)


def test_the_table_has_a_line_a_flag():
    lines = flags.table([Flag("a", "1", True), Flag("long", "2", False)]).splitlines()
    assert lines == ["UP    a     1", "down  long  2"]


def test_a_copy_in_half_precision_has_the_same_weights_and_loses_small_slopes():
    """Weights a hundred million times as small as usual give slopes that float16 cannot hold."""
    model = keras.Sequential([keras.Input((1, 1, 3)), keras.layers.Flatten()])
    model.add(keras.layers.Dense(3))
    model.layers[-1].set_weights([np.eye(3, dtype=np.float32) * 1e-8, np.zeros(3, np.float32)])
    copy = flags.in_half_precision(model)
    assert copy.layers[-1].compute_dtype == "float16"
    np.testing.assert_array_equal(copy.get_weights()[0], model.get_weights()[0])
    known = Climber(model, answer, GREY, ZEROS, gradient)
    full, half = flags.without_slope(known, None)
    assert not full.up and half.up and half.seen == "~100.00%"


def up(found: list[Flag]) -> list[str]:
    return [flag.what for flag in found if flag.up]


@pytest.mark.slow
def test_the_mismatched_attack_and_a_jump_that_it_cannot_see_put_flags_up_and_the_control_none():
    pictures, labels = pictograms(np.random.default_rng(2), 40)
    encrypted, _ = scenarios.load("Encrypted")
    control, _ = scenarios.load("Plain-Adv")
    cipher = scenarios.cipher_of(scenarios.SCENARIOS["Encrypted"], 1)

    def measured(model, cipher, eps, **options):
        rng, few = np.random.default_rng(1), {"steps": (20, 50, 100), "starts": 2}
        given = (model, cipher, pictures, labels)
        return up(flags.warning_flags(*given, rng=rng, eps=eps, **few, **options))

    mismatched = measured(encrypted, cipher, 0.1, grad=gradient)
    assert "discrete search beats PGD" in mismatched
    assert "error at eps, 2 eps and 0.5: does not rise to 1" in mismatched
    assert "discrete search beats PGD" in measured(encrypted, cipher, 1 / 255)
    assert measured(control, None, 8 / 255) == []
