"""The losses are the paper's, the game can be won, repeated and interrupted; and its commands."""

from __future__ import annotations

import json
from contextlib import nullcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.studies import pairs, three_phases
from helpers import manifest
from helpers.bits import signs_to_bits
from helpers.neural import networks, training
from helpers.neural.cipher import NeuralCipher
from helpers.neural.training import History, Phase, Players, train
from helpers.quiet_keras import tensorflow as tf


def weights_of(*models) -> np.ndarray:
    return np.concatenate([w.ravel() for model in models for w in model.get_weights()])


@pytest.fixture(scope="module")
def played():
    """A pair after a short game, its Eve, and the curves of that game."""
    players = Players(1)
    return players, train(players, Phase("all", 1000, rate=4e-3, final_rate=4e-3))


# --- Losses ---


def test_wrong_bits_by_hand():
    message = np.array([[1, -1, 1, -1]], np.float32)
    for guess, expected in [
        (message, 0),
        (-message, 4),
        (np.zeros((1, 4), np.float32), 2),
        (message * [[-1, 1, 1, 1]], 1),
    ]:
        assert float(training.wrong_bits(message, guess)) == expected


def test_wrong_bits_is_equation_3():
    rng = np.random.default_rng(1)
    message = rng.choice([-1, 1], (256, 16)).astype(np.float32)
    guess = rng.uniform(-1, 1, (256, 16)).astype(np.float32)
    distances = [sum(abs(m - g) for m, g in zip(*rows)) / 2 for rows in zip(message, guess)]
    assert float(training.wrong_bits(message, guess)) == pytest.approx(np.mean(distances), rel=1e-5)


def test_the_paper_s_loss_wants_bob_right_and_eve_guessing():
    loss = training.alice_bob_loss
    assert loss(0.0, 8.0) == 0
    assert loss(0.0, 0.0) == loss(0.0, 16.0) == 1  # all wrong tells as much as all right
    assert loss(3.0, 6.0) == 3 + 4 / 64


def test_sharp_loss_by_hand():
    message = np.array([[1.0, 1.0], [1.0, -1.0]], np.float32)
    logits = np.array([[24.0, -12.0], [12.0, -36.0]], np.float32)
    far_right, wrong = np.log1p(np.exp(-24.0)), np.log1p(np.exp(12.0))
    first = 4 * 2.0**2 + 0.025 * (far_right + wrong)
    second = 0.025 * (np.log1p(np.exp(-12.0)) + np.log1p(np.exp(-36.0)))
    loss = float(training.sharp_loss(message, logits))
    assert loss == pytest.approx((first + second) / 2, rel=1e-5)


def test_only_the_sharp_loss_pulls_back_a_bit_that_is_far_on_the_wrong_side():
    message, logits = tf.ones((1, 1)), tf.Variable([[-40.0]])
    with tf.GradientTape(persistent=True) as tape:
        plain = training.wrong_bits(message, tf.tanh(logits / 2))
        sharp = training.sharp_loss(message, logits)
    assert abs(float(tape.gradient(plain, logits)[0, 0])) < 1e-6
    assert float(tape.gradient(sharp, logits)[0, 0]) < -1


# --- The pieces of the game ---


@given(st.floats(0, 1))
def test_the_learning_rate_rests_and_then_falls(progress):
    phase = Phase("all", 100, rate=4e-3, final_rate=1e-3)
    rate = training.rate_at(phase, progress)
    assert phase.final_rate * (1 - 1e-9) <= rate <= phase.rate
    if progress <= 0.4:
        assert rate == phase.rate
    else:  # a straight line from (0.4, 4e-3) to (1, 1e-3)
        assert rate == pytest.approx(6e-3 - 5e-3 * progress)


def test_random_pairs_are_fair_fresh_and_repeatable():
    message, key = (x.numpy() for x in training.random_pairs(1, tf.constant(5), 4096))
    assert message.shape == key.shape == (4096, 16)
    assert set(np.unique(message)) == {-1.0, 1.0}
    assert abs(message.mean()) < 0.05 and abs(key.mean()) < 0.05
    assert abs((message * key).mean()) < 0.05  # nothing in common
    again, _ = training.random_pairs(1, tf.constant(5), 4096)
    assert np.array_equal(message, again)
    for seed, draw in ((1, 6), (2, 5)):
        other, _ = training.random_pairs(seed, tf.constant(draw), 4096)
        assert abs((message * other.numpy()).mean()) < 0.05


@pytest.mark.slow
def test_the_compiled_game_is_played_by_the_keras_models(played):
    players, _ = played
    message, key = training.random_pairs(1, tf.constant(0), 64)
    bob, eve = training.play(players, message, key)
    ciphertext = players.alice([message, key])
    assert np.tanh(bob) == pytest.approx(np.asarray(players.bob([ciphertext, key])), abs=1e-4)
    assert np.tanh(eve) == pytest.approx(np.asarray(players.eve(ciphertext)), abs=1e-4)


def test_alice_bob_and_eve_start_differently():
    players = Players(1)
    alice, bob, eve = (m.get_weights()[-2] for m in (players.alice, players.bob, players.eve))
    assert not np.array_equal(alice, bob)
    assert not np.array_equal(bob, eve)


# --- Training ---


@pytest.mark.slow
def test_bob_learns_and_eve_does_not_keep_up(played):
    _, history = played
    assert history.bob_loss[0] > 7.9  # of 16 bits: a coin
    assert history.bob_loss[-1] < 0.5
    assert history.eve_loss[-1] > history.bob_loss[-1] + 2


@pytest.mark.slow
def test_the_history_has_a_point_for_every_hundred_iterations(played):
    players, history = played
    assert history.iteration == list(range(100, 1001, 100))
    assert len(history.bob_loss) == len(history.eve_loss) == 10
    assert players.iteration >= 1000


@pytest.mark.slow
def test_evaluation_counts_the_right_blocks_and_bits(played):
    players, _ = played
    scores = training.evaluate(players, np.random.default_rng(3), pairs=1000)
    rng = np.random.default_rng(3)  # the same pairs again
    message, key = (2.0 * rng.integers(0, 2, (1000, 16), np.uint8) - 1 for _ in range(2))
    ciphertext = np.asarray(players.alice([message, key]))
    bob = np.asarray(players.bob([ciphertext, key])) * message > 0
    eve = np.asarray(players.eve(ciphertext)) * message > 0
    for name, right in (("bob", bob), ("eve", eve)):
        bits, blocks = getattr(scores, f"{name}_bits"), getattr(scores, f"{name}_blocks")
        assert (bits.hits, bits.total) == (right.sum(), 16_000)
        assert (blocks.hits, blocks.total) == (right.all(axis=1).sum(), 1000)
    assert scores.bob_blocks.share > scores.eve_blocks.share


@pytest.mark.slow
def test_in_eve_s_phase_only_eve_learns(played):
    players, _ = played
    pair, eve = weights_of(players.alice, players.bob), weights_of(players.eve)
    history = train(players, Phase("eve", 300))
    assert np.array_equal(pair, weights_of(players.alice, players.bob))
    assert not np.array_equal(eve, weights_of(players.eve))
    assert history.eve_loss[-1] < history.eve_loss[0]  # she catches up with a pair at rest


def test_a_team_keeps_the_average_of_its_weights():
    model = networks.build_eve()
    team = training.Team([model], "SGD")
    start, ones = team.theta.numpy(), np.ones(team.theta.shape, np.float32)
    team.optimizer.learning_rate = 1.0
    for _ in range(2):  # one down, and one down again
        team.learn(tf.constant(ones), averaging=0.75)
    assert team.theta.numpy() == pytest.approx(start - 2, abs=1e-5)
    team.settle()
    expected = start - (0.25 * 0.75 * 1 + 0.25 * 2)
    assert team.theta.numpy() == pytest.approx(expected, abs=1e-5)
    assert weights_of(model) == pytest.approx(expected, abs=1e-5)


# --- The same again, and stopping ---


def stop(history: History) -> bool:
    return len(history.iteration) == 2


def interrupt(history: History) -> None:
    if stop(history):
        raise KeyboardInterrupt


@pytest.mark.slow
def test_stopped_or_interrupted_the_same_seed_has_learned_the_same():
    learned = []
    interrupted = pytest.raises(KeyboardInterrupt, match="iteration 200 is kept")
    for watch, ending in ((stop, nullcontext()), (interrupt, interrupted)):
        players = Players(1)
        start = weights_of(players.alice, players.bob)
        with ending:
            train(players, Phase("all", 10_000, rate=2e-3), watch)
        assert players.iteration == 200
        # The models hold what the compiled game has learned, not what they began with.
        assert not np.array_equal(start, weights_of(players.alice, players.bob))
        assert np.array_equal(weights_of(players.alice, players.bob), players.pair.theta.numpy())
        learned.append(weights_of(players.alice, players.bob, players.eve))
    assert np.array_equal(*learned)  # bit by bit


def test_another_seed_is_another_game():
    one, two = Players(1), Players(2)
    for a, b in zip((one.alice, one.bob, one.eve), (two.alice, two.bob, two.eve)):
        assert not np.array_equal(weights_of(a), weights_of(b))


# --- Recipes ---


def test_wrong_blocks_counts_the_blocks_that_are_wrong():
    """Against one pair at a time, through a pair of networks that errs often: an untrained one."""
    players = Players(1)
    cipher = NeuralCipher.from_networks(players.alice, players.bob)
    wrong, margin = pairs.wrong_blocks(cipher, np.random.default_rng(1), 500)
    message, key = np.random.default_rng(1).integers(0, 2, (2, 500, 16), np.uint8)
    values = np.asarray(players.alice([2.0 * message - 1, 2.0 * key - 1])).astype(np.float16)
    guess = np.asarray(players.bob([values.astype(np.float32), 2.0 * key - 1]))
    assert wrong == (signs_to_bits(guess) != message).any(axis=1).sum() > 0
    assert margin < 0


# --- The commands ---


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """The command for a pair named "tiny", after 100 iterations, in a data folder of its own."""
    (tmp_path / "weights").mkdir()
    monkeypatch.setattr(manifest, "DATA", tmp_path)
    monkeypatch.setattr(manifest, "MANIFEST", tmp_path / "MANIFEST.json")
    monkeypatch.setitem(pairs.RECIPES, "lesson", (Phase("eve", 100),))
    monkeypatch.setattr(pairs, "results", lambda cipher, players: {"wrong": 0})
    words = ["--recipe", "lesson", "--seed", "5", "--name", "tiny"]
    return lambda *more: pairs.main([*words, *more])


@pytest.mark.slow
def test_the_command_writes_a_pair_with_its_provenance(tiny, capsys):
    tiny()
    cipher = NeuralCipher.load("tiny")  # so the manifest knows it
    assert cipher.name == "tiny"
    assert cipher.about == json.loads(capsys.readouterr().out)
    assert cipher.about["seed"] == 5
    command = "python -m data.studies.pairs --recipe lesson --seed 5 --name tiny"
    assert cipher.about["command"] == command
    assert {"date", "python", "tensorflow", "keras", "device", "wrong"} <= set(cipher.about)


def test_the_command_interrupted_writes_nothing(tiny, tmp_path, monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(pairs, "train", interrupted)
    with pytest.raises(SystemExit, match="nothing was written"):
        tiny()
    assert not list(tmp_path.rglob("*.*"))


BAD_OPTIONS = [("--name", "sub/x"), ("--name", "../../../evil"), ("--seed=-1",), ("--seed", "1.5")]


@pytest.mark.parametrize("options", BAD_OPTIONS)
def test_an_option_that_would_fail_in_the_end_is_refused_at_once(tiny, options, capsys):
    with pytest.raises(SystemExit) as refused:
        tiny(*options)
    assert refused.value.code == 2  # argparse's own
    assert "is none: choose" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_refused_before_training(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(pairs, "Players", None)  # nobody plays
    (tmp_path / "weights" / "tiny.npz").mkdir()
    with pytest.raises(SystemExit, match="tiny.npz could not be written"):
        tiny()


@pytest.mark.slow
def test_the_phases_are_recorded_with_their_curves_and_scores(tmp_path, monkeypatch):
    (tmp_path / "results").mkdir()
    monkeypatch.setattr(manifest, "DATA", tmp_path)
    monkeypatch.setattr(manifest, "MANIFEST", tmp_path / "MANIFEST.json")
    monkeypatch.setattr(three_phases, "lesson_recipe", (Phase("eve", 200),))
    three_phases.main([])
    recorded = manifest.results("three_phases")
    (phase,) = recorded["phases"]
    assert recorded["command"] == "python -m data.studies.three_phases"
    assert phase["iteration"] == [100, 200] and len(phase["eve_loss"]) == 2
    assert phase["scores"]["eve_bits"]["total"] == 16 * 100_000


@pytest.mark.parametrize("words", [["--seed", "2"], ["out.json"]])
def test_the_three_phases_have_nothing_to_choose(words):
    with pytest.raises(SystemExit) as refused:
        three_phases.main(words)
    assert refused.value.code == 2
