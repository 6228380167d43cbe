"""The controls of the lessons: move something, and see at once what it does.

Each is a widget that also leaves a still picture of itself in the notebook, with a description in
words, for readers without a kernel. All work by keyboard alone, and what is wrong with an input is
said in a sentence inside the control.

Those that need nothing from Python work in the page alone, in JupyterLab and on the pages of
`make lessons`: what they do stands in `helpers/live`, and here only what they start from. The
others (`picture_upload`, `training_monitor`, `attack_race`) work in the kernel; what they compute
stands elsewhere, what they draw in `figures`. No TensorFlow is loaded but by `pgd_explorer`.
"""

from __future__ import annotations

from helpers.widgets.lesson02 import picture_upload as picture_upload
from helpers.widgets.lesson02 import training_monitor as training_monitor
from helpers.widgets.lesson03 import attack_race as attack_race
from helpers.widgets.lesson04 import block_explorer as block_explorer
from helpers.widgets.lesson04 import key_flipper as key_flipper
from helpers.widgets.lesson05 import scramble_explorer as scramble_explorer
from helpers.widgets.lesson06 import pgd_explorer as pgd_explorer
from helpers.widgets.lesson07 import avalanche_explorer as avalanche_explorer
from helpers.widgets.lesson07 import modes_explorer as modes_explorer
