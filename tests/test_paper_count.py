"""The count of `paper` is that of the plain networks, goes on where it stopped, finds faults."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from data.studies import paper_count
from data.studies.paper_count import KEYS, SIGNS, Count, Counter, Nearest, bounds, networks
from helpers.neural.chain import Chain
from helpers.neural.cipher import NeuralCipher

KEY = 0x5555  # the paper's own


@pytest.fixture(scope="module")
def cipher() -> NeuralCipher:
    return NeuralCipher.load("paper")


@pytest.fixture(scope="module")
def counter(cipher) -> Counter:
    """It takes a while to compile."""
    return Counter(cipher)


# --- what is counted ------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("key", [KEY, 258])
def test_every_message_under_a_key_is_read_as_the_plain_networks_read_it(cipher, counter, key):
    bits = (SIGNS[key] > 0).astype(int)
    read = cipher.decrypt_blocks(cipher.codebook(bits), bits)
    plainly, misread = counter.plainly(np.arange(KEYS), key)
    assert np.array_equal(read != np.arange(KEYS), misread)
    found = counter.key(key)
    assert (found.keys, found.wrong) == (1, misread.sum()) == (1, 0)
    assert abs(found.nearest.logit - plainly.min()) < 0.01
    assert np.abs(counter.smallest(key) - plainly).max() < counter.far


def test_a_logit_is_that_of_the_bob_who_decrypts(cipher):
    rng = np.random.default_rng(1)
    x = np.hstack([rng.uniform(-1, 1, (50, 16)), rng.choice([-1, 1], (50, 16))]).astype(np.float32)
    assert np.allclose(np.tanh(networks(cipher)[1](x)), cipher.bob(x), atol=1e-6)


def nudged(cipher: NeuralCipher, by: float) -> NeuralCipher:
    """The pair with the last of Bob's weights, which is added to every logit, moved."""
    weights = [w.copy() for w in cipher.bob.weights]
    weights[-1] += np.float32(by)
    return NeuralCipher(cipher.alice, Chain(cipher.bob.layers, weights), "nudged")


@pytest.mark.slow
def test_a_bob_who_misreads_what_was_nearest_is_found(cipher, counter):
    plainly, _ = counter.plainly(np.arange(KEYS), KEY)
    message = int(plainly.argmin())
    alone = np.sort(plainly)[
        :2
    ].mean()  # so far that only the nearest is wrong, on one of two sides
    found = [Counter(nudged(cipher, by)).key(KEY) for by in (alone, -alone)]
    assert max(one.wrong for one in found) >= 1
    worst = min(found, key=lambda one: one.nearest.logit)
    assert worst.nearest.logit < 0 and worst.nearest.message == message


@pytest.mark.slow
def test_a_fault_in_the_counting_is_not_blamed_on_the_pair(counter, monkeypatch):
    right = paper_count.first_of_key
    monkeypatch.setattr(paper_count, "first_of_key", lambda network, key: right(network, key ^ 1))
    with pytest.raises(ArithmeticError, match="not what the networks answer"):
        counter.key(KEY)


def test_a_pair_that_sends_bits_is_counted_elsewhere():
    with pytest.raises(ValueError, match="'proven' sends bits: count it with"):
        networks(NeuralCipher.load("proven"))


# --- how far another order can move a logit -------------------------------------------------------


def test_the_bounds_hold_for_values_of_float16_that_are_next_to_each_other(cipher):
    """And the narrower one would not."""
    alice, bob = networks(cipher)
    rng, found = np.random.default_rng(2), bounds(alice, bob)
    x = rng.choice([-1, 1], (2000, 32)).astype(np.float32)
    sent = alice(x).astype(np.float16)
    other = np.nextafter(sent, rng.choice([-1, 1], sent.shape).astype(np.float16))
    one, two = (bob(np.hstack([v, x[:, 16:]]).astype(np.float32)) for v in (sent, other))
    assert found["same_ciphertext"] < np.abs(one - two).max() < found["another_ciphertext"]


def test_the_bound_holds_for_inputs_in_another_order(cipher):
    alice, bob = networks(cipher)
    rng = np.random.default_rng(3)
    order = rng.permutation(32)
    shuffled = Chain(bob.layers, [bob.weights[0][order], *bob.weights[1:]])
    x = rng.uniform(-1, 1, (2000, 32)).astype(np.float32)
    strayed = np.abs(bob(x) - shuffled(x[:, order])).max()
    assert 0 < strayed < bounds(alice, bob)["same_ciphertext"]


# --- in several goes ------------------------------------------------------------------------------


class Pool:
    """Instead of several processes: counts at once, and may be stopped after so many parts."""

    stop_after = 100

    def __init__(self, *about):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def map(self, count, parts):
        for i, keys in enumerate(parts):
            if i == self.stop_after:
                raise KeyboardInterrupt
            yield sum(map(invented, keys), Count())

    def shutdown(self, cancel_futures):
        assert cancel_futures


def invented(key: int) -> Count:
    return Count(1, key % 3 == 0, 2, Nearest(abs(key - 50.25), 7, key), 1 / (1 + key), 0.5)


@pytest.fixture
def run(cipher, monkeypatch, tmp_path):
    """Count so many keys, stopped after so many parts; what is counted, and the file between."""
    monkeypatch.setattr(paper_count, "ProcessPoolExecutor", Pool)
    monkeypatch.setattr(NeuralCipher, "load", lambda name: cipher)

    def command(name: str, stop_after: int = 100, keys: int = 100) -> Path:
        monkeypatch.setattr(Pool, "stop_after", stop_after)
        progress, output = tmp_path / f"{name}.part.json", tmp_path / f"{name}.json"
        words = ["--keys", str(keys), "--progress", str(progress), "--output", str(output)]
        paper_count.main(words)
        return output

    return command


def test_stopped_and_gone_on_it_finds_the_same(run, tmp_path, capsys):
    whole = run("whole")
    assert "Bob misreads 34 of 6,553,600 pairs" in capsys.readouterr().out
    for parts in (2, 0, 1):
        with pytest.raises(
            SystemExit, match=r"^Stopped: the same command goes on from .*part.json"
        ):
            run("stopped", parts)
        assert not (tmp_path / "stopped.json").exists()
    assert json.loads((tmp_path / "stopped.part.json").read_text("utf-8"))["keys"] == 48
    assert run("stopped").read_bytes() == whole.read_bytes()
    assert not (tmp_path / "stopped.part.json").exists()
    found = json.loads(whole.read_text("utf-8"))
    assert (found["keys"], found["wrong"], found["compared"]) == (100, 34, 200)
    assert found["nearest"] == {"logit": 0.25, "message": 7, "key": 50} and found["strayed"] == 1
    assert found["core_seconds"] == 50 and found["pairs"] == 100 << 16


@pytest.mark.parametrize(
    "damage", [{"fingerprint": "0"}, {"keys": 101}, {"cups": 2}, {"nearest": 3}, {"keys": 0}]
)
def test_progress_of_something_else_is_refused(run, tmp_path, damage):
    with pytest.raises(SystemExit):
        run("stopped", 2)
    progress = tmp_path / "stopped.part.json"
    progress.write_text(json.dumps(json.loads(progress.read_text("utf-8")) | damage), "utf-8")
    with pytest.raises(SystemExit, match="not of a count of these weights.*: move it away"):
        run("stopped")


def test_more_keys_than_there_are(run):
    with pytest.raises(SystemExit, match="There are 65,536 keys, and 65,537 are asked for"):
        run("many", keys=65537)
