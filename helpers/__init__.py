"""Learned ciphers: short helpers for the lessons in `notebooks/`.

Arrows point down only: widgets, figures and exercises use `neural`, which uses `bits`, `pictures`
and `metrics`. Importing this package loads nothing, so a lesson without networks starts without
TensorFlow.
"""
