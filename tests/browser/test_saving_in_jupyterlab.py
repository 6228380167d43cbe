"""What a learner finds again in a notebook that was saved and is opened without its kernel."""

from __future__ import annotations

from playwright.sync_api import expect

from helpers.lessons import LIVE_WIDGET

CONTROL = ".jp-OutputArea-output .kit-bit button"
STILL = ".jp-OutputArea-output.jp-RenderedImage img"

FLIPPER = """
from helpers import pictures, widgets
from helpers.neural.cipher import NeuralCipher
widgets.key_flipper(NeuralCipher.load("paper"), pictures.load("penguin"))
"""


def test_a_control_lives_on_while_it_is_saved_and_is_a_still_when_its_kernel_is_gone(lab):
    lab.open_cells(FLIPPER)
    lab.run_all()
    live, stills = lab.page.locator(CONTROL), lab.page.locator(STILL)
    for line in ["bit 6 flipped", "the right key"]:
        assert LIVE_WIDGET not in lab.save().decode()
        assert not lab.unsaved() and lab.page.locator(".jp-Dialog").count() == 0
        live.nth(6).click()
        expect(lab.page.get_by_role("status")).to_contain_text(line)
    lab.server.stop_kernels()
    lab.open("cells")
    expect(stills).to_have_count(1)
    expect(live).to_have_count(0)
    expect(lab.page.get_by_text("Error displaying widget")).to_have_count(0)
    lab.run_all()
    expect(live.first).to_be_visible()
    expect(stills).to_have_count(0)
    assert lab.complaints == []
