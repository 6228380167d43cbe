"""Paper 1: Alice encrypts, Bob decrypts, Eve listens; pictures in ECB mode.

`networks` and `training` use Keras; `chain` and `cipher` need NumPy alone, so a shipped pair opens
in an instant. `eavesdropping` is what Eve can do to it.
"""
