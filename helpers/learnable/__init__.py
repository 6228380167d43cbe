"""Paper 2: pictures that people cannot read and networks can, and the attacks that test them.

The cipher is `scramble`, and `key_recovery` breaks it, with NumPy and SciPy alone. Pictures come
from `datasets`, which draws its own in `pictograms`; the networks are in `models`. `attacks` fool
them, through `gradients` and `cipher_gradients`; `ladder` orders the attackers by what they know.
`scenarios` is the paper's experiment, the five rows of its table, by `training` that can be stopped
and resumed, and `evaluation`.
"""
