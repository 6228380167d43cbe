"""Train some networks of the scenarios, and leave their weights for the studies that attack them.

    python -m data.studies.train --scale laptop --seed 2 Encrypted Plain-Adv

Networks on CIFAR-10 are not shipped: they come to be in build/. It can be stopped at any moment,
and goes on where it was when it is given again, as `data.studies.scenarios` does, with --seconds
too.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from data.studies import publish, trained
from data.studies.in_pieces import remove_set
from data.studies.scales import SCALES, Examples, Scale, examples
from data.studies.scenarios import CHECKPOINTS, add_seconds, run_name, training, weights_of
from helpers.learnable.scenarios import CONTROL, NETWORKS

# The control learns against its own eps, in few steps that together reach farther than that.
CONTROLS = {
    "classroom": replace(
        SCALES["classroom"], adversarial_epochs=12, eps=8 / 255, eps_iter=3 / 255, nb_iter=5
    ),
    "laptop": replace(
        SCALES["laptop"], adversarial_epochs=8, eps=4 / 255, eps_iter=2 / 255, nb_iter=3
    ),
    "paper": replace(SCALES["paper"], eps=8 / 255, eps_iter=2 / 255, nb_iter=7),  # Madry et al.
}


def scale_of(scale: Scale, name: str) -> Scale:
    """The scale at which a network is trained: for the control, against its own noise."""
    return CONTROLS[scale.name] if name == CONTROL.name else scale


def train(
    name: str, scale: Scale, data: Examples, seed: int, folder: Path, until: float = math.inf
) -> bool:
    """A network's weights below `folder`, unless they are there; False where it was stopped, or
    stopped by itself at the time `until`.
    """
    scale = scale_of(scale, name)
    file = weights_of(folder, scale, seed, name)
    checkpoint = CHECKPOINTS / run_name(scale, seed) / f"{name}.npz"
    if file.exists():
        return True
    for path in (file, checkpoint):
        publish.check_writable_result(path)
    with publish.one_at_a_time(checkpoint.parent, wait=False):
        underway = training(NETWORKS[name], scale, data, seed)
        if not underway.run(checkpoint, until=until):
            return False
        trained.save(file, underway)
        remove_set(checkpoint)
    publish.enter(file, f"python -m data.studies.train --scale {scale.name} --seed {seed} {name}")
    return True


def parser() -> argparse.ArgumentParser:
    """What the command line takes."""
    made = argparse.ArgumentParser(prog="python -m data.studies.train", description=main.__doc__)
    made.add_argument(
        "names", nargs="+", choices=NETWORKS, metavar="NAME", help=", ".join(NETWORKS)
    )
    made.add_argument("--scale", choices=CONTROLS, default="classroom")
    made.add_argument("--seed", type=publish.seed, default=1)
    made.add_argument("--cifar10", help="an .npz file with CIFAR-10; default: Keras' download")
    made.add_argument("--output", type=Path, default=CHECKPOINTS.parent, help="default: build/")
    add_seconds(made)
    return made


def main(words: Sequence[str] | None = None) -> None:
    """Train networks of the scenarios by name, each unless its weights are there.

    Given again after a stop, the command goes on where it was.
    """
    options = parser().parse_args(words)
    until, scale = time.monotonic() + options.seconds, SCALES[options.scale]
    try:
        data = examples(scale, options.cifar10)
        for name in options.names:
            if not train(name, scale, data, options.seed, options.output, until):
                raise SystemExit("Stopped; the same command goes on from here.")
    except (OSError, ValueError) as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
