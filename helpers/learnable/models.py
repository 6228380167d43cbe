"""Tanaka's adaptation network, and residual networks that it can stand before.

Made of Keras layers alone, so the same code runs on Keras' TensorFlow and JAX backends
(`KERAS_BACKEND`). Every network takes float32 pictures (n, height, width, 3) from 0 to 1, without
prior normalisation, as in the paper (section III), and gives logits (n, classes): no softmax, so
that losses and attacks can work on them exactly.

Batch normalisation keeps its running statistics with momentum 0.9, the usual PyTorch setting, for
a lesson trains only a few hundred steps and Keras' 0.99 would still remember the first ones. With
`training=False` these statistics are fixed, and each picture's logits depend on it alone.

References: [5] M. Tanaka, "Learnable Image Encryption", 2018, and the program published with it;
[15] K. He et al., "Deep Residual Learning for Image Recognition", 2016; sub-pixel shuffle: W. Shi
et al., 2016; network in network: M. Lin et al., 2014.
"""

from __future__ import annotations

from collections.abc import Sequence

from helpers.quiet_keras import keras

layers = keras.layers


def with_adaptation(classifier: keras.Model, block_size: int = 4, seed: int = 0) -> keras.Model:
    """Put Tanaka's adaptation network before a classifier, which then reads encrypted pictures.

    Args:
        classifier: takes (n, height, width, features) and gives (n, classes). In Tanaka's program
            it takes 32 features a pixel. Its weights are shared with the new model.
        block_size: the side M of an encrypted block in pixels.
        seed: fixes the first weights of the adaptation network.

    Returns:
        A model of encrypted pictures, float32 (n, height, width, 3) from 0 to 1, to (n, classes).

    Raises:
        ValueError: where the sides are no whole blocks.

    Source: the paper, section II-A and Figure 3.

    >>> with_adaptation(narrow_resnet(channels=32)).output_shape
    (None, 10)
    """
    height, width, features = classifier.input_shape[1:]
    if block_size < 1 or height % block_size or width % block_size:
        raise ValueError(
            f"Here an encrypted picture is whole blocks of {block_size} x {block_size} pixels; the "
            f"classifier takes {height} x {width}: build one for the padded size."
        )
    pictures = keras.Input((height, width, 3), name="encrypted_pictures")
    x = adapt(pictures, block_size, features, he_normal(seed))
    return keras.Model(pictures, classifier(x), name=f"adapted_{classifier.name}")


def adapt(x, block_size: int, features: int, initial: keras.Initializer):
    """The paper's Figure 3: look at each block alone, think about it, unfold it into pixels.

    A convolution of M x M with stride M sees one block in each step, whatever the order of its
    nibbles; network-in-network layers, convolutions of 1 x 1, mix what it found; the sub-pixel
    shuffle lays M M groups of `features` channels out as the M x M pixels of the block.
    """
    x = layers.BatchNormalization(momentum=0.9)(x)
    for window in (block_size, 1):
        x = layers.Conv2D(3 * block_size**2, window, window, kernel_initializer=initial)(x)
        x = layers.BatchNormalization(momentum=0.9)(layers.ReLU()(x))
    x = layers.Conv2D(block_size**2 * features, 1, kernel_initializer=initial)(x)
    return shuffle_pixels(x, block_size)


def shuffle_pixels(x, m: int):
    """Sub-pixel shuffle: (n, h, w, M M f) to (n, h M, w M, f).

    Channels count by row in the block, column in the block, feature. (PyTorch's `PixelShuffle` puts
    the feature first; a layer before it can learn either.)
    """
    _, height, width, channels = x.shape
    x = layers.Reshape((height, width, m, m, channels // m**2))(x)
    x = layers.Permute((1, 3, 2, 4, 5))(x)
    return layers.Reshape((height * m, width * m, channels // m**2))(x)


def narrow_resnet(
    channels: int = 3, classes: int = 10, side: int = 32, seed: int = 0
) -> keras.Model:
    """For a laptop: the first convolution halves the size, then three stages of one block with 24,
    48 and 96 channels. 0.17 million weights.
    """
    return resnet("narrow_resnet", (24, 48, 96), 1, 2, channels, classes, side, seed)


def resnet(
    name: str,
    stages: Sequence[int],
    blocks: int,
    first_stride: int,
    channels: int,
    classes: int,
    side: int,
    seed: int,
) -> keras.Model:
    """Pictures (n, side, side, channels) to logits (n, classes): a first convolution, then stages
    of residual blocks, each but the first at half the size of the one before, then the mean.
    """
    initial = he_normal(seed)
    pictures = keras.Input((side, side, channels), name="pictures")
    x = layers.ReLU()(convolve(pictures, stages[0], 3, first_stride, initial))
    for i, filters in enumerate(stages):
        for j in range(blocks):
            x = residual_block(x, filters, 2 if i > 0 and j == 0 else 1, initial)
    x = layers.GlobalAveragePooling2D()(x)
    # float32 also under a mixed-precision policy, where the rest of the network works in 16 bits.
    logits = layers.Dense(classes, kernel_initializer=initial, dtype="float32", name="logits")(x)
    return keras.Model(pictures, logits, name=name)


def residual_block(x, filters: int, stride: int, initial: keras.Initializer):
    """He et al., Figure 2: two convolutions learn what is to be added to the block's own input."""
    shortcut = x
    if stride != 1 or x.shape[-1] != filters:
        shortcut = convolve(x, filters, 1, stride, initial)
    x = layers.ReLU()(convolve(x, filters, 3, stride, initial))
    x = convolve(x, filters, 3, 1, initial)
    return layers.ReLU()(layers.add([x, shortcut]))


def convolve(x, filters: int, window: int, stride: int, initial: keras.Initializer):
    """A convolution and its batch normalisation, which makes a bias needless."""
    x = layers.Conv2D(
        filters, window, stride, padding="same", use_bias=False, kernel_initializer=initial
    )(x)
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)


def he_normal(seed: int) -> keras.Initializer:
    """First weights for layers with ReLU (He et al., 2015), new ones for each layer, all of them
    fixed by the seed.
    """
    return keras.initializers.HeNormal(keras.random.SeedGenerator(seed))
