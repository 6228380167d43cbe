"""Attackers who never held the key: by how much do they win?

python -m data.studies.without_key --scale classroom

Victim is the network "Encrypted"; errors are shares of the attacked pictures. All noise is PGD of
20 steps of a tenth of eps, unless it says something else. Parts of the result:

overheard   half of the key from 1, 4, 20, 100 ciphertexts alone, the rest drawn anew at each step
            (`helpers.learnable.without_key`), for five draws of what was overheard
lazy        whoever guesses a key, or a fresh one at each step, on the same pictures
graft       the published network, its first layers relearned on plain pictures; beside it a network
            of one's own, and how well each of them reads plain pictures
published   what the first weights tell of the key, and how likely that is by chance
questions   the Square attack, which sees nothing but scores: 2,000 queries, on Plain as well

What the attacker has: the victim's weights, but for `questions`, and plain pictures of its own: at
the scale classroom drawn from another seed, at the scale laptop those that the victim learned from.
What is overheard are ciphertexts of test pictures that are not attacked.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.stats

from data.studies import attackers
from data.studies.attacked import Bools, Setting, Victim, paired, rounded, share, study
from data.studies.scenarios import compile_model, rise_and_fall
from helpers.learnable import datasets, ladder, without_key
from helpers.learnable.cipher_gradients import bytes_to_floats
from helpers.learnable.gradients import Labels
from helpers.learnable.scramble import Pictures
from helpers.quiet_keras import keras

ATTACKED, ASKED = 1000, 200
SIZES = (1, 2, 4, 8, 16, 25)  # eps, of 255
HEARD = (1, 4, 20, 100)
DRAWS = 5
LEARNED, EPOCHS = 4000, 8  # the graft's pictures


def budget(size: int) -> dict[str, Any]:
    return {"eps": size / 255, "eps_iter": size / 2550, "nb_iter": 20}


def own_pictures(setting: Setting, n: int) -> tuple[Pictures, Labels]:
    """Plain pictures that an attacker can have: public ones."""
    if setting.scale.dataset == "pictograms":
        return datasets.pictograms(np.random.default_rng(11), n)
    return setting.data.x_train[:n], setting.data.y_train[:n]


# --- half of the key ------------------------------------------------------------------------------


def overheard(setting: Setting) -> dict[str, Any]:
    """By number of ciphertexts: how much of the half was right, and the error by draw and eps."""
    victim, (pictures, labels) = setting.victim("Encrypted"), setting.test(ATTACKED)
    public, _ = own_pictures(setting, 100)
    found: dict[str, Any] = {}
    for count in HEARD:
        halves = [half(setting, victim, count, draw, public) for draw in range(DRAWS)]
        found[str(count)] = {
            "right": rounded(
                [float(np.mean(one[one >= 0] == victim_key(victim)[one >= 0])) for one in halves]
            ),
            "wrong": by_size(victim, halves, pictures, labels, SIZES if count == 20 else (8, 25)),
        }
    return found


def victim_key(victim: Victim) -> np.ndarray:
    assert victim.cipher is not None
    return victim.cipher.key


def half(setting: Setting, victim: Victim, count: int, draw: int, public: Pictures) -> np.ndarray:
    """Half of the victim's key, from `count` ciphertexts of pictures that are not attacked."""
    assert victim.cipher is not None
    rng = np.random.default_rng([count, draw])
    rows = ATTACKED + rng.choice(len(setting.data.x_test) - ATTACKED, count, replace=False)
    return without_key.half_a_key(victim.cipher.encrypt(setting.data.x_test[rows]), public)


def by_size(
    victim: Victim,
    halves: list[np.ndarray],
    pictures: Pictures,
    labels: Labels,
    sizes: tuple[int, ...],
) -> dict[str, list[int]]:
    """By eps: how many of the pictures each of the halves loses."""
    wrong = {}
    for size in sizes:
        wrong[str(size)] = [
            int(through_half(victim, one, pictures, labels, size).sum()) for one in halves
        ]
    return wrong


def through_half(
    victim: Victim, one: np.ndarray, pictures: Pictures, labels: Labels, size: int
) -> Bools:
    grad = without_key.guessing_the_rest(one, rng=np.random.default_rng(size))
    noisy = ladder.model_fed_plain(victim.model, pictures, labels, grad=grad, **budget(size))
    return victim.fooled(noisy, labels)


def lazy(setting: Setting) -> dict[str, Any]:
    """Those who know nothing of the key, and guess, beside one who holds it, and no attack."""
    victim, (pictures, labels) = setting.victim("Encrypted"), setting.test(ATTACKED)
    model, cipher = victim.model, victim.cipher
    assert cipher is not None
    found: dict[str, Any] = {"no_attack": share(victim.fooled(pictures, labels))}
    for size in (8, 25):
        rng = np.random.default_rng(size)
        noisy = {
            "wrong_key": attackers.wrong_key(model, pictures, labels, rng=rng, **budget(size)),
            "fresh_keys": attackers.fresh_keys(model, pictures, labels, rng=rng, **budget(size)),
            "true_key": ladder.through_cipher(model, cipher, pictures, labels, **budget(size)),
        }
        found[str(size)] = {name: share(victim.fooled(x, labels)) for name, x in noisy.items()}
    return found


# --- the published network ------------------------------------------------------------------------


def graft(setting: Setting) -> dict[str, Any]:
    """Transfer from the relearned copy, and from a network of one's own, by eps."""
    victim, (pictures, labels) = setting.victim("Encrypted"), setting.test(ATTACKED)
    copy, own = relearned(victim.model, *own_pictures(setting, LEARNED)), setting.victim("Plain")
    found: dict[str, Any] = {}
    for name, model in (("graft", copy), ("own_network", own.model)):
        plainly = ladder.fooled(ladder.victim(model), pictures, labels)
        found[name] = {"reads_plain_wrongly": share(plainly)}
        for size in (8, 25):
            noisy = attackers.transfer(model, pictures, labels, **budget(size))
            found[name][str(size)] = share(victim.fooled(noisy, labels))
    return found


def relearned(published: keras.Model, pictures: Pictures, labels: Labels) -> keras.Model:
    """A copy that reads plain pictures: its first convolution learns anew, all else stays."""
    copy = keras.models.clone_model(published)
    copy.set_weights(published.get_weights())
    first = next(layer for layer in copy.layers if isinstance(layer, keras.layers.Conv2D))
    for layer in copy.layers:
        layer.trainable = layer is first
    compile_model(copy, rise_and_fall(EPOCHS * -(-len(labels) // 64)))
    copy.fit(bytes_to_floats(pictures), labels, 64, EPOCHS, verbose=0)
    return copy


def published(setting: Setting) -> list[dict[str, Any]]:
    """For each network of a fixed key: the ciphertext's bytes whose high nibble was a high one.

    The network hears of a byte through the norm of its weights in the first convolution. Those that
    it listens to most are guessed to be the ones.
    """
    found = []
    for name in ("Encrypted", "Encrypted-Adv"):
        for seed in setting.seeds(name):
            victim = setting.victim(name, seed)
            first = next(x for x in victim.model.layers if isinstance(x, keras.layers.Conv2D))
            heard = np.square(np.asarray(first.kernel)).sum(axis=-1).ravel()
            high = victim_key(victim)[len(heard) :] >= len(heard)  # of the high places of a block
            guessed = np.argsort(-heard)[: high.sum()]
            right = int(high[guessed].sum())
            chance = scipy.stats.hypergeom.sf(right - 1, len(heard), high.sum(), high.sum())
            numbers = {"right": right, "of": int(high.sum()), "bytes": len(heard)}
            found.append({"network": name, "seed": seed, **numbers, "p": float(f"{chance:.2g}")})
    return found


# --- questions alone ------------------------------------------------------------------------------


def questions(setting: Setting) -> dict[str, Any]:
    """Square, 2,000 queries a picture, at eps 1 and 8 of 255, on Encrypted and on Plain."""
    pictures, labels = setting.test(ASKED)
    found: dict[str, Any] = {}
    for size in (1, 8):
        lost = {}
        for name in ("Encrypted", "Plain"):
            victim, rng = setting.victim(name), np.random.default_rng(size)
            asked: dict[str, Any] = {"rng": rng, "eps": size / 255, "n_queries": 2000}
            noisy = attackers.squares(victim.answer, pictures, labels, **asked)
            lost[name] = victim.fooled(noisy, labels)
        found[str(size)] = {name: share(one) for name, one in lost.items()}
        found[str(size)]["Encrypted, Plain"] = paired(lost["Encrypted"], lost["Plain"])
    return found


PARTS = {
    "overheard": overheard,
    "lazy": lazy,
    "graft": graft,
    "published": published,
    "questions": questions,
}
main = study("without_key", __doc__, PARTS)

if __name__ == "__main__":
    main()
