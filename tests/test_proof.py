"""The count is that of trying everything, finds every fault, and says "proved" of nothing less."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from data.studies import proofs
from helpers import manifest
from helpers.neural import proof
from helpers.neural import rounds as rounds_module
from helpers.neural.chain import Chain, Layer
from helpers.neural.cipher import NeuralCipher
from helpers.neural.every_key import decrypt, encrypt, masks_of
from helpers.neural.proof import count
from helpers.neural.rounds import Coupling, Rounds, Uncoupling, changes, packed, round_table
from helpers.neural.rows import FINE, CouplingRows, GateRows, Near, Rows

ALICE = [Layer("gate"), Layer("sign")]
BOB = [Layer("gate"), Layer("linear")]
SLICE = range(16)


def as_signs(numbers: np.ndarray, bits: int) -> np.ndarray:
    """Whole numbers (n,) as signs, float64 (n, bits): the most significant bit first."""
    return ((np.asarray(numbers)[:, None] >> np.arange(bits)[::-1] & 1) * 2 - 1).astype(np.float64)


# --- pairs made by hand ---------------------------------------------------------------------------


class Pair(NeuralCipher):
    """A cipher whose blocks may have 8 bits: then all 65,536 pairs are counted in a moment."""

    def __init__(self, alice, bob, name: str):
        self.alice, self.bob, self.name, self.about = alice, bob, name, {}


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
    return Pair(*networks, name)


def untrained(bits: int, seed: int = 1) -> NeuralCipher:
    """A pair that learned nothing, with all terms that a quadratic form can have."""
    rng = np.random.default_rng(seed)
    shapes = (2 * bits, 24), (24,), (12, bits), (bits,)
    alice, bob = ([rng.normal(size=shape) for shape in shapes] for _ in "ab")
    return Pair(Chain(ALICE, alice), Chain(BOB, bob), "untrained")


def rounds(vote: float = 0.5) -> NeuralCipher:
    """Three rounds whose masks are key bits 0-7; Bob multiplies by them again, and moves halves."""
    kernel = np.vstack([np.full((8, 8), 0.01), np.eye(8), np.zeros((8, 8))])
    weights = gates(16, np.roll(np.arange(16), 8), np.arange(16), np.ones(16), vote)
    passing = np.arange(8, 16)
    weights[0][16:, 17 + passing] = 0
    weights[1][17 + passing] = 0.5 ** (passing % 3)
    alice = Rounds(Coupling(kernel, np.zeros(8)), 3, 5)
    return Pair(alice, Rounds(Chain(BOB, weights), 3, 5, backwards=True), "rounds")


# --- trying everything, slowly --------------------------------------------------------------------


def everything(cipher: NeuralCipher, bits: int) -> tuple[np.ndarray, np.ndarray]:
    """Every ciphertext and what Bob reads, (message, key), by the networks themselves."""
    signs = as_signs(np.arange(1 << bits), bits).astype(np.float32)
    messages, keys = np.repeat(signs, 1 << bits, axis=0), np.tile(signs, (1 << bits, 1))
    sent = cipher.alice(np.hstack([messages, keys]))
    read = cipher.bob(np.hstack([sent, keys]))
    return tuple(packed(a.T).reshape(1 << bits, -1) for a in (sent, read))


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
        assert read[fault.message, fault.key] == fault.other != fault.message
    for fault in found.collisions:
        assert fault.key != fault.other
        assert set(sent[fault.message, [fault.key, fault.other]]) == {fault.ciphertext}


@pytest.mark.parametrize("fixed", ["block", "key"])
def test_a_row_of_16_bits_is_that_of_the_network(fixed):
    rng, cipher = np.random.default_rng(2), untrained(16, seed=4)
    for network in (cipher.alice, cipher.bob):
        rows = GateRows(network, fixed)
        for number in rng.integers(65536, size=2).tolist():
            slow, _ = Rows(network, fixed, 16)(number)
            sure = rows(number)[0] == slow
            logits = rows.logits(rows.inputs(number, np.flatnonzero(~sure)))
            assert (np.abs(logits).min(axis=1) < rows.rounding).all()
            assert sure.mean() > 0.999


def signs(key: int) -> np.ndarray:
    return as_signs([key], 16)[0].astype(np.float32)


ONE_LAYER, TWO_LAYERS = [(24, 8), (8,)], [(24, 64), (64,), (64, 8), (8,)]


@pytest.mark.parametrize("cipher", [pad(16), untrained(16)])
def test_a_row_is_the_same_whatever_has_been_found_before(cipher):
    """What is no nearer may stay unknown, but no bit may."""
    rows = GateRows(cipher.bob, "key")
    answers, nearest = rows(77)
    for distance in (0, nearest.distance * 0.99, nearest.distance * 1.01, 1):
        before = Near(distance, 3, 4)
        again, found = rows(77, before)
        assert np.array_equal(again, answers) and found == min(nearest, before)


@pytest.mark.parametrize("kind", [Coupling, Uncoupling])
@pytest.mark.parametrize("shapes", [ONE_LAYER, TWO_LAYERS])
def test_a_round_s_rows_are_those_of_the_network(kind, shapes):
    rng = np.random.default_rng(3)
    round_ = kind(*(rng.normal(size=shape) for shape in shapes))
    rows, slow = CouplingRows(round_), Rows(round_, "key", 16)
    for key in (0, 258, 65535):
        answers, near = rows(key)
        assert np.array_equal(answers, slow(key)[0])
        logits = np.abs(rows.logits(rows.inputs(key, np.arange(65536))))
        assert logits.min() == pytest.approx(near.distance)
        assert np.abs(rows.logits(rows.inputs(key, [near.block]))).min() == logits.min()


@pytest.mark.parametrize("shapes", [ONE_LAYER, TWO_LAYERS])
def test_masks_of_all_keys_are_those_of_each(shapes):
    rng = np.random.default_rng(4)
    round_ = Coupling(*(rng.normal(size=shape) for shape in shapes))
    masks = masks_of(round_)
    for key in (0, 258, 65535):
        assert np.array_equal(masks[key], changes(round_, signs(key)))
    assert masks_of(round_) is masks
    round_.weights[0][0] *= -5  # as a lesson may that damages a cipher
    assert np.array_equal(masks_of(round_)[77], changes(round_, signs(77)))


@pytest.mark.parametrize("constant", [0, 0x9E37])
def test_blocks_go_there_and_back_under_every_key(constant):
    rng = np.random.default_rng(5)
    round_, blocks = Coupling(*map(rng.normal, [0, 0], [1, 1], ONE_LAYER)), np.uint16([0, 77])
    alice = Rounds(round_, 5, 3, constant=constant)
    sent = encrypt(masks_of(round_), alice.schedule, blocks)
    for key in (0, 258, 65535):
        assert np.array_equal(sent[key], alice.table(signs(key))[blocks])
        back = decrypt(masks_of(round_), alice.schedule, sent[key])
        assert np.array_equal(back[key], blocks)


# --- margins --------------------------------------------------------------------------------------


@pytest.mark.parametrize("cipher", [pad(), pad(alice=0.99), untrained(8)])
def test_no_logit_is_nearer_than_the_margin(cipher):
    found, rows = count(cipher), GateRows(cipher.alice, "key")
    every = np.hstack([np.repeat(rows.signs, 256, axis=0), np.tile(rows.signs, (256, 1))])
    logits = np.abs(rows.logits(every))
    assert 0 <= found.alice.at_least <= logits.min() + 1e-12
    assert logits.min() <= found.alice.nearest + 1e-12
    assert found.alice.nearest < found.alice.at_least + 4 * rows.step / FINE
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
    words = proofs.in_words(found)
    assert all(
        said.startswith("No proof, though all was counted") for said in (found.verdict, words)
    )
    place = f"(block {found.alice.block:02x}, key {found.alice.key:02x})"
    assert "a logit of Alice" in words and place in words


# --- faults that were planted ---------------------------------------------------------------------


def test_a_pair_without_a_fault_is_proved():
    found = count(pad())
    assert found.proved and found.same_everywhere
    assert found.verdict == "Proved: Bob is never wrong, and perfectly secret."
    words = proofs.in_words(found)
    assert words.startswith("Proved: Bob reads all 65,536 pairs")
    assert "256 keys make 256 ciphertexts: perfectly secret" in words


def test_one_weight_of_bob_that_breaks_four_of_all_pairs():
    found = count(pad(bob=1.1))
    assert not found.proved and found.refuted
    assert (found.tally.wrong, found.tally.bijective) == (4, 256)
    assert found.verdict.startswith("Refuted")
    fault = found.tally.misread[0]
    assert (
        f"Refuted: Bob misreads 4 of 65,536 pairs, such as message {fault.message:02x} under "
        f"key {fault.key:02x}, whose ciphertext {fault.ciphertext:02x} he reads as "
        f"{fault.other:02x}." == proofs.in_words(found)
    )


def test_one_weight_of_alice_that_breaks_four_of_four_billion_pairs():
    """The vote wins where all 30 other bits agree: for messages and keys of zeros, or of ones."""
    found = count(pad(16, alice=1.02), messages=range(0xFFF0, 0x10000), keys=SLICE)
    (fault,) = found.tally.collisions
    assert fault.message == 0xFFFF and 0xFFFF in (fault.key, fault.other)
    assert (found.tally.messages, found.tally.bijective) == (16, 15)
    assert found.tally.wrong == 1 and found.tally.misread[0].key == 0
    assert (
        "1 of 16 messages have two keys that make one ciphertext, such as ffff"
        in proofs.in_words(found)
    )


def test_a_fault_in_the_counting_is_not_blamed_on_the_pair(monkeypatch):
    right = GateRows.of_bits
    monkeypatch.setattr(GateRows, "of_bits", lambda rows, fixed: right(rows, fixed ^ 1))
    with pytest.raises(ArithmeticError, match="not what the network answers"):
        count(pad())


# --- nothing left out -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "part", [{"messages": range(255)}, {"keys": range(1, 256)}, {"messages": SLICE, "keys": SLICE}]
)
def test_a_part_is_no_proof(part):
    found = count(pad(), **part)
    assert not found.proved and not found.refuted
    words = proofs.in_words(found)
    assert all(said.startswith("No proof, for only a part was ") for said in (found.verdict, words))
    assert f"{found.tally.messages} of 256 messages under every key" in words
    assert f"every message under {found.tally.keys} of 256 keys" in words


@pytest.mark.parametrize(
    "messages",
    [range(256, 257), range(-1, 3), range(3, -2, -1), range(10**13), range(0), [0] * 256, 256],
)
def test_messages_that_do_not_exist_or_are_named_twice(messages):
    with pytest.raises(
        ValueError, match=r"are 0 to 255; here is .{1,60}: choose a part of range\(256"
    ):
        count(pad(), messages=messages)


# --- pairs of other kinds -------------------------------------------------------------------------


def test_a_cipher_of_rounds_is_counted_by_its_round():
    cipher = rounds()
    found = count(cipher, messages=range(2), keys=SLICE)
    assert found.tally.wrong == 0 and not found.refuted
    assert proofs.in_words(found) == (
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
        assert np.array_equal(bob(key)[0], round_table(bob.network, bob.signs[key]))


def test_a_fault_in_a_round_is_found():
    found = count(rounds(vote=1.02), messages=range(1), keys=SLICE)
    assert found.tally.wrong == 1
    assert found.tally.misread[0].ciphertext in (0x0000, 0x0080)


def test_what_all_keys_prove_of_rounds():
    part = count(rounds(), messages=range(2), keys=SLICE)
    found = part._replace(tally=replace(part.tally, keys=65536, distinct=2 * 41_000))
    assert found.proved and found.verdict == "Proved: Bob is never wrong."
    words = proofs.in_words(found)
    assert "on all 4,294,967,296 pairs of block and key" in words
    assert "by induction, his 3 rounds undo hers" in words
    assert "not claimed: in a sample of 2 messages the 65,536 keys make 41,000" in words


@pytest.mark.parametrize(
    ("of_alice", "of_bob"),
    [
        ((3, 5), (3, 4, True)),
        ((3, 5), (4, 5, True)),
        ((3, 5), (3, 5, False)),
        ((3, 5, True), (3, 5, True)),
        ((3, 5), None),
        (None, (3, 5, True)),
    ],
)
def test_rounds_that_are_not_each_other_s(of_alice, of_bob):
    """None: a network alone. Bob would misread nearly everything, though his round is right."""
    cipher = rounds()
    alice = Rounds(cipher.alice.round, *of_alice) if of_alice else pad(16).alice
    bob = Rounds(cipher.bob.round, *of_bob) if of_bob else cipher.bob.round
    with pytest.raises(ValueError, match="does not run Alice's rounds backwards.*: give him her"):
        count(Pair(alice, bob, "other"), messages=SLICE, keys=SLICE)


def test_rounds_that_are_each_other_s_undo_each_other():
    """What the induction says, by running both: no matter who of the two goes backwards."""
    given = rounds()
    alice, bob = Rounds(given.alice.round, 3, 5, True), Rounds(given.bob.round, 3, 5)
    x = as_signs(np.random.default_rng(6).integers(1 << 32, size=500), 32).astype(np.float32)
    for one, other in ((given.alice, given.bob), (alice, bob)):
        cipher = Pair(one, other, "rounds")
        assert not count(cipher, messages=range(1), keys=SLICE).refuted
        assert np.array_equal(other(np.hstack([one(x), x[:, 16:]])), x[:, :16])


def test_a_round_whose_answers_all_have_one_sign_is_not_proved():
    """`Rounds` takes signs, and those of a sigmoid are all +1, whatever the gates say."""
    cipher = rounds()
    layers = [Layer("gate"), Layer("sigmoid")]
    bob = Rounds(Chain(layers, cipher.bob.round.weights), 3, 5, backwards=True)
    with pytest.raises(ValueError, match="neither one layer of gates"):
        count(Pair(cipher.alice, bob, "sigmoid"), messages=SLICE, keys=SLICE)


def test_an_analog_pair_cannot_be_counted():
    with pytest.raises(ValueError, match="'paper' sends numbers between -1 and 1, too many"):
        count(NeuralCipher.load("paper"))


def test_a_pair_whose_training_failed_cannot_be_counted():
    cipher = pad()
    cipher.bob.weights[0][3, 3] = np.nan
    with pytest.raises(
        ValueError, match="weights of 'pad' are no numbers, or so large.*: train the pair again"
    ):
        count(cipher)


def test_a_deeper_network_cannot_be_counted():
    cipher = pad()
    eye = [np.eye(8), np.zeros(8)]
    deeper = Chain([*BOB, Layer("tanh")], [*cipher.bob.weights, *eye])
    with pytest.raises(ValueError, match="neither one layer of gates .* nor a coupling.*: choose"):
        count(Pair(cipher.alice, deeper, "deep"))


# --- float32 at its ends --------------------------------------------------------------------------


def with_a_gate(cipher: NeuralCipher, size: float, out: np.ndarray | float) -> NeuralCipher:
    """One more gate for Bob; both its sides add up inputs times `size`, some with another sign."""
    kernel, bias, kernel_out, bias_out = cipher.bob.weights
    gate = size * as_signs(np.array([0x5A33]), 16).T
    left, right = np.split(kernel, 2, axis=1)
    kernel = np.hstack([left, gate, right, gate])
    bias = np.insert(bias, [len(bias) // 2, len(bias)], 0)
    kernel_out = np.vstack([kernel_out, np.broadcast_to(out, len(bias_out))])
    return Pair(cipher.alice, Chain(BOB, [kernel, bias, kernel_out, bias_out]), "ends")


def test_a_pair_that_overflows_on_two_of_all_pairs_is_not_proved():
    """Only where all 16 terms agree is the product beyond float32, and 0 times it is no number.

    A network that never rounds reads even those: the gate goes nowhere.
    """
    cipher = with_a_gate(pad(), 1.25e18, 0)
    with np.errstate(all="ignore"):
        read = everything(cipher, 8)[1]
    assert np.argwhere(read != np.arange(256)[:, None])[:, 1].tolist() in (
        [0x33, 0xCC],
        [0xCC, 0x33],
    )
    with pytest.raises(
        ValueError, match="^No proof: weights of 'ends' are .* so large that float32"
    ):
        count(cipher)


def test_a_pair_that_overflows_in_its_last_sum_is_not_proved():
    with pytest.raises(ValueError, match="may overflow on some machine: train"):
        count(with_a_gate(pad(), 1e10, 1e30))


def test_a_pair_with_large_weights_that_cannot_overflow_is_proved():
    assert count(with_a_gate(pad(), 1e15, 0)).proved


def test_where_products_are_too_small_for_float32_nothing_is_proved():
    """In float32 Bob's logits are all 0, though a network that never rounds reads everything."""
    gates, sums = pad().bob.weights[:2], pad().bob.weights[2:]
    cipher = Pair(pad().alice, Chain(BOB, [*(1e-25 * w for w in gates), *sums]), "tiny")
    assert len(np.unique(everything(cipher, 8)[1])) == 1
    with pytest.raises(ValueError, match="No proof: a logit of 'tiny' is always so near 0"):
        count(cipher)


def test_a_network_of_zeros_is_not_proved():
    zeros = Pair(pad().alice, Chain(BOB, [0 * w for w in pad().bob.weights]), "zeros")
    with pytest.raises(ValueError, match="No proof: a logit of 'zeros'"):
        count(zeros)


@pytest.mark.parametrize("name", ["proven", "diffusing"])
def test_tables_that_multiply_out_first_stay_within_the_bound_too(name, monkeypatch):
    """`gate_table` computes the same logits in quite another order."""
    bob, seen = NeuralCipher.load(name).bob, []
    network = bob.round if isinstance(bob, Rounds) else bob
    rows = GateRows(network, "key")
    monkeypatch.setattr(rounds_module, "packed", seen.append)
    for key in (0, 21845):
        rounds_module.gate_table(network, rows.signs[key].astype(np.float32))
        exact = rows.logits(rows.inputs(key, np.arange(65536)))
        strayed = np.abs(seen.pop().T / rows.rms - exact).max()
        assert 0 < strayed < rows.rounding


# --- several processes ----------------------------------------------------------------------------


def test_several_processes_find_the_same():
    cipher = pad(alice=1.1)
    assert proofs.count_all(cipher, None, None, workers=2) == count(cipher)


def test_no_more_processes_than_cores_are_started(monkeypatch):
    started = []

    def pool(workers, *about):
        started.append(workers)
        raise KeyboardInterrupt

    monkeypatch.setattr(proofs, "ProcessPoolExecutor", pool)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    with pytest.raises(KeyboardInterrupt):
        proofs.count_all(pad(), None, None, workers=5000)
    assert started == [3]


def die(part):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_process_that_dies_ends_the_count_with_a_sentence(monkeypatch):
    monkeypatch.setattr(proofs, "count_part", die)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    with pytest.raises(ChildProcessError, match="ended too soon.*nothing is proved: count again"):
        proofs.count_all(pad(), None, None, workers=2)


# --- the command ----------------------------------------------------------------------------------


@pytest.fixture
def command(monkeypatch, tmp_path):
    """Run the command on a pair that is shipped in a data folder of its own; its exit status."""
    (tmp_path / "data" / "results").mkdir(parents=True)
    monkeypatch.setattr(manifest, "DATA", tmp_path / "data")
    monkeypatch.setattr(manifest, "MANIFEST", tmp_path / "data" / "MANIFEST.json")

    def run(cipher: NeuralCipher, *options: str) -> int | str:
        monkeypatch.setattr(NeuralCipher, "load", lambda name: {cipher.name: cipher}[name])
        with pytest.raises(SystemExit) as stop:
            proofs.main([cipher.name, "--workers", "1", *options])
        return stop.value.code

    return run


def test_a_count_that_is_shipped_is_in_the_manifest(command, tmp_path, capsys):
    output = tmp_path / "data" / "results" / "proof_pad.json"
    assert command(pad(), "--output", str(output)) == 0
    assert "Proved: Bob reads all 65,536 pairs" in capsys.readouterr().out
    found = json.loads(output.read_text(encoding="utf-8"))
    assert found["fingerprint"] == pad().fingerprint
    assert found["messages"] == found["bijective"] == found["keys"] == 256 and found["wrong"] == 0
    assert found["alice"]["at_least"] > found["alice"]["rounding"] > 0
    assert {"command", "date", "python", "numpy", "device", "seconds"} <= set(found)
    assert manifest.checked("results/proof_pad.json") == output


def test_a_file_never_says_proved(command, tmp_path):
    output = tmp_path / "mine.json"
    assert command(pad(), "--output", str(output)) == 0
    found = json.loads(output.read_text(encoding="utf-8"))
    assert not re.search("prove|refute|verdict", json.dumps({**found, "command": ""}), re.I)


def test_nothing_that_lies_about_is_believed(command, tmp_path, monkeypatch, capsys):
    """Whoever writes a file, "Proved" is only of what has been counted now."""
    for folder in ("build", "data/results"):
        (tmp_path / folder).mkdir(exist_ok=True)
        forged = {"proved": True, "verdict": "Proved", "parts": 4, "keys": 256, "wrong": 0}
        (tmp_path / folder / "proof_pad.json").write_text(json.dumps(forged), "utf-8")
    assert command(pad(bob=1.1)) == 1
    assert "Proved" not in capsys.readouterr().out


def test_a_refutation_is_the_exit_status(command, tmp_path):
    output = tmp_path / "bad.json"
    assert command(pad(bob=1.1), "--output", str(output)) == 1
    found = json.loads(output.read_text(encoding="utf-8"))
    assert found["wrong"] == 4
    assert found["misread"][0] == count(pad(bob=1.1)).tally.misread[0]._asdict()
    assert not manifest.MANIFEST.exists()


def test_a_part_is_counted_and_said_to_be_one(command, capsys):
    assert command(pad(), "--messages", "16", "--keys", "8") == 0
    assert "No proof, for only a part" in capsys.readouterr().out


def test_a_place_that_cannot_be_written_is_refused_before_the_count(command, tmp_path, monkeypatch):
    monkeypatch.setattr(proofs, "count_all", None)  # which would be a TypeError
    assert str(tmp_path) in command(pad(), "--output", str(tmp_path))


def test_a_stop_proves_nothing(command, monkeypatch):
    def stopped(*given):
        raise KeyboardInterrupt

    monkeypatch.setattr(proofs, "tallies", stopped)
    assert command(pad()) == "Stopped before all was counted, so that nothing is proved."


@pytest.mark.parametrize("option", ["--messages", "--keys", "--workers"])
@pytest.mark.parametrize("number", ["0", "-1", "2.5", "many"])
def test_numbers_that_count_nothing_are_refused(command, capsys, option, number):
    assert command(pad(), option, number) == 2
    assert f"{number!r} is no whole number from 1 up" in capsys.readouterr().err


def test_more_messages_than_there_are_are_refused(command):
    assert "are 0 to 255; here is range(0, 300): choose" in command(pad(), "--messages", "300")


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ("nobody", "knows no 'weights/nobody.npz': choose one of"),
        ("paper", "sends numbers between"),
    ],
)
def test_a_pair_that_cannot_be_proved_is_one_sentence(pair, message):
    with pytest.raises(SystemExit) as stop:
        proofs.main([pair])
    assert message in str(stop.value) and "\n" not in str(stop.value)


def test_counting_needs_no_tensorflow():
    words = "import sys, helpers.neural.proof; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", words]).returncode == 0


# --- what is shipped ------------------------------------------------------------------------------

SHIPPED = ["proven", "uncorrelated", "diffusing"]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_part_of_what_is_shipped_counted_anew_agrees(name):
    found, cipher = proof.shipped(name), NeuralCipher.load(name)
    assert found["fingerprint"] == cipher.fingerprint
    part = count(cipher, messages=range(4), keys=range(0, 65536, 8192))
    assert not part.refuted
    assert part.alice.at_least >= found["alice"]["at_least"] > 100 * found["alice"]["rounding"]
    assert part.bob.at_least >= found["bob"]["at_least"] > 100 * found["bob"]["rounding"]


@pytest.mark.parametrize(
    "change",
    [{"wrong": 1}, {"keys": 65535}, {"bijective": 65535}, {"fingerprint": "0"}, {"keys": None}],
)
def test_a_shipped_count_of_less_or_of_other_weights_is_refused(change, monkeypatch):
    found = proof.shipped("proven")
    monkeypatch.setattr(manifest, "results", lambda name: found | change)
    with pytest.raises(ValueError, match="of 'proven' is of other weights.*: count anew with"):
        proof.shipped("proven")


@pytest.mark.parametrize("name", SHIPPED)
def test_a_threshold_moved_past_the_nearest_logit_is_found(name):
    """One weight of Bob's, changed by as much as the shipped count says that it bears."""
    cipher, near = NeuralCipher.load(name), proof.shipped(name)["bob"]
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
    bob = Chain(network.layers, weights)
    if rounds:
        bob = Rounds(bob, cipher.bob.count, cipher.bob.key_step, backwards=True)
    return Pair(cipher.alice, bob, cipher.name)
