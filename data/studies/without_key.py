"""Attackers who never held the key: by how much do they win?

    python -m data.studies.without_key --scale classroom

Victim is the network "Encrypted". All noise is PGD of 20 steps of a tenth of eps. Parts:

heard_N     half of the key from N ciphertexts alone, the rest drawn anew at each step
            (`helpers.learnable.without_key`), for five draws of what is overheard
seed_N      the same from 20 ciphertexts, for the network of another seed, which has another key
rungs       all who have no key, and one who has, on the same pictures, with paired tests. `graft`
            is the published network whose first convolution learned plain pictures anew; what fools
            it is sent to the service. Its control, `own_network`, has nothing of the published one
curves      four attackers by eps: `noise` is that of the next with its signs tossed anew,
            `past_the_cipher` PGD on the network fed plain pictures, `with_key` the discrete search
published   what the weights of first convolutions tell of keys, and how likely that is by chance

What the attackers have: the victim's weights, and plain pictures of their own, on
which the victim neither learned nor is attacked: pictograms of another seed, or the last of
CIFAR-10's test half. What they overhear are ciphertexts of a thousand other test pictures.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.stats

from data.studies import attackers
from data.studies.attacked import Bools, Part, Setting, Victim, paired, rounded, share, study
from data.studies.scenarios import compile_model, rise_and_fall
from helpers.learnable import datasets, ladder, without_key
from helpers.learnable.cipher_gradients import bytes_to_floats
from helpers.learnable.gradients import Labels
from helpers.learnable.scramble import BlockScrambler, Order, Pictures
from helpers.metrics import Proportion
from helpers.quiet_keras import keras

SIZES = (1, 8, 25)  # eps, of 255
ATTACKED, SAMPLED = 1000, 500  # pictures: as a rule, for each draw
HEARABLE = 1000  # the test pictures after those attacked
DRAWS = 5
LEARNED, EPOCHS, BATCH = 4000, 8, 64  # the graft's lessons


def budget(size: int) -> dict[str, Any]:
    return {"eps": size / 255, "eps_iter": size / 2550, "nb_iter": 20}


def own_pictures(setting: Setting, n: int) -> tuple[Pictures, Labels]:
    """n plain pictures of the attacker's own, and their labels."""
    if setting.scale.dataset == "pictograms":
        return datasets.pictograms(np.random.default_rng(11), n)
    return setting.data.x_test[-n:], setting.data.y_test[-n:]


def cipher_of(victim: Victim) -> BlockScrambler:
    assert victim.cipher is not None  # "Encrypted" has one
    return victim.cipher


# --- half of the key ------------------------------------------------------------------------------


def heard(setting: Setting, count: int) -> dict[str, Any]:
    """From `count` ciphertexts: the share of the half that is right, and the error, by draw."""
    victim = setting.victim("Encrypted")
    halves = [half(setting, victim, count, draw) for draw in range(DRAWS)]
    different = {one.tobytes(): one for one in halves}  # mostly all are right, and so alike
    found: dict[str, Any] = {"right": rounded([right(victim, one) for one in halves])}
    for size in (8, 25):
        lost = {
            name: through_half(victim, one, *setting.test(SAMPLED), size)
            for name, one in different.items()
        }
        found[str(size)] = by_draw([lost[one.tobytes()] for one in halves])
    return found


def half(setting: Setting, victim: Victim, count: int, draw: int = 0) -> Order:
    """Half of the victim's key, from `count` ciphertexts of pictures that are not attacked."""
    rng = np.random.default_rng([count, draw])
    pictures, _ = setting.test(HEARABLE, first=ATTACKED)
    ciphertexts = cipher_of(victim).encrypt(pictures[rng.choice(HEARABLE, count, replace=False)])
    return without_key.half_a_key(ciphertexts, own_pictures(setting, LEARNED)[0][:100])


def right(victim: Victim, one: Order) -> float:
    """Which share of the entries that were found is the key's."""
    there = one != without_key.UNKNOWN
    return float(np.mean(one[there] == cipher_of(victim).key[there]))


def through_half(
    victim: Victim, one: Order, pictures: Pictures, labels: Labels, size: int
) -> Bools:
    """Which pictures are lost to somebody who knows half of the key."""
    grad = without_key.guessing_the_rest(one, rng=np.random.default_rng([size, ATTACKED]))
    noisy = ladder.model_fed_plain(victim.model, pictures, labels, grad=grad, **budget(size))
    return victim.fooled(noisy, labels)


def by_draw(lost: Sequence[Bools]) -> dict[str, Any]:
    """The pictures lost in each draw, and their mean with the interval that the pictures leave."""
    hits, n = [int(one.sum()) for one in lost], lost[0].size
    interval = rounded(Proportion(round(sum(hits) / len(hits)), n).interval)
    return {"by_draw": hits, "of": n, "interval_of_mean": interval}


def other_seed(setting: Setting, seed: int) -> dict[str, Any] | None:
    """From 20 ciphertexts under another key, of the network of another seed, if it is there."""
    if seed not in setting.seeds("Encrypted"):
        return None
    victim = setting.victim("Encrypted", seed)
    one = half(setting, victim, 20)
    found: dict[str, Any] = {"right": right(victim, one)}
    for size in (8, 25):
        found[str(size)] = share(through_half(victim, one, *setting.test(ATTACKED), size))
    return found


# --- all who have no key, side by side ------------------------------------------------------------


def rungs(setting: Setting) -> dict[str, Any]:
    """By eps: the error under each attack, and paired tests of those that are compared."""
    victim, (pictures, labels) = setting.victim("Encrypted"), setting.test(ATTACKED)
    own = setting.victim("Plain").model
    graft = relearned(victim.model, *own_pictures(setting, LEARNED))
    one = half(setting, victim, 20)
    found: dict[str, Any] = {
        "no_attack": share(victim.fooled(pictures, labels)),
        "graft_errs_on_plain": share(ladder.fooled(ladder.victim(graft), pictures, labels)),
    }
    for size in SIZES:
        lost = lazy_and_true(victim, pictures, labels, size)
        lost["half_of_20"] = through_half(victim, one, pictures, labels, size)
        for name, model in (("graft", graft), ("own_network", own)):
            noisy = attackers.transfer(model, pictures, labels, **budget(size))
            lost[name] = victim.fooled(noisy, labels)
        found[str(size)] = {name: share(fooled) for name, fooled in lost.items()}
        found[str(size)]["paired"] = {
            f"{name}, {other}": paired(lost[name], lost[other])
            for name, other in (
                ("half_of_20", "true_key"),
                ("half_of_20", "fresh_keys"),
                ("graft", "own_network"),
                ("graft", "fresh_keys"),
            )
        }
    return found


def lazy_and_true(
    victim: Victim, pictures: Pictures, labels: Labels, size: int
) -> dict[str, Bools]:
    """Which pictures are lost to guesses at the whole key, and to one who holds it."""
    # Not `size` alone: 1 and the victim's own [1, 0] are the same seed to NumPy, and draw its key.
    given, rng = (victim.model, pictures, labels), np.random.default_rng([size, ATTACKED])
    noisy = {
        "wrong_key": attackers.wrong_key(*given, rng=rng, **budget(size)),
        "fresh_keys": attackers.fresh_keys(*given, rng=rng, **budget(size)),
        "true_key": ladder.through_cipher(
            victim.model, victim.cipher, pictures, labels, **budget(size)
        ),
    }
    return {name: victim.fooled(shown, labels) for name, shown in noisy.items()}


def relearned(published: keras.Model, pictures: Pictures, labels: Labels) -> keras.Model:
    """The best of three copies on these plain pictures: now and then one learns hardly anything."""
    copies = [relearn(published, pictures, labels, seed) for seed in range(3)]
    return min(copies, key=lambda copy: ladder.fooled(ladder.victim(copy), pictures, labels).sum())


def relearn(published: keras.Model, pictures: Pictures, labels: Labels, seed: int) -> keras.Model:
    """A copy that reads plain pictures: its first convolution learns them, all else stays."""
    copy = keras.models.clone_model(published)
    copy.set_weights(published.get_weights())
    first = first_convolution(copy)
    for layer in copy.layers:
        layer.trainable = layer is first
    compile_model(copy, rise_and_fall(EPOCHS * -(-len(labels) // BATCH)))
    for epoch in range(EPOCHS):
        order = np.random.default_rng([seed, epoch, 1]).permutation(len(labels))
        x, y = bytes_to_floats(pictures[order]), labels[order]
        copy.fit(x, y, BATCH, epochs=1, shuffle=False, verbose=0)
    return copy


def first_convolution(model: keras.Model) -> keras.layers.Layer:
    return next(layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D))


def curves(setting: Setting) -> dict[str, Any]:
    """By eps: noise, the gradient that does not fit, half of the key from 20, and the key."""
    victim, (pictures, labels) = setting.victim("Encrypted"), setting.test(ATTACKED)
    given = victim.model, cipher_of(victim), pictures, labels
    one, found = half(setting, victim, 20), {}
    for size in (1, 2, 4, 8, 16, 25):
        rng = np.random.default_rng(size)
        past = ladder.model_fed_plain(victim.model, pictures, labels, **budget(size))
        noisy = {
            "noise": ladder.random_signs(pictures, past, rng=rng),
            "past_the_cipher": past,
            "with_key": ladder.discrete_search(*given, rng=rng, eps=size / 255),
        }
        lost = {name: victim.fooled(shown, labels) for name, shown in noisy.items()}
        lost["half_of_20"] = through_half(victim, one, pictures, labels, size)
        found[str(size)] = {name: share(fooled) for name, fooled in lost.items()}
    return found


# --- what the weights tell ------------------------------------------------------------------------


def published(setting: Setting) -> list[dict[str, Any]]:
    """For each network of a fixed key: the ciphertext's bytes whose high nibble was a high one.

    Low nibbles are almost noise, so the first convolution gives those bytes larger weights: the
    bytes of the largest norms are guessed to be the ones. `p` is the chance of so many right ones
    for somebody who draws as many bytes blindly: the hypergeometric distribution.
    """
    found = []
    for name in ("Encrypted", "Encrypted-Adv"):
        for seed in setting.seeds(name):
            victim = setting.victim(name, seed)
            counts = guess_high_bytes(first_convolution(victim.model).kernel, cipher_of(victim).key)
            found.append({"network": name, "seed": seed, **counts})
    return found


def guess_high_bytes(kernel: np.ndarray, key: Order) -> dict[str, Any]:
    """How many of the bytes with the largest norms in a kernel (M, M, 3, filters) are right."""
    norms = np.square(np.asarray(kernel)).sum(axis=-1).ravel()
    bytes_ = len(norms)
    high = key[bytes_:] >= bytes_  # the high nibble of byte i is input nibble key[bytes_ + i]
    many = int(high.sum())
    hits = int(high[np.argsort(-norms)[:many]].sum())
    p = scipy.stats.hypergeom.sf(hits - 1, bytes_, many, many)
    expected = round(many * many / bytes_, 1)
    return {"hits": hits, "of": many, "by_chance": expected, "p": float(f"{p:.2g}")}


PARTS: dict[str, Part] = {
    **{f"heard_{count}": functools.partial(heard, count=count) for count in (1, 4, 20, 100)},
    "rungs": rungs,
    "curves": curves,
    **{f"seed_{seed}": functools.partial(other_seed, seed=seed) for seed in (2, 3)},
    "published": published,
}
main = study("without_key", __doc__, PARTS)

if __name__ == "__main__":
    main()
