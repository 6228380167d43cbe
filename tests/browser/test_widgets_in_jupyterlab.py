"""The controls as a reader meets them in JupyterLab: clicked, typed at and fed with files.

Those that work in the page are tried more closely in test_live_controls.py, without JupyterLab.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from helpers import pictures

PICTURE = "img.widget-image"
LINE = '[role="status"]'
MILLISECONDS = 1000

FLIPPER = """
from helpers import bits, pictures, widgets
from helpers.neural.cipher import NeuralCipher
flipper = widgets.key_flipper(NeuralCipher.load("paper"), pictures.load("penguin"))
flipper
"""

UPLOAD = """
from helpers import pictures, widgets
upload, sizes = widgets.picture_upload(pictures.load("eye")), []
upload.button.observe(lambda change: sizes.extend(f["size"] for f in change.new), names="value")
upload
"""

RACE = """
from helpers import bits, pictures, widgets
from helpers.neural.cipher import NeuralCipher
cipher = NeuralCipher.load("paper")
widgets.attack_race(cipher, cipher.encrypt(pictures.load("dog"), bits.PAPER_KEY))
"""

MONITOR = """
from helpers import widgets
from helpers.neural import training
monitor = widgets.training_monitor()
monitor
"""

TRAINING = """
players = training.Players(1)
history = training.train(players, training.Phase("all", 10_000_000), watch=monitor.watch)
print("stopped, and what was learned is kept:", len(history.iteration) > 0)
"""


def look(picture: Locator) -> np.ndarray:
    """The picture as it stands on the screen."""
    return pictures.open_picture(picture.screenshot()).astype(float)


def alike(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two looks show the same; at its edge a picture may lie between two pixels."""
    return a.shape == b.shape and np.abs(a - b).mean() < 1


def look_after(picture: Locator, act: Callable[[], None]) -> np.ndarray:
    """Do something, wait until the picture has another source, and see how it then looks."""
    source = picture.get_attribute("src")
    act()
    expect(picture).not_to_have_attribute("src", source)
    return look(picture)


BIT = ".kit-bit button"
KEY = """
print("the kernel has", *flipper.chosen["key"])
"""


def test_a_control_of_the_page_stands_in_two_places_and_tells_the_kernel(lab):
    lab.open_cells(FLIPPER, "flipper", KEY)
    lab.run_all()
    first, second = lab.page.locator(".kit-live").all()
    canvas = first.locator("canvas")
    right = look(canvas)
    first.locator(BIT).nth(6).click()
    assert not alike(look(canvas), right)
    expect(second.locator(LINE)).to_contain_text("0101 0111 0101 0101, bit 6 flipped")
    lab.page.locator(".jp-CodeCell .cm-content").last.click()
    lab.page.keyboard.press("Control+Enter")
    expect(lab.page.get_by_text("the kernel has 0 1 0 1 0 1 1 1 0 1")).to_be_visible()
    second.locator(BIT).nth(6).click()
    expect(first.locator(LINE)).to_contain_text("the right key: 0 % of bits wrong")
    assert alike(look(canvas), right)
    assert lab.errors() == [] and lab.complaints == []


def test_a_control_of_the_page_answers_while_a_cell_runs(lab):
    lab.open_cells(FLIPPER, "import time\ntime.sleep(20)")
    lab.command("notebook:run-all-cells")
    lab.page.locator(BIT).nth(6).click()
    expect(lab.page.locator(LINE)).to_contain_text("bit 6 flipped", timeout=1000)
    expect(lab.page.locator('.jp-InputPrompt:has-text("[*]")')).to_have_count(1)


KEPT = ["0 0", "i i", "d d", "x", "b", "m", "y", "ArrowDown"]


def test_keys_typed_at_a_button_stay_there_and_those_that_save_and_run_do_not(lab):
    lab.open_cells(FLIPPER, "'below'")
    lab.run_all()
    bit, keyboard = lab.page.locator(BIT).nth(6), lab.page.keyboard
    counts = lab.counts()
    for keys in KEPT:
        bit.focus()
        for key in keys.split():
            keyboard.press(key)
        lab.page.wait_for_timeout(300)
        expect(lab.page.locator(".jp-Dialog")).to_have_count(0)
        assert lab.counts() == counts and bit.evaluate("bit => bit === document.activeElement")
    bit.focus()
    keyboard.press("Control+s")
    expect(lab.page.locator(".jp-mod-dirty")).to_have_count(0)
    keyboard.press("Shift+Enter")
    lab.page.wait_for_function(
        "[...document.querySelectorAll('.jp-InputPrompt')][0].innerText == '[3]:'"
    )
    assert lab.complaints == []


# --- what can be seen -----------------------------------------------------------------------------


def luminance(colour: str) -> float:
    """Of a colour as CSS computes it, "rgb(168, 67, 0)": relative luminance, WCAG 2."""
    channels = np.array([int(c) for c in colour[colour.index("(") + 1 : -1].split(",")[:3]]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(lab, element: str, of: str) -> float:
    """Between the colour of an element and the page behind it."""
    ink, paper = lab.page.evaluate(
        """([element, of]) => [
            getComputedStyle(document.querySelector(element))[of],
            getComputedStyle(document.querySelector(".jp-Notebook")).backgroundColor,
        ]""",
        [element, of],
    )
    dark, bright = sorted([luminance(ink), luminance(paper)])
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_what_is_wrong_and_what_has_the_focus_can_be_seen(lab, theme):
    lab.open_cells("from helpers import widgets", 'widgets.base.Notice("Wrong.")', FLIPPER)
    lab.run_all()
    change = "theme => jupyterapp.commands.execute('apputils:change-theme', { theme })"
    lab.page.evaluate(change, theme)
    light = "true" if theme.endswith("Light") else "false"
    expect(lab.page.locator("body")).to_have_attribute("data-jp-theme-light", light)
    lab.page.wait_for_timeout(500)
    assert contrast(lab, LINE, "color") >= 4.5
    lab.page.locator(BIT).nth(5).focus()
    lab.page.keyboard.press("Tab")
    focused = lab.page.locator(":focus")
    assert focused.evaluate("part => getComputedStyle(part).outlineWidth") == "3px"
    assert contrast(lab, ":focus", "outlineColor") >= 3
    lab.page.evaluate(change, "JupyterLab Light")


# --- controls that work in the kernel -------------------------------------------------------------


def chooser_of(lab, folder: Path) -> Callable[[bytes, str], None]:
    """A function that chooses a file of these bytes and this name."""

    def choose(data: bytes, name: str) -> None:
        (folder / name).write_bytes(data)
        with lab.page.expect_file_chooser() as chooser:
            lab.page.get_by_role("button", name="Your picture").click()
        chooser.value.set_files(folder / name)

    return choose


def test_an_upload_shows_the_picture_and_names_what_is_none(lab, tmp_path):
    lab.open_cells(UPLOAD)
    lab.run_all()
    picture, line = lab.page.locator(PICTURE), lab.page.locator(LINE)
    eye, choose = look(picture), chooser_of(lab, tmp_path)
    dog = pictures.to_png(pictures.load("dog")[:, :128])
    assert not alike(look_after(picture, lambda: choose(dog, "dog.png")), eye)
    expect(line).to_have_text("Your picture dog.png: 128 x 256 pixels.")
    choose(b"no picture at all", "notes.png")
    expect(line).to_contain_text("notes.png: The file is no picture that can be read here")
    back = pictures.to_png(pictures.load("eye"))
    assert alike(look_after(picture, lambda: choose(back, "eye.png")), eye)
    assert lab.errors() == [] and lab.complaints == []


def test_a_file_that_jupyter_would_drop_arrives_smaller_or_gets_a_sentence(lab, tmp_path):
    lab.open_cells(UPLOAD, "print('the largest:', max(sizes, default=0))")
    lab.run_all()
    line, choose = lab.page.locator(LINE), chooser_of(lab, tmp_path)
    noise = np.random.default_rng(1).integers(0, 256, (2000, 2500, 3), np.uint8)
    choose(pictures.to_png(noise), "noise.png")
    expect(line).to_have_text("Your picture noise.png, made smaller to 1024 x 819 pixels.")
    choose(b"x" * 30_000_000, "scan.png")
    expect(line).to_contain_text("scan.png: It has 30 MB")
    choose(pictures.to_png(noise[:20, :30]), "small.png")
    expect(line).to_have_text("Your picture small.png: 30 x 20 pixels.")
    lab.page.locator(".jp-CodeCell .cm-content").last.click()
    lab.page.keyboard.press("Control+Enter")
    printed = lab.page.locator(".jp-OutputArea-output", has_text="the largest:")
    expect(printed).not_to_have_text("the largest: 0")
    largest = printed.inner_text()
    assert 1_000_000 < int(largest.split()[-1]) <= 9_000_000
    assert lab.errors() == [] and lab.complaints == []


def test_stop_ends_a_running_training(lab):
    lab.open_cells(MONITOR, TRAINING)
    lab.command("notebook:run-all-cells")
    line = lab.page.locator(LINE)
    expect(line).to_contain_text("Phase 1, iteration", timeout=90 * MILLISECONDS)
    lab.page.get_by_role("button", name="Stop", exact=True).click()
    lab.wait_idle(seconds=30)
    expect(line).to_contain_text("Stopped")
    expect(lab.page.get_by_text("what was learned is kept: True")).to_be_visible()
    assert lab.errors() == [] and lab.complaints == []


def test_a_race_is_run_while_the_page_answers(lab):
    lab.open_cells(RACE)
    lab.run_all()
    picture, line = lab.page.locator(PICTURE), lab.page.locator(LINE)
    ciphertext = look(picture)
    start = lab.page.get_by_role("button", name="Start", exact=True)
    assert not alike(look_after(picture, start.click), ciphertext)
    lab.page.get_by_role("button", name="Stop", exact=True).click()
    expect(start).to_be_enabled()
    expect(line).not_to_contain_text("65,536 of 65,536")
    lab.page.get_by_label("speed").select_option("as fast as it goes")
    start.click()
    expect(line).to_contain_text("65,536 of 65,536", timeout=60 * MILLISECONDS)
    expect(line).to_contain_text("the best is 0101 0101 0101 0101")
    assert lab.errors() == [] and lab.complaints == []
