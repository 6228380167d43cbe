"""Paper 2: pictures that people cannot read and networks can, and the attacks that test them.

The cipher is `scramble`, with its quick way in `fast`, and `key_recovery` breaks it, with NumPy and
SciPy alone. Pictures come from `datasets`, which draws its own in `pictograms`; the networks are in
`models`. `attacks` fool them, through `gradients` and `cipher_gradients`; `ladder` orders the
attackers by what they know. `scenarios` are the five rows of the paper's table.
"""
