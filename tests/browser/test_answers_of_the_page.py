"""What the controls' JavaScript answers, beside what Python answers: in Chromium, and under node
and in Firefox where these are there.

To the bit: the pairs whose ciphertext is of bits, `paper` on a ciphertext that Python made,
scrambling, modes. Within tolerances that stand here: what is of floating-point numbers, since
Python adds up in float32 and the page in float64.
"""

from __future__ import annotations

import base64
import functools
import json
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.special import log_softmax

from helpers import bits, live, pictures
from helpers.bits import ALL_BLOCKS
from helpers.learnable.scramble import BlockScrambler, random_key
from helpers.neural.cipher import NeuralCipher
from helpers.neural.modes import CBC, CTR, ECB, number
from helpers.widgets.lesson04 import pair_for_page
from helpers.widgets.lesson07 import avalanche
from tests.browser.firefox import PATH, Firefox

KEYS = [bits.PAPER_KEY, *(bits.random_key(np.random.default_rng(seed)) for seed in range(3))]

# What carries arrays back as it came: JSON would make of them objects.
ANSWER = """
export async function answer(sent) {
  const arrays = Uint8Array.from(atob(sent.arrays), (character) => character.charCodeAt(0));
  const facts = await factsOf({ get: (name) => ({ facts: sent.facts, arrays })[name] });
  return [(%s)(facts)].flat().map((array) => {
    let text = "";
    for (const byte of new Uint8Array(array.buffer)) text += String.fromCharCode(byte);
    return { kind: array.constructor.name, text: btoa(text) };
  });
}
"""
IN_THE_PAGE = """async ([text, sent]) => {
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  return (await import(url)).answer(sent);
}"""
UNDER_NODE = """
import { answer } from "./module.mjs";
import { readFileSync } from "node:fs";
console.log(JSON.stringify(await answer(JSON.parse(readFileSync("sent.json")))));
"""
Ask = Callable[[str, dict], list[dict]]  # a module as text, what it is asked: its arrays
KINDS = {
    "Uint8Array": np.uint8,
    "Uint16Array": np.uint16,
    "Float32Array": np.float32,
    "Float64Array": np.float64,
}


def in_chromium(request) -> Ask:
    page = request.getfixturevalue("browser").new_page()
    return lambda text, sent: page.evaluate(IN_THE_PAGE, [text, sent])


def under_node(request) -> Ask | None:
    folder = request.getfixturevalue("tmp_path_factory").mktemp("node")
    (folder / "run.mjs").write_text(UNDER_NODE)
    node = shutil.which("node")

    def ask(text: str, sent: dict) -> list[dict]:
        (folder / "module.mjs").write_text(text, encoding="utf-8")
        (folder / "sent.json").write_text(json.dumps(sent))
        command = [node, "run.mjs"]
        run = subprocess.run(command, cwd=folder, capture_output=True, check=True, timeout=120)
        return json.loads(run.stdout)

    return ask if node else None


def in_firefox(request) -> Ask | None:
    if PATH is None:
        return None
    firefox = Firefox(request.getfixturevalue("tmp_path_factory").mktemp("firefox"))
    request.addfinalizer(firefox.close)
    return lambda text, sent: firefox.evaluate(IN_THE_PAGE, [text, sent])


@pytest.fixture(scope="module", params=[in_chromium, under_node, in_firefox])
def answers(request) -> Callable[..., list[np.ndarray]]:
    """answers(module, function, facts): the arrays that a function of these facts gives."""
    ask = request.param(request)
    if ask is None:
        pytest.skip(f"not on this machine: {request.param.__name__}")

    def answers(module: str, function: str, facts: dict[str, Any]) -> list[np.ndarray]:
        facts, arrays = live.handed_over(facts)
        sent = {"facts": facts, "arrays": base64.b64encode(arrays).decode()}
        found = ask(live.module(module) + ANSWER % function, sent)
        return [
            np.frombuffer(base64.b64decode(each["text"]), KINDS[each["kind"]]) for each in found
        ]

    return answers


BOTH_WAYS = """({ pair, keys, blocks }) => keys.flatMap((key) => {
  const made = new Pair(pair);
  const sent = made.encrypt(blocks.data, key);
  return [sent, made.reader(sent)(key), made.reader(blocks.data)(key)];
})"""


@pytest.mark.parametrize("name", ["proven", "uncorrelated", "diffusing", "resisting"])
def test_a_pair_of_bits_answers_every_block_as_in_python(name, answers):
    cipher = NeuralCipher.load(name)
    facts = {
        "pair": pair_for_page(cipher),
        "keys": [k.tolist() for k in KEYS],
        "blocks": ALL_BLOCKS,
    }
    found = iter(answers("key_flipper", BOTH_WAYS, facts))
    for key in KEYS:
        sent = cipher.forward(key)(ALL_BLOCKS)
        np.testing.assert_array_equal(next(found), sent)
        np.testing.assert_array_equal(next(found), cipher.inverse(key)(sent))
        np.testing.assert_array_equal(next(found), cipher.inverse(key)(ALL_BLOCKS))


READ = """({ pair, keys, sent }) => {
  const read = new Pair(pair).reader(sent.data);
  return keys.map((key) => read(key).slice());
}"""


def test_bob_of_the_paper_reads_a_ciphertext_of_python_as_python_does(answers):
    cipher = NeuralCipher.load("paper")
    blocks = np.unique(bits.picture_to_blocks(pictures.load("eye")))
    sent = cipher.codebook(bits.PAPER_KEY)[blocks]
    keys = [*KEYS, *(bits.flip(bits.PAPER_KEY, position) for position in range(16))]
    facts = {
        "pair": pair_for_page(cipher),
        "keys": [key.tolist() for key in keys],
        "sent": sent.view(np.uint16),
    }
    for key, found in zip(keys, answers("key_flipper", READ, facts)):
        np.testing.assert_array_equal(found, cipher.decrypt_blocks(sent, key))


def test_alice_of_the_paper_differs_in_the_last_digit_of_few_values(answers):
    cipher = NeuralCipher.load("paper")
    blocks = np.unique(bits.picture_to_blocks(pictures.load("eye")))
    encrypt = "({ pair, key, blocks }) => new Pair(pair).encrypt(blocks.data, key)"
    facts = {"pair": pair_for_page(cipher), "key": bits.PAPER_KEY.tolist(), "blocks": blocks}
    (found,) = answers("key_flipper", encrypt, facts)
    sent = cipher.codebook(bits.PAPER_KEY)[blocks].ravel()
    here = found.view(np.float16)
    steps = np.abs(found.astype(int) - sent.view(np.uint16).astype(int))
    assert (steps > 0).mean() < 0.003
    assert np.abs(here.astype(float) - sent.astype(float)).max() < 1e-3


SCRAMBLED = """({ picture, key, side }) => {
  const sent = encrypted(asPicture(picture), key.data, side);
  const [height, width] = picture.shape;
  return [sent.bytes, decrypted(sent, key.data, side, width, height).bytes];
}"""


@pytest.mark.parametrize("side", [1, 2, 3, 4, 5, 8, 16])
def test_a_picture_is_scrambled_to_the_byte(side, answers):
    rng = np.random.default_rng(side)
    picture = rng.integers(0, 256, (37, 50, 3), np.uint8)
    key = random_key(rng, side)
    facts = {"picture": picture, "key": key.astype(np.int32), "side": side}
    sent, back = answers("scramble_explorer", SCRAMBLED, facts)
    expected = BlockScrambler(key, side).encrypt(picture[None])
    np.testing.assert_array_equal(sent, expected.ravel())
    np.testing.assert_array_equal(back, picture.ravel())


IN_MODES = """({ pair, key, start, blocks }) => Object.values(MODES).flatMap((mode) => {
  const all = Uint16Array.from({ length: 65536 }, (_, block) => block);
  const table = new Rounds(pair.alice).run(all.slice(), key);
  const inverse = new Rounds(pair.bob).run(all.slice(), key);
  const sent = mode.encrypt(table, blocks.data, start);
  return [sent, mode.decrypt(inverse, sent, start, table)];
})"""


def test_modes_give_the_blocks_of_python(answers):
    cipher, key, start = NeuralCipher.load("resisting"), KEYS[1], "1010 0110 0011 1001"
    blocks = np.random.default_rng(5).integers(0, 65536, 3000, np.uint16)
    facts = {
        "pair": pair_for_page(cipher),
        "key": key.tolist(),
        "start": number(CBC(start).iv),
        "blocks": blocks,
    }
    found = iter(answers("modes_explorer", IN_MODES, facts))
    for mode in (ECB(), CBC(start), CTR(start)):
        np.testing.assert_array_equal(next(found), mode.encrypt(cipher.forward(key), blocks))
        np.testing.assert_array_equal(next(found), blocks)


ROUND_BY_ROUND = """({ pair, key, block }) => ["block", "key"].flatMap((what) => {
  const rounds = avalanche(new Pair(pair).alice, block, key, what, 5);
  const means = Float64Array.from(rounds, ({ mean }) => mean);
  return [Uint16Array.from(rounds, ({ change }) => change), means];
})"""


@pytest.mark.parametrize("name", ["diffusing", "resisting"])
def test_the_avalanche_is_that_of_python_round_by_round(name, answers):
    cipher, key, block = NeuralCipher.load(name), KEYS[2], 4711
    facts = {"pair": pair_for_page(cipher), "key": key.tolist(), "block": block}
    changes, means, key_changes, key_means = answers("avalanche_explorer", ROUND_BY_ROUND, facts)
    expected = list(avalanche(cipher.alice, key, ALL_BLOCKS ^ np.uint16(1 << 10)))
    assert changes.tolist() == [each[block] for each in expected]
    assert means.tolist() == [np.bitwise_count(each).mean() for each in expected]
    signs = [bits.bits_to_signs(each) for each in (key, bits.flip(key, 5))]
    pairs = zip(*(cipher.alice.after_each_round(each) for each in signs))
    expected = [one ^ other for one, other in pairs]
    assert key_changes.tolist() == [each[block] for each in expected]
    assert key_means.tolist() == [np.bitwise_count(each).mean() for each in expected]


ATTACK = """({ steps, pictures, labels, eps }) => pictures.flatMap(({ data }, i) => {
  const x = Float32Array.from(data, (byte) => byte / 255);
  const options = { eps, eps_iter: eps / 10, nb_iter: 20, targeted: false };
  let found;
  for (found of pgd(steps, x, labels[i], options));
  return [logits(steps, x), gradient(steps, x, labels[i]), found, logits(steps, found)];
})"""

LOGITS = 3e-5  # by which they may differ
SLOPES = 1e-5  # the same, relative to the steepest
SAME_VALUES = 0.99  # the share of a picture's values that the attack moves to the same place
LOSS = 1e-3  # by how much the loss that it reaches may differ, relative to it


@functools.cache
def attacked_by_keras() -> tuple[dict[str, Any], list[np.ndarray]]:
    """Facts for the page, and of each picture logits, slopes, noisy picture and losses then.

    The page follows the log-odds. They climb in the direction of the cross-entropy, but its slope
    in float32 is rough where the network is sure: that would be compared with nothing.
    """
    from helpers.learnable import attacks, datasets, gradients, scenarios
    from helpers.learnable.steps import steps_of

    model = scenarios.load("Plain")[0]
    follow = gradients.compiled_gradient(model, gradients.log_odds)

    def log_odds(_model, x, y, _loss):
        slopes, logits = follow(x, y)
        return np.array(slopes), np.array(logits)

    drawn, labels = datasets.pictograms(np.random.default_rng(7), 5)
    x, eps = drawn / np.float32(255), 4 / 255
    slopes, logits = log_odds(model, x, labels, "")
    options = {"eps": eps, "eps_iter": eps / 10, "nb_iter": 20, "grad": log_odds}
    misled = attacks.projected_gradient_descent(model, x, labels, **options)
    losses = -log_softmax(gradients.scores(model, misled), axis=1)
    facts = {"steps": steps_of(model), "pictures": list(drawn), "labels": labels.tolist()}
    return facts | {"eps": eps}, [logits, slopes, misled, losses]


def test_the_classroom_network_its_gradient_and_pgd_are_those_of_keras(answers):
    facts, by_keras = attacked_by_keras()
    found = np.array(answers("pgd_explorer", ATTACK, facts), dtype=object).reshape(-1, 4)
    rows = zip(found, facts["labels"], *by_keras, strict=True)
    for (here, slope, moved, then), y, logits, slopes, misled, losses in rows:
        assert np.abs(here - logits).max() < LOGITS
        assert np.abs(slope - slopes.ravel()).max() < SLOPES * np.abs(slopes).max()
        assert (np.abs(moved - misled.ravel()) < 1e-6).mean() > SAME_VALUES
        assert -log_softmax(then)[y] == pytest.approx(losses[y], rel=LOSS)
