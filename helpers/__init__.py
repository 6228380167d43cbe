"""Learned ciphers: short helpers for the lessons in `notebooks/`.

Arrows point down only: widgets, figures and exercises use `neural`, which uses `bits`, `pictures`
and `metrics`. Importing this package loads nothing, so a lesson without networks starts without
TensorFlow.
"""

import os

# NumPy shares its products of matrices out among threads, and on a busy machine these wait for each
# other: a picture under a new key then comes after seconds. Ours are small, and no faster for it.
# It holds where NumPy is imported later than this; `make lab` says it to all kernels.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
