"""Paper 1: Alice encrypts, Bob decrypts, Eve listens; and what becomes of it beyond the paper.

The pair of the paper is trained by `training`, from `networks`. A trained pair is a `chain` of
matrix products, or a round of them that is run many times (`rounds`); with it `cipher` encrypts
pictures, in one of the `modes`, quickly (`fast`), and sends a `ciphertext`. `eavesdropping` is what
Eve can do to it. `proof` counts all 2^32 pairs of message and key, over `rows` of them.

Only what trains needs Keras; a shipped pair opens in an instant. The pairs beyond the paper, and
the studies of them, are made in data/studies.
"""
