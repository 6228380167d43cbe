"""Paper 2: pictures that people cannot read and networks can, and the attacks that test them.

`scramble` and `key_recovery` need NumPy and SciPy alone.
"""
