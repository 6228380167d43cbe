"""The best Eve that there can be, where she can be known by hand, and in what is shipped."""

from __future__ import annotations

import json

import numpy as np
import pytest

from data.studies import best_eves
from data.studies.best_eves import Tally
from helpers import manifest
from helpers.bits import ALL_BLOCKS
from helpers.neural.cipher import NeuralCipher
from helpers.neural.every_key import decrypt, masks_of
from helpers.neural.rounds import Coupling, Rounds

SIZE = 256  # of the small ciphers here: messages of 8 bits, as many ciphertexts, as many keys
ALL = np.arange(SIZE)


def in_parts(ciphertexts: np.ndarray) -> dict[str, float]:
    """What is measured of a table (messages, keys), looked at in three parts."""
    parts = [Tally.of(some, ciphertexts[some]) for some in np.array_split(ALL, 3)]
    return parts[0].plus(parts[1]).plus(parts[2]).measures()


def by_hand(ciphertexts: np.ndarray) -> dict[str, float]:
    """The same, ciphertext by ciphertext, from the messages that all keys make of it."""
    bits, blocks, left = [], [], []
    for heard in ALL:
        meant = np.nonzero(ciphertexts == heard)[0]  # a message for each key
        ones = (meant[:, None] >> np.arange(8) & 1).mean(axis=0)
        share = np.unique(meant, return_counts=True)[1] / len(meant)
        bits.append(np.maximum(ones, 1 - ones).mean())
        blocks.append(share.max() * SIZE)
        left.append(-(share * np.log2(share)).sum())
    distinct = [np.unique(row).size for row in ciphertexts]
    found = np.mean(bits), np.mean(blocks), 8 - np.mean(left), np.mean(distinct)
    return dict(zip(("bits", "blocks_in_chances", "information", "distinct_ciphertexts"), found))


def shuffled(rng: np.random.Generator) -> np.ndarray:
    """An ideal cipher: each key shuffles the messages, (messages, keys)."""
    return np.stack([rng.permutation(SIZE) for _ in ALL], axis=1)


def test_a_pad_gives_nothing_away_and_one_key_for_all_gives_everything():
    pad = in_parts(ALL[:, None] ^ ALL)
    assert pad == {
        "bits": 0.5,
        "blocks_in_chances": 1,
        "information": 0,
        "distinct_ciphertexts": SIZE,
    }
    open_book = in_parts(np.tile(ALL[:, None], SIZE))
    assert open_book == {
        "bits": 1,
        "blocks_in_chances": SIZE,
        "information": 8,
        "distinct_ciphertexts": 1,
    }


def test_a_shuffle_is_measured_as_it_is_by_hand():
    table = shuffled(np.random.default_rng(1))
    assert in_parts(table) == pytest.approx(by_hand(table))


def test_an_ideal_cipher_is_what_shuffles_are_on_average():
    rng, ideal = np.random.default_rng(2), best_eves.ideal(SIZE)
    found = [in_parts(shuffled(rng)) for _ in range(40)]
    for measure, expected in ideal.items():
        each = [one[measure] for one in found]
        assert np.mean(each) == pytest.approx(expected, abs=5 * np.std(each) / 40**0.5)
    assert best_eves.ideal(1 << 16)["bits"] == pytest.approx(0.50156, abs=1e-5)


def test_rounds_are_looked_up_as_alice_runs_them(monkeypatch):
    rng = np.random.default_rng(3)
    alice = Rounds(Coupling(rng.normal(size=(24, 8)), rng.normal(size=8)), 3, 5, constant=0x9E37)
    some = rng.integers(0, 1 << 16, 4)
    for rounds, found in zip((2, 5), best_eves.under_every_key(alice, some, (2, 5))):
        for key in (0, 1, 40_000, 65_535):
            signs = 2.0 * (key >> np.arange(16)[::-1] & 1) - 1
            table = alice.first(rounds).table(signs.astype(np.float32))
            assert np.array_equal(found[:, key], table[some])


def test_rows_are_those_of_alice():
    cipher, some = NeuralCipher.load("proven"), np.uint16([3, 50_000])
    (found,) = best_eves.under_every_key(cipher.alice, some, (1,))
    for key in (0, 77, 65_535):
        assert np.array_equal(found[:, key], cipher.forward([*map(int, f"{key:016b}")])(some))


def test_the_command_takes_one_cipher_again_and_leaves_the_others(tmp_path, monkeypatch):
    monkeypatch.setattr(manifest, "DATA", tmp_path)
    monkeypatch.setattr(manifest, "MANIFEST", tmp_path / "MANIFEST.json")
    path = tmp_path / "results" / "best_eves.json"
    for run, words in enumerate(([], ["proven"])):
        monkeypatch.setattr(best_eves, "of_all_messages", lambda *_, run=run: {"1": {"bits": run}})
        best_eves.main(words)
    found = json.loads(path.read_text("utf-8"))["ciphers"]
    assert {name: each["rounds"]["1"]["bits"] for name, each in found.items()} == {
        "proven": 1,
        "diffusing": 0,
        "resisting": 0,
    }
    assert found["proven"]["provenance"]["command"] == "python -m data.studies.best_eves proven"
    assert (
        manifest.entries()["results/best_eves.json"]["made"] == "python -m data.studies.best_eves"
    )


def test_a_pair_that_is_none_is_refused(capsys):
    with pytest.raises(SystemExit):
        best_eves.main(["AES"])
    assert "there are proven, diffusing, resisting, and 'AES' is none" in capsys.readouterr().err


# --- what is shipped ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped():
    return json.loads(manifest.checked("results/best_eves.json").read_text("utf-8"))


def test_of_the_proven_pair_nothing_can_be_read(shipped):
    assert shipped["ciphers"]["proven"]["rounds"] == {
        "1": {
            "bits": 0.5,
            "blocks_in_chances": 1.0,
            "information": 0.0,
            "distinct_ciphertexts": 65536.0,
        }
    }


@pytest.mark.parametrize(("rounds", "percent"), [(4, 59.1), (8, 51.9), (20, 50.17)])
def test_the_best_eve_of_the_rounds_reads_less_with_each(shipped, rounds, percent):
    """Counted before by another program, to as many digits as stand here."""
    found = shipped["ciphers"]["diffusing"]["rounds"][str(rounds)]
    assert 100 * found["bits"] == pytest.approx(percent, abs=0.07)
    assert found["bits"] > shipped["ideal"]["bits"]


@pytest.mark.parametrize(("rounds", "chance"), [(2, False), (6, False), (12, True)])
def test_of_all_rounds_of_resisting_she_reads_what_chance_gives(shipped, rounds, chance):
    """Within 5 standard errors: 65,536 x 16 shares of 65,536 coins each spread by 0.0012."""
    read = shipped["ciphers"]["resisting"]["rounds"][str(rounds)]["bits"]
    error = 0.0012 / (65_536 * 16) ** 0.5
    assert (abs(read - shipped["ideal"]["bits"]) < 5 * error) is chance


@pytest.mark.slow
@pytest.mark.parametrize("rounds", [4, 12, 20])
def test_a_few_ciphertexts_say_what_all_of_them_say(shipped, rounds):
    """Undone under every key, as somebody would who has only these: the means are near."""
    alice = NeuralCipher.load("diffusing").alice
    heard = np.random.default_rng(4).choice(ALL_BLOCKS, 100, replace=False)
    meant = decrypt(masks_of(alice.round), alice.first(rounds).schedule, heard)
    ones = np.mean([meant >> place & 1 for place in range(16)], axis=1)
    counts = [np.bincount(column, minlength=1 << 16) for column in meant.T]
    told = [(n * np.log2(np.maximum(n, 1))).sum() / (1 << 16) for n in counts]
    all_of_them = shipped["ciphers"]["diffusing"]["rounds"][str(rounds)]
    for each, measure in [
        (np.maximum(ones, 1 - ones).mean(axis=0), "bits"),
        (np.max(counts, axis=1), "blocks_in_chances"),
        (np.array(told), "information"),
    ]:
        assert each.mean() == pytest.approx(all_of_them[measure], abs=5 * each.std() / 10)
