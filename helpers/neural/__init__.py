"""Paper 1: Alice encrypts, Bob decrypts, Eve listens; and what becomes of it beyond the paper.

The pair of the paper is trained by `training`, from `networks`. `binary` and `diffusion` train
pairs whose ciphertext is bits, the second by a round (`rounds`) that is run many times; `proof`
counts all 2^32 pairs of message and key, over `rows` of them. A trained pair is a `chain` of
matrix products, and a `cipher` for pictures, in one of the `modes`; it sends a `ciphertext`.
`eavesdropping` is what Eve can do to it. `secrecy_study` sets ways of training side by side,
`comparison` the pairs.

Only what trains needs Keras; a shipped pair opens in an instant.
"""
