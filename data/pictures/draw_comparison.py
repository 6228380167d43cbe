"""Draw comparison.png: the pairs `paper`, `proven` and `diffusing` beside AES-128.

python data/pictures/draw_comparison.py
"""

from __future__ import annotations

import json
from pathlib import Path

from helpers import figures, manifest
from helpers.neural.cipher import NeuralCipher


def draw() -> bytes:
    """The picture as the bytes of a PNG file."""
    results = manifest.checked("results/comparison.json").read_text(encoding="utf-8")
    panels = figures.compared(json.loads(results)["ciphers"], tried())
    return figures.to_png(figures.compare_ciphers(panels))


def tried() -> dict[str, int]:
    """How many pairs of message and key Bob of each pair has read, all of them right."""
    about = NeuralCipher.load("paper").about
    counts = {"paper": 10_000_000 - about["wrong_of_10000000_random_pairs"]}
    for name in ("proven", "diffusing"):
        path = manifest.checked(f"results/proof_{name}.json")
        found = json.loads(path.read_text(encoding="utf-8"))
        counts[name] = found["keys"] << found["bits"] if found["proved"] else 0
    return counts


if __name__ == "__main__":
    Path(__file__).with_name("comparison.png").write_bytes(draw())
