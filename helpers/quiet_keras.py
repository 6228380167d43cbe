"""Keras, and the TensorFlow below it, imported without what TensorFlow's core writes to stderr.

A notebook would keep those lines for ever. Take both from here, so that neither comes too early:

    from helpers.quiet_keras import keras, tensorflow as tf

The logger starts before Python can silence it, so file descriptor 2 itself points to nowhere for
the import and for the first question about devices. Errors raised as Python exceptions are not
affected. With another backend (`KERAS_BACKEND=jax`) no TensorFlow is loaded.

Keras is configured here alone: a keras.json in the user's home, whatever it holds, is not read.
"""

import contextlib
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("KERAS_HOME", str(Path(__file__).resolve().parents[1] / "build" / "keras"))


@contextlib.contextmanager
def silent_stderr():
    saved = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


if os.environ["KERAS_BACKEND"] == "tensorflow":
    with silent_stderr():
        import tensorflow

        tensorflow.config.list_physical_devices("GPU")
    tensorflow.get_logger().setLevel("ERROR")  # no advice on speed between the lines of a lesson

import keras  # noqa: E402

keras.config.set_floatx("float32")
keras.config.set_epsilon(1e-7)
keras.config.set_image_data_format("channels_last")
