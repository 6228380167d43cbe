"""The classifier of the paper's own scale, in its usual form for pictures of 32 x 32 pixels."""

from __future__ import annotations

from helpers.learnable.models import resnet
from helpers.quiet_keras import keras


def resnet18(channels: int = 3, classes: int = 10, side: int = 32, seed: int = 0) -> keras.Model:
    """The first convolution is 3 x 3 and keeps the size, and no pooling follows it. 11.2 million
    weights. (The paper, section III; K. He et al., "Deep Residual Learning", 2016, section 4.2.)
    """
    return resnet("resnet18", (64, 128, 256, 512), 2, 1, channels, classes, side, seed)
