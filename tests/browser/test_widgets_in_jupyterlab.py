"""The controls as a reader meets them: clicked, typed at and fed with files, in JupyterLab."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from playwright.sync_api import Locator, expect

from helpers import pictures

PICTURE = "img.widget-image"
LINE = '[role="status"]'
MILLISECONDS = 1000

UPLOAD = """
from helpers import pictures, widgets
upload = widgets.picture_upload(pictures.load("eye"))
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
players = training.Players(1, training.lesson_recipe)
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


def test_a_key_bit_of_lesson_04_changes_the_picture_and_back(lab):
    lab.open("04_wrong_key")
    lab.run_all()
    random_key = lab.page.get_by_role("button", name="Random key")
    output = lab.page.locator(".jp-OutputArea-output").filter(has=random_key)
    picture, line = output.locator(PICTURE), output.locator(LINE)
    wrong = look(picture)
    bit = output.locator("button.widget-toggle-button").nth(6)
    expect(bit).to_have_attribute("title", "key bit 6, now 1, not as in the right key")
    assert not alike(look_after(picture, bit.click), wrong)
    expect(line).to_contain_text("the right key: 0 % of bits wrong")
    assert alike(look_after(picture, bit.click), wrong)
    expect(line).to_contain_text("bit 6 flipped")
    assert lab.errors() == [] and lab.complaints == []


def test_the_keyboard_alone_flips_bits(lab):
    lab.open_cells(
        "from helpers import bits, pictures, widgets",
        "from helpers.neural.cipher import NeuralCipher",
        "widgets.key_flipper(NeuralCipher.load('paper'), pictures.load('penguin'))",
    )
    lab.run_all()
    picture, keyboard = lab.page.locator(PICTURE), lab.page.keyboard
    right = look(picture)
    lab.page.locator("button.widget-toggle-button").nth(6).focus()
    assert not alike(look_after(picture, lambda: keyboard.press("Space")), right)
    assert alike(look_after(picture, lambda: keyboard.press("Space")), right)
    keyboard.press("Tab")
    assert not alike(look_after(picture, lambda: keyboard.press("Enter")), right)
    expect(lab.page.locator(LINE)).to_contain_text("bit 7 flipped")
    for _ in range(9):  # the bits from 8 to 15, and then the first of the buttons below
        keyboard.press("Tab")
    assert alike(look_after(picture, lambda: keyboard.press("Enter")), right)
    assert lab.complaints == []


def test_an_upload_shows_the_picture_and_names_what_is_none(lab, tmp_path):
    lab.open_cells(UPLOAD)
    lab.run_all()
    picture, line = lab.page.locator(PICTURE), lab.page.locator(LINE)
    eye = look(picture)

    def choose(data: bytes, name: str) -> None:
        (tmp_path / name).write_bytes(data)
        with lab.page.expect_file_chooser() as chooser:
            lab.page.get_by_role("button", name="Your picture").click()
        chooser.value.set_files(tmp_path / name)

    dog = pictures.to_png(pictures.load("dog")[:, :128])
    assert not alike(look_after(picture, lambda: choose(dog, "dog.png")), eye)
    expect(line).to_have_text("Your picture: 128 x 256 pixels.")
    choose(b"no picture at all", "notes.png")
    expect(line).to_contain_text("The file is no picture that can be read here")
    back = pictures.to_png(pictures.load("eye"))
    assert alike(look_after(picture, lambda: choose(back, "eye.png")), eye)
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
    start.click()
    expect(line).to_contain_text("65,536 of 65,536", timeout=60 * MILLISECONDS)
    expect(line).to_contain_text("the best is 0101 0101 0101 0101")
    assert lab.errors() == [] and lab.complaints == []


def test_a_slider_lights_up_other_blocks(lab):
    lab.open_cells(
        "from helpers import bits, pictures, widgets",
        "from helpers.neural.cipher import NeuralCipher",
        "widgets.block_explorer(NeuralCipher.load('paper'), pictures.load('penguin'))",
    )
    lab.run_all()
    picture, column = lab.page.locator(PICTURE), lab.page.get_by_role("slider").first
    before = look(picture)
    column.focus()
    assert not alike(look_after(picture, lambda: lab.page.keyboard.press("Home")), before)
    expect(lab.page.locator(LINE)).to_contain_text("column 0, row 128")
    assert lab.complaints == []


def test_pictures_are_scrambled_and_put_back_by_buttons(lab):
    lab.open_cells(
        "from helpers import pictures, widgets",
        "choices = {name: pictures.load(name) for name in pictures.NAMES}",
        "widgets.scramble_explorer(choices)",
    )
    lab.run_all()
    picture, line = lab.page.locator(PICTURE), lab.page.locator(LINE)
    eye = look(picture)

    def press(name: str) -> Callable[[], None]:
        return lab.page.get_by_role("button", name=name, exact=True).click

    penguin = look_after(picture, press("penguin"))
    assert not alike(penguin, eye)
    assert alike(look_after(picture, press("eye")), eye)
    expect(line).to_contain_text("0 % of the bytes wrong")
    assert not alike(look_after(picture, press("another key")), eye)
    expect(line).to_contain_text("decrypted with another key")
    assert not alike(look_after(picture, press("16 × 16")), eye)
    expect(line).to_contain_text("1,536 nibbles")
    look_after(picture, press("New key"))
    assert lab.errors() == [] and lab.complaints == []


def test_noise_misleads_by_slider_and_menu(lab):
    lab.open_cells(
        "import numpy as np",
        "from helpers import widgets",
        "from helpers.learnable import datasets, scenarios",
        "drawings, kinds = datasets.pictograms(np.random.default_rng(2), 2)",
        "choices = {datasets.CLASSES[kind]: each for each, kind in zip(drawings, kinds)}",
        'widgets.pgd_explorer(scenarios.load("Plain")[0], choices, datasets.CLASSES)',
    )
    lab.run_all()
    picture, line = lab.page.locator(PICTURE), lab.page.locator(LINE)
    eps = lab.page.get_by_role("slider").first
    misled = look(picture)
    eps.focus()
    assert not alike(look_after(picture, lambda: lab.page.keyboard.press("Home")), misled)
    expect(line).to_contain_text("noise of at most 0 of 255")
    look_after(picture, lambda: lab.page.keyboard.press("End"))
    expect(line).to_contain_text("noise of at most 64 of 255")
    lab.page.get_by_label("target").select_option("tree")
    expect(line).to_contain_text("towards tree, tree")
    assert lab.errors() == [] and lab.complaints == []
