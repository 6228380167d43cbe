"""Ten kinds of things drawn in little scenes: a picture for each label, without a download.

Each thing is a dozen polygons and ellipses with one or two random measures (a wing, a sail, a
roof). It is turned, stretched, coloured and set into one of eight scenes; then the picture is lit
and roughened like a small photograph, because a cipher and a network are tried fairly only on
pictures whose neighbouring pixels are alike. NumPy and Pillow only.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from helpers.learnable.photograph import SIDE, photographed

CANVAS = 2 * SIDE  # drawn at twice the side, then halved: smooth edges for little work
CHUNK = 250  # pictures lit and roughened at once

# Drawings hold the number of a pot of paint in each pixel; what colour is in it is decided later.
SKY, GROUND, CLUTTER, MAIN, SHADE, SECOND, ACCENT, DARK, LIGHT = range(9)

Colour = tuple[int, int, int]
Point = tuple[float, float]
Place = tuple[float, float, float, float, float, float]


def pictograms(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw n little pictures, of each class equally many, or one more than of another.

    Args:
        rng: where the chance comes from. The same state gives the same pictures (another release of
            NumPy or Pillow may move single pixels).
        n: how many, 0 or more.

    Returns:
        The pictures, uint8 (n, 32, 32, 3), in random order; and their labels, uint8 (n,), which are
        numbers in `CLASSES`.

    Raises:
        ValueError: for a negative n.

    Source: none; the drawings are the kit's own, in place of the paper's CIFAR-10.

    >>> pictures, labels = pictograms(np.random.default_rng(1), 20)
    >>> pictures.shape, sorted(labels.tolist())[:5]
    ((20, 32, 32, 3), [0, 0, 1, 1, 2])
    """
    if n < 0:
        raise ValueError(f"Pictograms are drawn in a number from 0 up; {n} came: ask for more.")
    labels = rng.permutation(np.arange(n) % len(CLASSES)).astype(np.uint8)
    pictures = np.empty((n, SIDE, SIDE, 3), np.uint8)
    for start in range(0, n, CHUNK):
        kinds = [KINDS[CLASSES[label]] for label in labels[start : start + CHUNK]]
        drawings, paints = zip(*(draw(kind, rng) for kind in kinds))
        pictures[start : start + CHUNK] = coloured(np.stack(drawings), np.stack(paints), rng)
    return pictures, labels


def draw(kind: Kind, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """One thing in one scene: its drawing, pots of paint as uint8 (64, 64), and the colour in each
    pot, float32 (9, 3) from 0 to 255.
    """
    scene = SCENES[pick(rng, kind.scenes if rng.random() < 0.6 else tuple(SCENES))]
    canvas = Image.new("L", (CANVAS, CANVAS), SKY)
    sheet = ImageDraw.Draw(canvas)
    draw_scene(Pen(sheet, EVERYWHERE), rng, scene)
    kind.draw(Pen(sheet, random_place(rng)), rng)
    return np.asarray(canvas), mix_paints(kind, scene, rng)


# --- the pen --------------------------------------------------------------------------------------


class Pen:
    """Draws in coordinates from -1 to 1, x to the right and y down, wherever `place` puts them."""

    def __init__(self, sheet: ImageDraw.ImageDraw, place: Place):
        self.sheet, self.place = sheet, place

    def polygon(self, paint: int, *points: Point) -> None:
        self.sheet.polygon(self._placed(points), fill=paint)

    def line(self, paint: int, width: float, *points: Point) -> None:
        """A line through the points; its width is a share of the half canvas."""
        pixels = max(1, round(width * CANVAS / 2))
        self.sheet.line(self._placed(points), fill=paint, width=pixels, joint="curve")

    def ellipse(self, paint: int, x: float, y: float, across: float, down: float) -> None:
        """An ellipse by its centre and its two radii."""
        self.polygon(paint, *((x + across * c, y + down * s) for c, s in CIRCLE))

    def box(self, paint: int, left: float, top: float, right: float, bottom: float) -> None:
        self.polygon(paint, (left, top), (right, top), (right, bottom), (left, bottom))

    def _placed(self, points) -> list[Point]:
        a, b, c, d, e, f = self.place
        return [(a * x + b * y + c, d * x + e * y + f) for x, y in points]


CIRCLE = [(math.cos(2 * math.pi * i / 20), math.sin(2 * math.pi * i / 20)) for i in range(20)]
EVERYWHERE = (CANVAS / 2, 0.0, CANVAS / 2, 0.0, CANVAS / 2, CANVAS / 2)


def random_place(rng: np.random.Generator) -> Place:
    """Random size, turn, stretch, mirror image and shift, the thing mostly inside the canvas."""
    half = CANVAS / 2
    size, turn, stretch = rng.uniform(0.64, 0.92), rng.uniform(-0.2, 0.2), rng.uniform(-0.12, 0.12)
    across, down = half * size * math.exp(stretch), half * size * math.exp(-stretch)
    across *= -1 if rng.random() < 0.5 else 1
    x, y = half * (1 + rng.uniform(-0.2, 0.2, 2))
    cos, sin = math.cos(turn), math.sin(turn)
    return across * cos, -down * sin, x, across * sin, down * cos, y


def pick(rng: np.random.Generator, choices: tuple):
    """One of them. (`rng.choice` would first make an array of them.)"""
    return choices[rng.integers(len(choices))]


# --- ten things -----------------------------------------------------------------------------------


def draw_balloon(pen: Pen, rng: np.random.Generator) -> None:
    width, strip = rng.uniform(0.6, 0.74), rng.uniform(0.28, 0.42)
    pen.line(DARK, 0.05, (-0.3, 0.3), (-0.13, 0.75))
    pen.line(DARK, 0.05, (0.3, 0.3), (0.13, 0.75))
    for paint, part in ((MAIN, 1.0), (SECOND, 0.7), (MAIN, strip)):
        pen.ellipse(paint, 0, -0.3, width * part, 0.68)
        x = width * part * 0.88
        pen.polygon(paint, (-x, 0), (x, 0), (0.2 * part, 0.52), (-0.2 * part, 0.52))
    pen.box(ACCENT, -0.17, 0.7, 0.17, 0.98)
    pen.box(DARK, -0.19, 0.68, 0.19, 0.75)


def draw_bird(pen: Pen, rng: np.random.Generator) -> None:
    wing, tail = rng.uniform(-0.75, 0.1), rng.uniform(-0.2, 0.2)
    for x in (-0.05, 0.15):
        pen.line(DARK, 0.07, (x, 0.4), (x, 0.84), (x + 0.16, 0.84))
    pen.polygon(SHADE, (-0.4, 0), (-0.98, tail - 0.16), (-0.92, tail + 0.16), (-0.35, 0.25))
    pen.ellipse(MAIN, -0.02, 0.12, 0.56, 0.38)
    pen.ellipse(MAIN, 0.44, -0.24, 0.28, 0.28)
    pen.ellipse(LIGHT, 0.16, 0.26, 0.28, 0.2)
    pen.polygon(SECOND, (-0.36, 0.02), (0.22, -0.02), (0.12, 0.22), (-0.5, wing))
    pen.polygon(ACCENT, (0.66, -0.36), (1.0, -0.2), (0.66, -0.12))
    pen.ellipse(DARK, 0.5, -0.3, 0.08, 0.08)


def draw_boat(pen: Pen, rng: np.random.Generator) -> None:
    top, sail = rng.uniform(-0.98, -0.8), rng.uniform(0.5, 0.75)
    pen.line(ACCENT, 0.08, (0, 0.4), (0, top))
    pen.polygon(LIGHT, (0.08, top + 0.05), (0.08, 0.28), (sail, 0.28))
    pen.polygon(SECOND, (-0.08, top + 0.25), (-0.08, 0.28), (0.1 - sail, 0.28))
    pen.polygon(ACCENT, (0, top), (0, top + 0.16), (-0.24, top + 0.08))
    pen.polygon(MAIN, (-0.92, 0.38), (0.96, 0.38), (0.62, 0.84), (-0.6, 0.84))
    pen.polygon(SHADE, (-0.72, 0.66), (0.76, 0.66), (0.62, 0.84), (-0.6, 0.84))


def draw_car(pen: Pen, rng: np.random.Generator) -> None:
    roof, front = rng.uniform(-0.5, -0.34), rng.uniform(0.3, 0.48)
    pen.polygon(MAIN, (-0.66, 0.02), (-0.42, roof), (front - 0.2, roof), (front + 0.12, 0.02))
    pen.polygon(LIGHT, (-0.5, 0), (-0.35, roof + 0.12), (-0.12, roof + 0.12), (-0.12, 0))
    pen.polygon(LIGHT, (0, 0), (0, roof + 0.12), (front - 0.25, roof + 0.12), (front - 0.04, 0))
    pen.polygon(MAIN, (-0.94, 0), (0.74, 0), (0.95, 0.14), (0.95, 0.46), (-0.96, 0.46))
    pen.box(SECOND, -0.96, 0.3, 0.95, 0.46)
    pen.box(ACCENT, 0.82, 0.1, 0.95, 0.26)
    for x in (-0.52, 0.52):
        pen.ellipse(DARK, x, 0.46, 0.25, 0.25)
        pen.ellipse(LIGHT, x, 0.46, 0.11, 0.11)


def draw_cup(pen: Pen, rng: np.random.Generator) -> None:
    foot, band = rng.uniform(0.34, 0.5), rng.uniform(-0.12, 0.25)
    pen.line(SHADE, 0.14, *((0.5 + 0.36 * c, 0.02 + 0.34 * s) for c, s in CIRCLE + CIRCLE[:1]))
    pen.ellipse(MAIN, -0.1, 0.74, foot, 0.12)
    pen.polygon(MAIN, (-0.68, -0.5), (0.48, -0.5), (foot - 0.1, 0.74), (-foot - 0.1, 0.74))
    pen.polygon(SECOND, (-0.6, band), (0.4, band), (0.37, band + 0.26), (-0.57, band + 0.26))
    pen.ellipse(SHADE, -0.1, -0.5, 0.58, 0.2)
    pen.ellipse(ACCENT, -0.1, -0.46, 0.46, 0.13)


def draw_fish(pen: Pen, rng: np.random.Generator) -> None:
    tail, back = rng.uniform(0.32, 0.56), rng.uniform(-0.75, -0.5)
    pen.polygon(SECOND, (-0.45, 0), (-0.96, -tail), (-0.8, 0), (-0.96, tail))
    pen.polygon(SECOND, (-0.35, -0.25), (-0.1, back), (0.4, -0.3))
    pen.polygon(SECOND, (-0.2, 0.3), (-0.1, 0.62), (0.2, 0.34))
    pen.ellipse(MAIN, 0.14, 0, 0.74, 0.42)
    pen.ellipse(LIGHT, 0.2, 0.2, 0.46, 0.16)
    for x in (-0.3, 0.02):
        pen.polygon(SHADE, (x, -0.34), (x + 0.14, -0.38), (x + 0.1, 0.12), (x + 0.02, 0.12))
    pen.ellipse(LIGHT, 0.56, -0.1, 0.15, 0.15)
    pen.ellipse(DARK, 0.6, -0.1, 0.08, 0.08)
    pen.line(DARK, 0.05, (0.86, 0.1), (0.66, 0.14))


def draw_flower(pen: Pen, rng: np.random.Generator) -> None:
    petals, sway = int(rng.integers(5, 8)), rng.uniform(-0.15, 0.15)
    pen.line(ACCENT, 0.1, (0, -0.2), (sway, 0.5), (sway / 2, 0.98))
    pen.polygon(ACCENT, (sway, 0.74), (0.36, 0.36), (0.6, 0.42), (0.4, 0.7))
    pen.polygon(ACCENT, (sway, 0.86), (-0.34, 0.5), (-0.6, 0.58), (-0.38, 0.82))
    for i in range(petals):
        angle = 2 * math.pi * i / petals
        x, y = 0.4 * math.sin(angle), -0.34 - 0.4 * math.cos(angle)
        pen.ellipse(SHADE if i % 2 else MAIN, x, y, 0.26, 0.26)
    pen.ellipse(SECOND, 0, -0.34, 0.24, 0.24)


def draw_house(pen: Pen, rng: np.random.Generator) -> None:
    ridge, door = rng.uniform(-0.92, -0.66), rng.uniform(-0.44, -0.3)
    pen.box(SHADE, 0.34, ridge - 0.04, 0.56, -0.1)
    pen.box(SECOND, -0.74, -0.14, 0.74, 0.84)
    pen.polygon(MAIN, (-0.96, -0.1), (-0.3, ridge), (0.3, ridge), (0.96, -0.1))
    pen.box(SHADE, -0.74, -0.1, 0.74, -0.02)
    pen.box(ACCENT, door - 0.18, 0.24, door + 0.16, 0.84)
    pen.box(LIGHT, 0.06, 0.16, 0.54, 0.54)
    pen.line(DARK, 0.05, (0.3, 0.16), (0.3, 0.54))
    pen.line(DARK, 0.05, (0.02, 0.56), (0.58, 0.56))


def draw_mushroom(pen: Pen, rng: np.random.Generator) -> None:
    height, foot = rng.uniform(0.7, 0.95), rng.uniform(0.22, 0.34)
    pen.polygon(LIGHT, (-0.2, 0), (0.2, 0), (foot, 0.8), (-foot, 0.8))
    pen.ellipse(LIGHT, 0, 0.8, foot, 0.12)
    pen.ellipse(SHADE, 0, 0.06, 0.8, 0.14)
    pen.polygon(MAIN, *((0.86 * c, 0.06 + height * s) for c, s in CIRCLE[10:] + CIRCLE[:1]))
    for x, y, size in ((-0.45, -0.2, 0.14), (0.02, -0.5, 0.17), (0.46, -0.22, 0.15)):
        pen.ellipse(SECOND, x, y * height, size, size)
    pen.ellipse(SECOND, 0, -0.1, 0.11, 0.09)
    for x in (-0.5, 0.44):
        pen.polygon(ACCENT, (x - 0.12, 0.9), (x + 0.03, 0.52), (x + 0.14, 0.9))


def draw_tree(pen: Pen, rng: np.random.Generator) -> None:
    width = rng.uniform(0.62, 0.82)
    pen.box(ACCENT, -0.13, 0.2, 0.13, 0.98)
    if rng.random() < 0.5:  # a fir
        for y, part in ((0.62, 1.0), (0.18, 0.8), (-0.24, 0.58)):
            pen.polygon(MAIN, (0, y - 0.74), (width * part, y), (-width * part, y))
            pen.polygon(SHADE, (0, y - 0.74), (width * part, y), (0.1, y))
    else:
        for x, y, size in ((-0.36, -0.08, 0.42), (0.38, -0.08, 0.42), (0, -0.48, 0.48)):
            pen.ellipse(MAIN, x * width / 0.72, y, size, size)
        pen.ellipse(SHADE, 0.3, -0.02, 0.34, 0.3)
        pen.ellipse(SECOND, -0.26, -0.24, 0.1, 0.1)
        pen.ellipse(SECOND, 0.16, -0.5, 0.1, 0.1)


# --- eight scenes ---------------------------------------------------------------------------------


def draw_scene(pen: Pen, rng: np.random.Generator, scene: Scene) -> None:
    """Clutter first, then the ground in front of it, its edge a little aslope."""
    horizon, slope = rng.uniform(0.0, 0.6), rng.uniform(-0.1, 0.1)
    scene.draw_clutter(pen, rng, horizon)
    pen.polygon(GROUND, (-1, horizon - slope), (1, horizon + slope), (1, 1.1), (-1, 1.1))


def clouds(pen: Pen, rng: np.random.Generator, horizon: float) -> None:
    for x, y in rng.uniform((-0.9, -0.9), (0.9, horizon - 0.2), (2, 2)):
        size = rng.uniform(0.16, 0.3)
        pen.ellipse(CLUTTER, x, y, 1.6 * size, 0.4 * size)
        pen.ellipse(CLUTTER, x + 0.3 * size, y - 0.3 * size, 0.8 * size, 0.5 * size)


def hills(pen: Pen, rng: np.random.Generator, horizon: float) -> None:
    for x, size in rng.uniform((-1, 0.5), (1, 0.9), (2, 2)):
        pen.ellipse(CLUTTER, x, horizon + 0.15, size, 0.5 * size)


def roofs(pen: Pen, rng: np.random.Generator, horizon: float) -> None:
    for x in rng.uniform(-1, 0.8, 4):
        pen.box(CLUTTER, x, horizon - rng.uniform(0.15, 0.6), x + 0.26, horizon + 0.1)


def window(pen: Pen, rng: np.random.Generator, horizon: float) -> None:
    x, y = rng.uniform(-1, 0.4), rng.uniform(-1, -0.7)
    pen.box(CLUTTER, x, y, x + 0.7, y + 0.8)


def bubbles(pen: Pen, rng: np.random.Generator, horizon: float) -> None:
    for x, y, size in rng.uniform((-1, -1, 0.04), (1, horizon, 0.14), (6, 3)):
        pen.ellipse(CLUTTER, x, y, size, size)


def trunks(pen: Pen, rng: np.random.Generator, horizon: float) -> None:
    for x, width in rng.uniform((-1, 0.1), (0.9, 0.26), (4, 2)):
        pen.box(CLUTTER, x, -1, x + width, horizon + 0.1)


class Scene(NamedTuple):
    """What stands behind a thing, and the colours of sky, ground and clutter."""

    draw_clutter: Callable[[Pen, np.random.Generator, float], None]
    colours: tuple[Colour, Colour, Colour]


SCENES = {
    "sea": Scene(clouds, ((150, 196, 226), (44, 92, 144), (222, 232, 238))),
    "grass": Scene(hills, ((160, 204, 232), (98, 152, 74), (112, 168, 122))),
    "road": Scene(roofs, ((190, 204, 216), (98, 98, 106), (152, 160, 178))),
    "room": Scene(window, ((214, 190, 158), (138, 92, 62), (188, 206, 212))),
    "deep": Scene(bubbles, ((36, 92, 140), (150, 134, 98), (92, 150, 184))),
    "snow": Scene(hills, ((166, 190, 214), (232, 238, 244), (198, 214, 230))),
    "dusk": Scene(hills, ((238, 164, 112), (94, 72, 104), (172, 108, 122))),
    "wood": Scene(trunks, ((104, 138, 96), (92, 82, 56), (72, 88, 64))),
}

# --- colours --------------------------------------------------------------------------------------


class Kind(NamedTuple):
    """How a thing is drawn, where it is at home, its usual colours and that of its small parts."""

    draw: Callable[[Pen, np.random.Generator], None]
    scenes: tuple[str, str, str]
    colours: tuple[Colour, Colour, Colour]
    accent: Colour


RED, ORANGE, YELLOW, CREAM = (204, 48, 44), (236, 130, 40), (246, 202, 62), (246, 236, 212)
LEAF, FIR, TEAL, SKY_BLUE = (112, 176, 62), (34, 104, 62), (34, 154, 148), (88, 168, 232)
NAVY, VIOLET, PINK, BROWN = (40, 62, 140), (132, 76, 170), (238, 132, 170), (120, 76, 44)
GREY, BLACK = (140, 144, 152), (34, 32, 38)
PAINTS = (RED, ORANGE, YELLOW, CREAM, LEAF, FIR, TEAL, SKY_BLUE, NAVY, VIOLET, PINK, BROWN, GREY)

KINDS = {
    "balloon": Kind(draw_balloon, ("grass", "dusk", "snow"), (RED, YELLOW, VIOLET), BROWN),
    "bird": Kind(draw_bird, ("grass", "wood", "snow"), (SKY_BLUE, RED, BROWN), ORANGE),
    "boat": Kind(draw_boat, ("sea", "dusk", "deep"), (RED, BROWN, NAVY), BROWN),
    "car": Kind(draw_car, ("road", "grass", "snow"), (RED, YELLOW, NAVY), YELLOW),
    "cup": Kind(draw_cup, ("room", "wood", "dusk"), (CREAM, TEAL, RED), BROWN),
    "fish": Kind(draw_fish, ("deep", "sea", "room"), (ORANGE, YELLOW, TEAL), RED),
    "flower": Kind(draw_flower, ("grass", "wood", "room"), (PINK, YELLOW, VIOLET), LEAF),
    "house": Kind(draw_house, ("grass", "snow", "road"), (RED, BROWN, TEAL), BROWN),
    "mushroom": Kind(draw_mushroom, ("wood", "grass", "dusk"), (RED, BROWN, ORANGE), LEAF),
    "tree": Kind(draw_tree, ("grass", "snow", "road"), (FIR, LEAF, ORANGE), BROWN),
}
CLASSES = tuple(KINDS)


def mix_paints(kind: Kind, scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """The colour in each pot, float32 (9, 3), main and second colour far from the background."""
    sky, ground, clutter = (vary(rng, colour) for colour in scene.colours)
    usual = kind.colours if rng.random() < 0.6 else PAINTS
    main = distinct(rng, usual, sky, ground)
    second = distinct(rng, PAINTS, sky, ground, main)
    small = (vary(rng, colour) for colour in (kind.accent, BLACK, CREAM))
    paints = np.array((sky, ground, clutter, main, 0.72 * main, second, *small))
    return paints.clip(0, 255).astype(np.float32)


def vary(rng: np.random.Generator, colour: Colour) -> np.ndarray:
    return colour + rng.uniform(-28, 28, 3)


def distinct(rng: np.random.Generator, usual: tuple, *others: np.ndarray) -> np.ndarray:
    """A usual colour, or else any, that differs from the others by 45 in red, green or blue."""
    colour = vary(rng, pick(rng, usual))
    while np.abs(np.subtract(others, colour)).max(axis=1).min() < 45:
        colour = vary(rng, pick(rng, PAINTS))
    return colour


def coloured(drawings: np.ndarray, paints: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """From drawings (n, 64, 64) and paints (n, 9, 3) to pictures, uint8 (n, 32, 32, 3)."""
    colours = paints[np.arange(len(drawings))[:, None, None], drawings]
    return photographed(colours, drawings >= MAIN, rng)
