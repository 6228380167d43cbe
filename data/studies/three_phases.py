"""Play the paper's three phases and write data/results/three_phases.json: curves and scores.

python -m data.studies.three_phases
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from time import perf_counter

import numpy as np

from data.studies import publish
from helpers import manifest
from helpers.files import write_json
from helpers.neural.training import Players, evaluate, lesson_recipe, train

COMMAND, SEED = "python -m data.studies.three_phases", 1


def main(words: Sequence[str] | None = None) -> None:
    """The command line, which has nothing to choose."""
    argparse.ArgumentParser(prog=COMMAND, description=__doc__).parse_args(words)
    path = manifest.DATA / "results" / "three_phases.json"
    with publish.result_at(path, COMMAND):
        players, rng, phases = Players(SEED), np.random.default_rng(SEED), []
        started = perf_counter()
        for phase in lesson_recipe[:3]:
            history = train(players, phase)
            scores = evaluate(players, rng, 100_000)
            phases.append(asdict(history) | {"scores": asdict(scores)})
        about = publish.provenance(COMMAND, SEED, perf_counter() - started)
        write_json(path, about | {"phases": phases})


if __name__ == "__main__":
    main()
