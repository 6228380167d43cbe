"""The count is that of trying everything, finds every fault, and says "proved" of nothing less."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, replace
from itertools import starmap

import numpy as np
import pytest

from helpers import manifest
from helpers.neural import proof
from helpers.neural.chain import Chain, Link
from helpers.neural.cipher import NeuralCipher
from helpers.neural.proof import count
from helpers.neural.rounds import Coupling, Rounds, round_table
from helpers.neural.rows import CouplingRows, GateRows, Rows, as_numbers, as_signs

ALICE = [Link("gate"), Link("sign")]
BOB = [Link("gate"), Link("linear")]
SLICE = range(16)


# --- pairs made by hand ---------------------------------------------------------------------------


def gates(bits: int, read: np.ndarray, keyed: np.ndarray, signs: np.ndarray, vote: float) -> list:
    """Weights of a network with the logits sign_j * x[read_j] * key[keyed_j], in `bits` gates.

    One more gate adds up all other inputs and lets them vote on bit 0. A `vote` above 1 wins where
    they all agree: that is one weight, and four wrong answers of all 2^(2 bits).
    """
    gate, others = np.arange(bits), np.setdiff1d(range(2 * bits), [read[0], bits + keyed[0]])
    left, right = np.zeros((2, 2 * bits, bits + 1), np.float32)
    left[read, gate], right[bits + keyed, gate] = 2 ** (gate % 3), 0.5 ** (gate % 3)
    left[others, bits] = 1
    bias, out = np.zeros(2 * bits + 2, np.float32), np.zeros((bits + 1, bits), np.float32)
    bias[-1] = 1
    out[gate, gate] = signs
    out[bits, 0] = vote / len(others)
    return [np.hstack([left, right]), bias, out, np.zeros(bits, np.float32)]


def pad(bits: int = 8, alice: float = 0.5, bob: float = 0.5, name: str = "pad") -> NeuralCipher:
    """A one-time pad with its bits permuted and some turned over; with votes for faults."""
    rng = np.random.default_rng(bits)
    read, keyed, signs = rng.permutation(bits), rng.permutation(bits), rng.choice([-1, 1], bits)
    back = np.argsort(read)
    networks = (
        Chain(ALICE, gates(bits, read, keyed, signs, alice)),
        Chain(BOB, gates(bits, back, keyed[back], signs[back], bob)),
    )
    return NeuralCipher(*networks, name)


def untrained(bits: int, seed: int = 1) -> NeuralCipher:
    """A pair that learned nothing, with all terms that a quadratic form can have."""
    rng = np.random.default_rng(seed)
    shapes = (2 * bits, 24), (24,), (12, bits), (bits,)
    alice, bob = ([rng.normal(size=shape) for shape in shapes] for _ in "ab")
    return NeuralCipher(Chain(ALICE, alice), Chain(BOB, bob), "untrained")


def rounds(vote: float = 0.5) -> NeuralCipher:
    """Three rounds whose masks are key bits 0-7; Bob multiplies by them again, and moves halves."""
    kernel = np.vstack([np.full((8, 8), 0.01), np.eye(8), np.zeros((8, 8))])
    weights = gates(16, np.roll(np.arange(16), 8), np.arange(16), np.ones(16), vote)
    passing = np.arange(8, 16)
    weights[0][16:, 17 + passing] = 0
    weights[1][17 + passing] = 0.5 ** (passing % 3)
    alice = Rounds(Coupling(kernel, np.zeros(8)), 3, 5)
    return NeuralCipher(alice, Rounds(Chain(BOB, weights), 3, 5, backwards=True), "rounds")


# --- trying everything, slowly --------------------------------------------------------------------


def everything(cipher: NeuralCipher, bits: int) -> tuple[np.ndarray, np.ndarray]:
    """Every ciphertext and what Bob reads, (message, key), by the networks themselves."""
    signs = as_signs(np.arange(1 << bits), bits).astype(np.float32)
    messages, keys = np.repeat(signs, 1 << bits, axis=0), np.tile(signs, (1 << bits, 1))
    sent = cipher.alice(np.hstack([messages, keys]))
    read = cipher.bob(np.hstack([sent, keys]))
    return tuple(as_numbers((a.T > 0).copy()).reshape(1 << bits, -1) for a in (sent, read))


@pytest.mark.parametrize(
    "cipher", [pad(), pad(alice=1.1), pad(bob=1.1), untrained(8, 1), untrained(8, 2)]
)
def test_a_full_count_is_that_of_trying_everything(cipher):
    sent, read = everything(cipher, 8)
    distinct = [len(np.unique(row)) for row in sent]
    found = count(cipher).tally
    assert (found.messages, found.keys) == (256, 256)
    assert found.distinct == sum(distinct)
    assert found.bijective == distinct.count(256)
    assert found.wrong == np.count_nonzero(read != np.arange(256)[:, None])
    for fault in found.misread:
        assert sent[fault.message, fault.key] == fault.ciphertext
        assert read[fault.message, fault.key] == fault.read != fault.message
    for fault in found.collisions:
        assert fault.key != fault.other_key
        assert set(sent[fault.message, [fault.key, fault.other_key]]) == {fault.ciphertext}


@pytest.mark.parametrize("fixed", ["block", "key"])
def test_a_row_of_16_bits_is_that_of_the_network(fixed):
    rng, cipher = np.random.default_rng(2), untrained(16, seed=4)
    for network in (cipher.alice, cipher.bob):
        rows = GateRows(network, fixed)
        for number in rng.integers(65536, size=2).tolist():
            slow = Rows(network, fixed, 16)(number).answers
            sure = rows(number).answers == slow
            logits = rows.logits(rows.inputs(number, np.flatnonzero(~sure)))
            assert (np.abs(logits).min(axis=1) < rows.rounding).all()
            assert sure.mean() > 0.999


def test_a_round_s_rows_are_those_of_the_network():
    rng = np.random.default_rng(3)
    coupling = Coupling(rng.normal(size=(24, 8)), rng.normal(size=8))
    rows, slow = CouplingRows(coupling), Rows(coupling, "key", 16)
    for key in (0, 258, 65535):
        assert np.array_equal(rows(key).answers, slow(key).answers)


# --- margins --------------------------------------------------------------------------------------


@pytest.mark.parametrize("cipher", [pad(), pad(alice=0.99), untrained(8)])
def test_no_logit_is_nearer_than_the_margin(cipher):
    found, rows = count(cipher), GateRows(cipher.alice, "key")
    every = np.hstack([np.repeat(rows.signs, 256, axis=0), np.tile(rows.signs, (256, 1))])
    logits = np.abs(rows.logits(every))
    assert 0 <= found.alice.at_least <= logits.min() + 1e-12
    assert logits.min() <= found.alice.nearest + 1e-12
    assert found.alice.nearest < found.alice.at_least + 4 * rows.step
    assert np.allclose(np.sqrt((logits**2).mean(axis=0)), 1)


def test_rounding_in_any_order_stays_within_its_bound():
    rng, network = np.random.default_rng(5), untrained(16).bob
    rows = GateRows(network, "key")
    x = as_signs(rng.integers(1 << 32, size=2000), 32)
    exact, strayed = rows.logits(x), []
    for _ in range(5):
        inputs, hidden = rng.permutation(32), rng.permutation(12)
        kernel, bias, out, bias_out = network.weights
        pairs = np.concatenate([hidden, 12 + hidden])
        shuffled = Chain(BOB, [kernel[inputs][:, pairs], bias[pairs], out[hidden], bias_out])
        strayed.append(np.abs(shuffled(x[:, inputs].astype(np.float32)) / rows.rms - exact).max())
    assert 0 < max(strayed) < rows.rounding < 1e-3


def test_nothing_is_proved_where_rounding_decides():
    found = count(pad(alice=1 - 1e-6))
    assert found.complete and not found.refuted and not found.proved
    assert found.alice.at_least < found.alice.rounding
    assert found.verdict.startswith("No proof, though all was counted")
    place = f"(block {found.alice.block:02x}, key {found.alice.key:02x})"
    assert "a logit of Alice" in found.verdict and place in found.verdict


# --- faults that were planted ---------------------------------------------------------------------


def test_a_pair_without_a_fault_is_proved():
    found = count(pad())
    assert found.proved and found.same_everywhere
    assert found.verdict.startswith("Proved: Bob reads all 65,536 pairs")
    assert "256 keys make 256 ciphertexts: perfectly secret" in found.verdict


def test_one_weight_of_bob_that_breaks_four_of_all_pairs():
    found = count(pad(bob=1.1))
    assert not found.proved and found.refuted
    assert (found.tally.wrong, found.tally.bijective) == (4, 256)
    fault = found.tally.misread[0]
    assert (
        f"Refuted: Bob misreads 4 of 65,536 pairs, such as message {fault.message:02x} under "
        f"key {fault.key:02x}, whose ciphertext {fault.ciphertext:02x} he reads as "
        f"{fault.read:02x}." == found.verdict
    )


def test_one_weight_of_alice_that_breaks_four_of_four_billion_pairs():
    """The vote wins where all 30 other bits agree: for messages and keys of zeros, or of ones."""
    found = count(pad(16, alice=1.02), messages=range(0xFFF0, 0x10000), keys=SLICE)
    (fault,) = found.tally.collisions
    assert fault.message == 0xFFFF and 0xFFFF in (fault.key, fault.other_key)
    assert (found.tally.messages, found.tally.bijective) == (16, 15)
    assert found.tally.wrong == 1 and found.tally.misread[0].key == 0
    assert "1 of 16 messages have two keys that make one ciphertext, such as ffff" in found.verdict


def test_a_fault_in_the_counting_is_not_blamed_on_the_pair(monkeypatch):
    right = GateRows.in_steps
    monkeypatch.setattr(GateRows, "in_steps", lambda rows, fixed: right(rows, fixed ^ 1))
    with pytest.raises(ArithmeticError, match="not what the network answers"):
        count(pad())


# --- nothing left out -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "part", [{"messages": range(255)}, {"keys": range(1, 256)}, {"messages": SLICE, "keys": SLICE}]
)
def test_a_part_is_no_proof(part):
    found = count(pad(), **part)
    assert not found.proved and not found.refuted
    assert found.verdict.startswith("No proof, for only a part was counted")
    assert f"{found.tally.messages} of 256 messages under every key" in found.verdict
    assert f"every message under {found.tally.keys} of 256 keys" in found.verdict


@pytest.mark.parametrize("messages", [range(256, 257), range(-1, 3), range(3, -2, -1), range(0)])
def test_messages_that_do_not_exist(messages):
    with pytest.raises(ValueError, match=r"are 0 to 255; here is range\(.*: choose a part of"):
        count(pad(), messages=messages)


# --- pairs of other kinds -------------------------------------------------------------------------


def test_a_cipher_of_rounds_is_counted_by_its_round():
    cipher = rounds()
    found = count(cipher, messages=range(2), keys=SLICE)
    assert found.tally.wrong == 0 and not found.refuted
    assert found.verdict == (
        "No proof, for only a part was counted: every message under 16 of 65,536 keys. "
        "No fault was found."
    )
    keys = np.arange(65536)
    rows = Rows(cipher.alice, "block", 16)
    distinct = [len(np.unique(rows.by_network(message, keys))) for message in range(2)]
    assert found.tally.distinct == sum(distinct) < 2 * 65536


def test_bob_s_tables_are_those_that_decrypt():
    bob = proof.Counter(rounds()).bob
    for key in (0, 41, 65535):
        assert np.array_equal(bob(key).answers, round_table(bob.network, bob.signs[key]))


def test_a_fault_in_a_round_is_found():
    found = count(rounds(vote=1.02), messages=range(1), keys=SLICE)
    assert found.tally.wrong == 1
    assert found.tally.misread[0].ciphertext in (0x0000, 0x0080)


def test_what_all_keys_prove_of_rounds():
    part = count(rounds(), messages=range(2), keys=SLICE)
    found = replace(part, tally=replace(part.tally, keys=65536, distinct=2 * 41_000))
    assert found.proved
    assert "on all 4,294,967,296 pairs of block and key" in found.verdict
    assert "by induction, his 3 rounds undo hers" in found.verdict
    assert "not claimed: in a sample of 2 messages the 65,536 keys make 41,000" in found.verdict


def test_rounds_that_are_not_each_other_s():
    cipher = rounds()
    other = Rounds(cipher.bob.round, 3, 4, backwards=True)
    with pytest.raises(ValueError, match="does not run Alice's rounds backwards.*: give him her"):
        count(NeuralCipher(cipher.alice, other, "other"))


def test_an_analog_pair_cannot_be_counted():
    with pytest.raises(ValueError, match="'paper' sends numbers between -1 and 1, too many"):
        count(NeuralCipher.load("paper"))


def test_a_pair_whose_training_failed_cannot_be_counted():
    cipher = pad()
    cipher.bob.weights[0][3, 3] = np.nan
    with pytest.raises(ValueError, match="A weight of 'pad' is no number: train the pair again"):
        count(cipher)


def test_a_deeper_network_cannot_be_counted():
    cipher = pad()
    eye = [np.eye(8), np.zeros(8)]
    deeper = Chain([*BOB, Link("tanh")], [*cipher.bob.weights, *eye])
    with pytest.raises(ValueError, match="neither one layer of gates nor a coupling.*: choose"):
        count(NeuralCipher(cipher.alice, deeper, "deep"))


# --- stopping, and several processes --------------------------------------------------------------


@pytest.fixture
def whole_run() -> dict:
    return without_time(count(pad(alice=1.1)))


def without_time(found: proof.Count) -> dict:
    return {name: value for name, value in found.to_json().items() if name != "seconds"}


def interrupted(cipher: NeuralCipher, state, parts: int, monkeypatch) -> None:
    """A count of the four parts of an 8-bit pair that is stopped when some are done."""
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(proof, "tallies", lambda *given: iterator(*given, parts))
        count(cipher, state=state)


def iterator(counter, parts, workers, until):
    yield from starmap(counter.count, parts[:until])
    raise KeyboardInterrupt


@pytest.mark.parametrize("done", [1, 3])
def test_what_was_done_before_a_stop_is_not_done_again(done, monkeypatch, tmp_path, whole_run):
    cipher, state, seen = pad(alice=1.1), tmp_path / "new folder" / "state.json", []
    interrupted(cipher, state, done, monkeypatch)
    assert state.exists()
    right = proof.tallies
    monkeypatch.setattr(proof, "tallies", lambda *given: seen.extend(given[1]) or right(*given))
    assert without_time(count(cipher, state=state)) == whole_run
    assert len(seen) == 4 - done
    assert not state.exists()


@pytest.mark.parametrize("other", [pad(name="other", bob=0.6), pad()])
def test_the_state_of_another_count_is_refused(other, monkeypatch, tmp_path):
    state = tmp_path / "state.json"
    interrupted(pad(), state, 1, monkeypatch)
    before = state.read_text(encoding="utf-8")
    part = {} if other.name == "other" else {"keys": SLICE}
    with pytest.raises(ValueError, match="holds an unfinished count of pair .*: finish that one"):
        count(other, **part, state=state)
    assert state.read_text(encoding="utf-8") == before


def test_several_processes_find_the_same(whole_run):
    assert without_time(count(pad(alice=1.1), workers=2)) == whole_run


# --- the command ----------------------------------------------------------------------------------


@pytest.fixture
def command(monkeypatch, tmp_path):
    """Run the command on a pair that is shipped in a data folder of its own; its exit status."""
    for folder in ("results", "weights"):
        (tmp_path / "data" / folder).mkdir(parents=True)
    monkeypatch.setattr(manifest, "DATA", tmp_path / "data")
    monkeypatch.setattr(manifest, "MANIFEST", tmp_path / "data" / "MANIFEST.json")

    def run(cipher: NeuralCipher, *options: str) -> int | str:
        cipher.save(tmp_path / "data" / "weights" / f"{cipher.name}.npz")
        manifest.record(f"weights/{cipher.name}.npz", "by hand")
        monkeypatch.setattr(sys, "argv", ["proof", cipher.name, "--workers", "1", *options])
        with pytest.raises(SystemExit) as stop:
            proof.main()
        return stop.value.code

    return run


def test_a_proof_is_written_down(command, tmp_path, capsys):
    assert command(pad()) == 0
    found = json.loads((tmp_path / "data/results/proof_pad.json").read_text(encoding="utf-8"))
    assert found["proved"] and found["fingerprint"] == pad().fingerprint
    assert found["weights_sha256"] == manifest.sha256(tmp_path / "data/weights/pad.npz")
    assert found["messages"] == found["bijective"] == found["keys"] == 256 and found["wrong"] == 0
    assert found["alice"]["at_least"] > found["alice"]["rounding"] > 0
    assert {"command", "date", "python", "numpy", "device", "seconds"} <= set(found)
    assert found["verdict"] in capsys.readouterr().out
    assert manifest.checked("results/proof_pad.json").exists()


def test_a_refutation_is_written_down_and_is_the_exit_status(command, tmp_path):
    assert command(pad(bob=1.1)) == 1
    found = json.loads((tmp_path / "data/results/proof_pad.json").read_text(encoding="utf-8"))
    assert found["refuted"] and not found["proved"]
    assert found["misread"][0] == asdict(count(pad(bob=1.1)).tally.misread[0])


def test_a_part_is_written_only_where_asked(command, tmp_path, capsys):
    assert command(pad(), "--messages", "16", "--keys", "8") == 0
    assert "No proof" in capsys.readouterr().out
    assert not list((tmp_path / "data" / "results").iterdir())
    output = tmp_path / "part.json"
    assert command(pad(), "--messages", "16", "--output", str(output)) == 0
    found = json.loads(output.read_text(encoding="utf-8"))
    assert (found["proved"], found["messages"], found["keys"]) == (False, 16, 256)


def test_a_stop_says_how_to_go_on(command, monkeypatch):
    monkeypatch.setattr(proof, "tallies", lambda *given: iterator(*given, 1))
    assert command(pad()) == "Stopped: the same command goes on from here."
    monkeypatch.undo()


def test_a_pair_of_one_s_own_is_not_entered_among_the_shipped(command, tmp_path, monkeypatch):
    pad(name="own").save(tmp_path / "own.npz")
    monkeypatch.setattr(sys, "argv", ["proof", str(tmp_path / "own.npz"), "--workers", "1"])
    with pytest.raises(SystemExit, match="0"):
        proof.main()
    assert (tmp_path / "data/results/proof_own.json").exists()
    assert not manifest.entries()


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ("nobody", "knows no 'weights/nobody.npz': choose one of"),
        ("paper", "sends numbers between"),
    ],
)
def test_a_pair_that_cannot_be_proved_is_one_sentence(pair, message, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["proof", pair])
    with pytest.raises(SystemExit) as stop:
        proof.main()
    assert message in str(stop.value) and "\n" not in str(stop.value)


def test_counting_needs_no_tensorflow():
    words = "import sys, helpers.neural.proof; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", words]).returncode == 0


# --- what is shipped ------------------------------------------------------------------------------

SHIPPED = [name for name in manifest.entries() if name.startswith("results/proof_")]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_proof_is_of_the_shipped_pair(name):
    found = json.loads(manifest.checked(name).read_text(encoding="utf-8"))
    cipher = NeuralCipher.load(found["pair"])
    assert found["proved"] and found["fingerprint"] == cipher.fingerprint
    assert found["weights_sha256"] == manifest.entries()[f"weights/{found['pair']}.npz"]["sha256"]
    part = count(cipher, messages=range(4), keys=range(0, 65536, 8192))
    assert not part.refuted and part.alice.at_least >= found["alice"]["at_least"]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_threshold_moved_past_the_nearest_logit_is_found(name):
    """One weight of Bob's, changed by as much as the shipped proof says that it bears."""
    found = json.loads(manifest.checked(name).read_text(encoding="utf-8"))
    cipher, near = NeuralCipher.load(found["pair"]), found["bob"]
    part = {"messages": range(1), "keys": range(near["key"], near["key"] + 1)}
    assert not count(with_threshold(cipher, near, 0.999), **part).refuted
    broken = count(with_threshold(cipher, near, 1.001), **part).tally
    assert broken.wrong >= 1
    assert near["block"] in [fault.ciphertext for fault in broken.misread]


def with_threshold(cipher: NeuralCipher, near: dict, share: float) -> NeuralCipher:
    """The pair with Bob's threshold at one bit moved by a share of the nearest logit."""
    rounds = isinstance(cipher.bob, Rounds)
    network = cipher.bob.round if rounds else cipher.bob
    x = np.hstack([as_signs(np.array([near[half]]), 16) for half in ("block", "key")])
    weights = [w.copy() for w in network.weights]
    weights[-1][near["bit"]] -= share * network(x.astype(np.float32))[0, near["bit"]]
    bob = Chain(network.links, weights)
    if rounds:
        bob = Rounds(bob, cipher.bob.count, cipher.bob.key_step, backwards=True)
    return NeuralCipher(cipher.alice, bob, cipher.name)
