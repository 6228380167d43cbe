"""Draws the three built-in pictures of the lessons: an eye, a penguin and a dog.

    python -m data.studies.draw_pictures

Each has 256 x 256 pixels, RGB, and is written as a PNG into data/pictures; a second run gives the
same pixels. The subjects are those of the paper's figures 4, 6 and 7, the drawings our own. Flat
areas repeat the same 16-bit blocks, which a cipher that encrypts each block alone cannot hide; in
shaded areas the blocks differ from pixel to pixel, and less of the picture shows through.

Coordinates count pixels of the finished picture from its upper left corner. Everything is drawn
`SCALE` times larger and then averaged: that smooths the edges and leaves flat areas exactly flat.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from data.studies import publish
from helpers import pictures
from helpers.files import atomic_write

COMMAND = "python -m data.studies.draw_pictures"

SIZE, SCALE = 256, 6

Canvas = Image.Image  # what is painted on, SCALE times larger than it will be
Point = tuple[float, float]
Outline = np.ndarray  # float (points, 2): x and y along a closed curve


# --- Shapes -----------------------------------------------------------------------------


def points(path: str) -> np.ndarray:
    """Points written as in SVG, "x,y x,y ...", as float (points, 2)."""
    return np.array([point.split(",") for point in path.split()], dtype=float)


def curve(path: str) -> Outline:
    """A smooth closed curve through the points of `path`."""
    return spline(points(path))


def symmetric(path: str) -> Outline:
    """A smooth closed curve whose right half is `path`, from the middle axis to the middle axis."""
    right = points(path)
    return spline(np.concatenate([right, mirror(right)[-2:0:-1]]))


def spline(knots: np.ndarray) -> Outline:
    """The closed Catmull-Rom spline through `knots`: smooth, and it meets each of them."""
    p1 = knots[:, None]
    p0, p2, p3 = (np.roll(p1, shift, axis=0) for shift in (1, -1, -2))
    t = np.linspace(0, 1, 24, endpoint=False)[None, :, None]
    slope, bend, twist = p2 - p0, 2 * p0 - 5 * p1 + 4 * p2 - p3, 3 * p1 - p0 - 3 * p2 + p3
    return (p1 + (slope * t + bend * t**2 + twist * t**3) / 2).reshape(-1, 2)


def mirror(outline: Outline) -> Outline:
    """The same shape on the other side of the picture."""
    return outline * (-1, 1) + (SIZE, 0)


def oval(x: float, y: float, width: float, height: float, tilt: float = 0) -> Outline:
    """An ellipse around (x, y) with the given half-axes, turned clockwise by `tilt` degrees."""
    around, turn = np.linspace(0, 2 * np.pi, 200, endpoint=False), np.radians(tilt)
    upright = np.stack([width * np.cos(around), height * np.sin(around)], axis=1)
    rows = [(np.cos(turn), np.sin(turn)), (-np.sin(turn), np.cos(turn))]
    return upright @ np.array(rows) + (x, y)


def hair(start: Point, middle: Point, end: Point, width: float) -> Outline:
    """A bent stroke, `width` wide where it starts and pointed where it ends."""
    t = np.linspace(0, 1, 16)[:, None]
    first, second, third = (np.array(point) for point in (start, middle, end))
    line = (1 - t) ** 2 * first + 2 * t * (1 - t) * second + t**2 * third
    along = np.gradient(line, axis=0)
    across = along[:, ::-1] * (-1, 1) / np.linalg.norm(along, axis=1, keepdims=True)
    half = width / 2 * (1 - t) * across
    return np.concatenate([line + half, (line - half)[-2::-1]])


# --- Paint ------------------------------------------------------------------------------


def canvas(colour: str) -> Image.Image:
    """A flat background."""
    return Image.new("RGB", (SIZE * SCALE, SIZE * SCALE), colour)


def paint(
    picture: Canvas,
    colour: str,
    *outlines: Outline,
    blur: float = 0,
    inside: Outline | None = None,
    opacity: float = 1.0,
) -> None:
    """Fill the outlines with `colour`, edges softened over `blur` pixels; not outside `inside`."""
    everything = np.concatenate(outlines)
    corner = np.floor(everything.min(axis=0) - 3 * blur - 1)
    size = np.ceil(everything.max(axis=0) + 3 * blur + 1) - corner
    mask = stencil(outlines, corner, size, opacity).filter(ImageFilter.GaussianBlur(blur * SCALE))
    if inside is not None:
        mask = ImageChops.multiply(mask, stencil([inside], corner, size))
    x, y = (int(value) for value in corner * SCALE)
    picture.paste(colour, (x, y), mask)


def stencil(
    outlines: Sequence[Outline], corner: np.ndarray, size: np.ndarray, opacity: float = 1.0
) -> Image.Image:
    """A mask of `size` pixels from `corner` on: 255 times `opacity` in the outlines, else 0."""
    width, height = (int(value) for value in size * SCALE)
    mask = Image.new("L", (width, height))
    for outline in outlines:
        # Rounded: machines differ in the last digit of a cosine, and the pixels must not.
        vertices = ((outline - corner) * SCALE).round(3).ravel().tolist()
        ImageDraw.Draw(mask).polygon(vertices, fill=round(255 * opacity))
    return mask


# --- The eye ----------------------------------------------------------------------------

SKIN, SKIN_LIGHT, SKIN_SHADE, SKIN_DEEP = "#e9b690", "#f6cfb0", "#c98a63", "#8f5138"
TEAL, AMBER = ("#2f9c98", "#17616c", "#5cc4b1", "#0f4a58"), ("#e0a845", "#b97d2f", "#9cba70")
LASH, BROW = "#2b1917", ("#3d2218", "#553123", "#2d1811")


def draw_eye() -> Image.Image:
    """A human eye, close by: flat skin around an iris in which hardly two pixels are alike."""
    picture, rng = canvas(SKIN), np.random.default_rng(2)
    opening = curve(
        "18,163 50,128 92,104 140,100 186,115 220,141 237,153 208,177 158,192 104,191 56,178"
    )
    paint_lids(picture, opening)
    paint_eyeball(picture, opening)
    paint_iris(picture, (132, 144), opening, rng)
    paint(picture, "#3a2024", opening - (0, 84), blur=7, inside=opening, opacity=0.55)
    paint_lashes(picture, rng)
    paint_brow(picture, rng)
    return picture


def paint_lids(picture: Canvas, opening: Outline) -> None:
    """The shaded socket, the crease above the eye, the light rim below it."""
    lid = curve("34,136 62,106 104,87 148,86 194,102 230,136 190,116 140,100 92,104")
    crease = curve("24,130 60,96 104,76 150,75 198,91 238,128 198,96 150,80 104,82 62,101")
    paint(picture, SKIN_SHADE, opening - (0, 14), blur=9, opacity=0.8)
    paint(picture, SKIN_LIGHT, lid, blur=4)
    paint(picture, SKIN_DEEP, crease, blur=0.9, opacity=0.85)
    paint(picture, SKIN_SHADE, opening + (0, 9), blur=6, opacity=0.7)
    paint(picture, "#f4c4b0", opening + (0, 4), blur=0.5)


def paint_eyeball(picture: Canvas, opening: Outline) -> None:
    """The white of the eye: round because its corners are shaded, moist at the inner one."""
    paint(picture, "#fbf7f3", opening)
    corners = oval(246, 152, 34, 44), oval(38, 130, 34, 30)
    paint(picture, "#c3adb0", *corners, blur=13, inside=opening, opacity=0.8)
    paint(picture, "#dd9c92", oval(14, 168, 25, 21), blur=5, inside=opening)
    paint(picture, "#e8b3a8", oval(128, 196, 96, 7), blur=4, inside=opening, opacity=0.7)
    paint(picture, "#fff4ef", oval(29, 164, 2.6, 1.7, -30), blur=0.4)


def paint_iris(picture: Canvas, centre: Point, opening: Outline, rng: np.random.Generator) -> None:
    """Coloured fibres around the pupil, the lid's shadow over them, two reflections of a window."""
    x, y = centre
    paint(picture, "#0d2f3a", oval(x, y, 50, 50), blur=0.9, inside=opening)
    paint(picture, "#1f7a80", oval(x, y, 45, 45), blur=2, inside=opening)
    paint_fibres(picture, centre, 47, TEAL, 260, opening, rng)
    paint_fibres(picture, centre, 34, AMBER, 130, opening, rng)
    disc, glow = oval(x, y, 48, 48), oval(x + 8, y + 30, 24, 9, -14)
    paint(picture, "#07161e", oval(x, y - 40, 62, 26), blur=9, inside=disc, opacity=0.7)
    paint(picture, "#a5f0dc", glow, blur=6, inside=disc, opacity=0.45)
    paint(picture, "#08090d", oval(x, y, 20, 20), blur=0.6)
    paint(picture, "#ffffff", oval(x - 17, y - 17, 10.5, 8.5, -40), blur=0.4)
    paint(picture, "#e4f8ff", oval(x + 17, y + 19, 5, 3.6, -40), blur=0.8, opacity=0.8)


def paint_fibres(
    picture: Canvas,
    centre: Point,
    reach: float,
    colours: Sequence[str],
    number: int,
    opening: Outline,
    rng: np.random.Generator,
) -> None:
    """`number` thin strokes that run outwards from the pupil to about `reach`."""
    for angle in rng.permutation(number) * 2 * np.pi / number:
        directions = angle + rng.normal(0, (0, 0.06, 0.06))
        distances = np.array([14, 0.6 * reach, reach * rng.uniform(0.75, 1)])
        rays = np.stack([np.cos(directions), np.sin(directions)], axis=1)
        start, middle, end = centre + distances[:, None] * rays
        fibre = hair(start, middle, end, rng.uniform(1.4, 3))
        paint(picture, str(rng.choice(colours)), fibre, inside=opening, opacity=0.7)


def paint_lashes(picture: Canvas, rng: np.random.Generator) -> None:
    """The dark line of the upper lid, lashes that fan out above it, a few fine ones below."""
    line = curve(
        "14,166 50,125 92,100 140,95.5 188,110.5 224,138 244,151 "
        "222,146 186,119 140,103 92,106.5 52,131"
    )
    paint(picture, LASH, line, blur=0.3)
    upper, lower = (40, 92, 140, 188, 234), (60, 104, 158, 208)
    for x in np.linspace(44, 230, 34):
        y, fan = np.interp(x, upper, (137, 103, 98, 113, 145)), (x - 118) / 112
        length = 19 + 8 * fan + rng.uniform(-3, 3)
        tip = (x + 24 * fan + rng.uniform(-2, 2), y - length + 9 * abs(fan))
        paint(picture, LASH, hair((x, y), (x + 22 * fan, y - 0.25 * length), tip, 2.6))
    for x in np.linspace(74, 204, 16):
        y, fan = np.interp(x, lower, (183, 194.5, 195.5, 181)), (x - 120) / 100
        lash = hair((x, y), (x + 2 * fan, y + 4), (x + 7 * fan, y + 7), 1.1)
        paint(picture, LASH, lash, opacity=0.6)


def paint_brow(picture: Canvas, rng: np.random.Generator) -> None:
    """An eyebrow: a soft ground, and hairs that lean outwards."""
    ground = curve("30,62 70,38 124,27 180,31 238,58 180,42 124,43 70,55")
    paint(picture, "#6b4030", ground, blur=3, opacity=0.75)
    for t in rng.permutation(420) / 420:
        x, half = 30 + 196 * t, 10 * (1 - t) ** 0.6 * min(1, 6 * t + 0.35)
        y = np.interp(x, (30, 70, 124, 180, 238), (59, 46, 35.5, 36.5, 57))
        y += rng.uniform(-half, half)
        rise, length = 11 - 24 * t + rng.uniform(-2, 2), 13 - 4 * t
        middle, tip = (x + 0.4 * length, y - 0.6 * rise), (x + length, y - 0.8 * rise)
        paint(picture, str(rng.choice(BROW)), hair((x, y), middle, tip, 1.3), opacity=0.8)


# --- The penguin ------------------------------------------------------------------------

INK, SNOW, BEAK, BEAK_SHADE = "#1e2536", "#f4f9fc", "#fbb829", "#d9820f"
SCARF, SCARF_LIGHT, SCARF_SHADE = "#e4572e", "#ffd9a0", "#b93d1c"
FLAKES = """24,40,4 62,22,3 48,92,3 20,138,4 70,64,2 28,182,2.5 196,26,4 240,28,3 196,66,2.5
            216,158,3.5 244,128,3 232,184,2.5"""


def draw_penguin() -> Image.Image:
    """A penguin in the snow, nearly all of it flat: its outline survives where blocks repeat."""
    picture = canvas("#9fd8ee")
    paint_snow(picture)
    paint_feet(picture)
    body = symmetric("128,16 159,26 173,56 171,90 184,120 197,168 182,214 128,230")
    wing = curve("80,110 60,130 42,164 38,190 50,194 68,178 86,146")
    waving = curve("172,112 194,104 212,82 224,58 235,62 235,92 222,124 196,150 178,148")
    paint(picture, INK, body, wing, waving)
    belly = symmetric("128,112 156,122 172,168 160,207 128,220")
    paint(picture, "#ffffff", belly)
    paint(picture, "#c3d9e6", oval(128, 236, 56, 22), blur=6, inside=belly, opacity=0.9)
    paint_penguin_face(picture)
    paint_scarf(picture)
    return picture


def paint_snow(picture: Canvas) -> None:
    """The ground, the shadow upon it, and flakes in the air."""
    ground = curve("-60,214 30,204 128,208 226,200 316,212 316,320 -60,320")
    paint(picture, SNOW, ground)
    paint(picture, "#a5c6d9", oval(128, 235, 80, 8), blur=3.5, opacity=0.9)
    paint(picture, SNOW, *(oval(x, y, radius, radius) for x, y, radius in points(FLAKES)))


def paint_feet(picture: Canvas) -> None:
    """Two webbed feet, three toes each."""
    foot = symmetric("128,214 140,220 150,233 146,239 139,236 134,242 128,238")
    for shift in (-30, 30):
        paint(picture, BEAK, foot + (shift, 0))


def paint_penguin_face(picture: Canvas) -> None:
    """A white mask, wide eyes, rosy cheeks, an open beak."""
    paint(picture, "#ffffff", oval(111, 63, 21, 25), oval(145, 63, 21, 25), oval(128, 80, 28, 19))
    for x in (110, 146):
        paint(picture, INK, oval(x, 60, 8, 10))
        paint(picture, "#ffffff", oval(x - 2.5, 56, 3, 3.4), oval(x + 2.5, 64, 1.5, 1.7))
    paint(picture, "#f59b85", oval(98, 79, 6, 4), oval(158, 79, 6, 4), blur=2)
    paint(picture, BEAK_SHADE, symmetric("128,76 141,79 135,90 128,95"))
    paint(picture, BEAK, symmetric("128,66 138,72 146,79 137,82 128,84"))


def paint_scarf(picture: Canvas) -> None:
    """One end hangs down, the rest goes round the neck and throws a shadow on it."""
    end = curve("146,110 166,108 174,138 176,166 152,170 151,140")
    fringe = [oval(x, 169, 2.3, 11) for x in (155.5, 161.5, 167.5, 173)]
    paint(picture, SCARF_SHADE, *fringe)
    paint(picture, SCARF, end)
    paint(picture, SCARF_LIGHT, curve("151,148 175,144 176,152 151,156"), inside=end)
    around = curve("82,92 104,101 128,104 152,101 174,92 181,108 158,120 128,124 98,120 75,108")
    paint(picture, SCARF_SHADE, around + (0, 4), blur=1.5, inside=end)
    paint(picture, SCARF, around)
    paint(picture, SCARF_SHADE, oval(128, 128, 62, 9), blur=4, inside=around, opacity=0.8)


# --- The dog ----------------------------------------------------------------------------

FUR, FUR_LIGHT, FUR_SHADE, CREAM = "#c98345", "#e3a868", "#96562a", "#fdf6ea"
EAR, EAR_LIGHT, EAR_SHADE = "#81471f", "#a9683a", "#532a13"


def draw_dog() -> Image.Image:
    """A dog's portrait: a flat wall behind, shaded fur in front."""
    picture = canvas("#5fb3a1")
    paint_chest(picture)
    head = symmetric("128,24 160,31 185,62 188,104 180,140 162,176 128,192")
    paint(picture, FUR, head)
    paint(picture, FUR_LIGHT, oval(98, 62, 18, 14), oval(158, 62, 18, 14), blur=10, inside=head)
    paint(picture, FUR_SHADE, oval(72, 130, 16, 50), oval(184, 130, 16, 50), blur=9, inside=head)
    blaze = symmetric("128,16 136,44 140,98 164,128 170,158 152,184 128,192")
    paint(picture, CREAM, blaze, inside=head)
    paint_ears(picture, head)
    paint_dog_eyes(picture)
    paint_muzzle(picture, blaze)
    return picture


def paint_chest(picture: Canvas) -> None:
    """Shoulders, a pale bib under the shadow of the head, a collar with its tag."""
    body = symmetric("128,160 172,178 204,216 218,300 128,310")
    paint(picture, FUR, body)
    paint(picture, FUR_SHADE, oval(44, 260, 22, 60), oval(212, 260, 22, 60), blur=12, inside=body)
    bib = symmetric("128,180 158,196 166,240 160,300 128,310")
    paint(picture, CREAM, bib)
    paint(picture, "#8a5a44", oval(128, 190, 56, 20), blur=9, inside=body, opacity=0.8)
    collar = symmetric("128,205 159,200 184,188.5 191.5,200 165,213.5 128,220")
    paint(picture, "#d6404a", collar)
    paint(picture, "#8e2030", oval(128, 190, 60, 14), blur=5, inside=collar)
    paint(picture, "#c98f1d", oval(128, 229, 12, 12))
    paint(picture, "#f7cd55", oval(127.5, 228, 10.5, 10.5))
    paint(picture, "#fff0bd", oval(124, 224, 4, 3, -35), blur=1)


def paint_ears(picture: Canvas, head: Outline) -> None:
    """Two hanging ears: light above, dark below, their shadow on the head."""
    ear = curve("160,38 186,34 212,58 227,106 223,148 206,160 192,142 186,104 176,66")
    for outline, side in ((ear, 1), (mirror(ear), -1)):
        middle = 128 + 74 * side
        paint(picture, EAR_SHADE, outline + (-5 * side, 4), blur=4, inside=head, opacity=0.5)
        paint(picture, EAR, outline)
        paint(picture, EAR_SHADE, oval(middle + 2 * side, 150, 30, 34), blur=12, inside=outline)
        light = oval(middle - 2 * side, 68, 10, 22, -28 * side)
        paint(picture, EAR_LIGHT, light, blur=7, inside=outline)


def paint_dog_eyes(picture: Canvas) -> None:
    """Dark eyes, lit from the upper left, and brows that ask for a walk."""
    for x, side in ((99, -1), (157, 1)):
        paint(picture, EAR, oval(x, 95, 15, 16), blur=3, opacity=0.6)
        paint(picture, "#1d100c", oval(x, 96, 12, 13))
        paint(picture, "#7a4422", oval(x, 102, 8, 5), blur=2.5)
        paint(picture, "#ffffff", oval(x - 4, 91, 4, 4.2), oval(x + 4, 101, 1.8, 1.8))
        brow = hair((x - 9 * side, 74), (x, 66), (x + 12 * side, 73), 5)
        paint(picture, EAR_SHADE, brow, blur=0.8, opacity=0.8)


def paint_muzzle(picture: Canvas, blaze: Outline) -> None:
    """Nose, open mouth and tongue, and the shadow that rounds the muzzle."""
    paint(picture, "#d9bfa6", oval(128, 196, 46, 16), blur=8, inside=blaze)
    paint(picture, "#4a1d1d", symmetric("128,156 146,160 143,172 128,182"))
    paint(picture, "#f08a8d", symmetric("128,164 138,166 139,184 128,196"))
    paint(picture, "#c85f68", oval(128, 178, 1.2, 11), blur=0.8)
    cheeks = symmetric("128,136 150,132 165,146 156,161 140,164 128,157")
    paint(picture, CREAM, cheeks)
    smile = hair((127, 156), (146, 170), (163, 152), 3.2)
    paint(picture, "#5a3528", smile, mirror(smile), oval(128, 149, 1.4, 9))
    paint(picture, "#231512", symmetric("128,116 144,118 149,128 140,139 128,144"))
    paint(picture, "#8d7772", oval(123, 122, 9, 3, -4), blur=1.6)
    for x, y in points("106,146 112,152 102,153"):
        paint(picture, "#b08a70", oval(x, y, 1.4, 1.4), mirror(oval(x, y, 1.4, 1.4)))


# --- All three --------------------------------------------------------------------------

DRAWINGS = {"eye": draw_eye, "penguin": draw_penguin, "dog": draw_dog}


def draw(name: str) -> Image.Image:
    """The finished picture, SIZE x SIZE pixels: each is the average of SCALE x SCALE drawn ones."""
    return DRAWINGS[name]().resize((SIZE, SIZE), Image.Resampling.BOX)


def main(words: Sequence[str] | None = None) -> None:
    """The command line, which has nothing to choose."""
    argparse.ArgumentParser(prog=COMMAND, description=__doc__).parse_args(words)
    for name in DRAWINGS:
        path = pictures.FOLDER / f"{name}.png"
        with publish.result_at(path, COMMAND), atomic_write(path) as unfinished:
            draw(name).save(unfinished, format="PNG", optimize=True)


if __name__ == "__main__":
    main()
