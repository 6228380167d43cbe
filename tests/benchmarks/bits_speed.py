"""A picture to bits and back: the direct way against the paper's, through hexadecimal text."""

from __future__ import annotations

from measure import Row, in_turns

from helpers import bits, pictures


def rows(side: int = 256, repeats: int = 5) -> list[Row]:
    picture = pictures.load("eye")[:side, :side].copy()
    its_bits = bits.picture_to_bits(picture)
    took = in_turns(
        lambda: bits.picture_to_bits(picture),
        lambda: bits.hex_to_bits(bits.picture_to_hex(picture)),
        lambda: bits.bits_to_picture(its_bits, picture.shape),
        lambda: bits.hex_to_picture(bits.bits_to_hex(its_bits), picture.shape),
        repeats=repeats,
    )
    there, paper_there, back, paper_back = (picture.nbytes / 1e6 / seconds for seconds in took)
    names = f"picture to bits {side}x{side}", f"bits to picture {side}x{side}"
    against, unit = "hexadecimal text, as in the paper", "MB/s of picture"
    return [
        Row(names[0], against, there, paper_there, unit),
        Row(names[1], against, back, paper_back, unit),
    ]
