"""The controls of the lessons: move something, and see at once what it does.

Each is a widget that also leaves a still picture of itself in the notebook, with a description in
words, for readers without a kernel. All work by keyboard alone, and what is wrong with an input is
said in a sentence inside the control.

What they compute stands elsewhere (`bits`, `metrics`, `neural`, `learnable`), what they draw in
`figures`. No TensorFlow is loaded but by `pgd_explorer`.
"""

from __future__ import annotations

from helpers.widgets.lesson02 import picture_upload as picture_upload
from helpers.widgets.lesson02 import training_monitor as training_monitor
from helpers.widgets.lesson03 import attack_race as attack_race
from helpers.widgets.lesson04 import block_explorer as block_explorer
from helpers.widgets.lesson04 import key_flipper as key_flipper
from helpers.widgets.lesson05 import scramble_explorer as scramble_explorer
from helpers.widgets.lesson06 import pgd_explorer as pgd_explorer
