"""The controls as a reader meets them: clicked, typed at and fed with files, in JupyterLab."""

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

FOUR_PAIRS = """
from helpers import pictures, widgets
from helpers.neural.cipher import NeuralCipher
pairs = [NeuralCipher.load(name) for name in ("paper", "proven", "diffusing", "resisting")]
widgets.key_flipper(pairs, pictures.load("eye"))
"""

EXPLORER = """
from helpers import pictures, widgets
from helpers.neural.cipher import NeuralCipher
widgets.block_explorer(NeuralCipher.load("paper"), pictures.load("penguin"))
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


def test_a_key_bit_of_lesson_04_changes_the_picture_and_back(lab):
    lab.open("04_wrong_key")
    lab.run_all()
    random_key = lab.page.get_by_role("button", name="Random key")
    output = lab.page.locator(".jp-OutputArea-output").filter(has=random_key)
    picture, line = output.locator(PICTURE).first, output.locator(LINE)
    wrong = look(picture)
    bit = output.locator("button.widget-toggle-button").nth(6)
    expect(bit).to_have_attribute("title", "key bit 6, now 1, not as in the right key")
    assert not alike(look_after(picture, bit.click), wrong)
    expect(line).to_contain_text("the right key: 0 % of bits wrong")
    assert alike(look_after(picture, bit.click), wrong)
    expect(line).to_contain_text("bit 6 flipped")
    assert lab.errors() == [] and lab.complaints == []


def test_the_keyboard_alone_flips_bits(lab):
    lab.open_cells(FLIPPER)
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


KEPT = ["0 0", "i i", "d d", "x", "b", "m", "y", "ArrowDown"]


def test_keys_typed_at_a_button_stay_there_and_those_that_save_and_run_do_not(lab):
    lab.open_cells(FLIPPER, "'below'")
    lab.run_all()
    bit, keyboard = lab.page.locator(".kit-bit").nth(6), lab.page.keyboard
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


def test_quick_clicks_are_not_worked_off_one_by_one(lab):
    lab.open_cells(FLIPPER)
    lab.run_all()
    lab.page.evaluate(
        """() => {
            window.drawn = 0;
            const count = () => window.drawn++;
            const picture = document.querySelector("img.widget-image");
            new MutationObserver(count).observe(picture, { attributeFilter: ["src"] });
            const named = (button) => button.textContent === "Random key";
            const random = [...document.querySelectorAll("button")].find(named);
            for (let i = 0; i < 100; i++) random.click();
        }"""
    )
    drawn = -1
    while drawn != (drawn := lab.page.evaluate("window.drawn")):
        lab.page.wait_for_timeout(2000)
    assert 1 < drawn < 60
    key = "".join(lab.page.locator(".kit-bit").all_inner_texts())
    said = lab.page.locator(LINE).inner_text().replace(" ", "")
    assert said.startswith(f"Decryptedwith{key}")


# --- what screen readers hear, and what narrow pages show -----------------------------------------


def test_every_part_has_a_name_and_says_how_it_stands(lab):
    lab.open_cells(FLIPPER, EXPLORER, FOUR_PAIRS)
    lab.run_all()
    flipper, explorer, four = (lab.page.locator(".kit-control").nth(i) for i in range(3))
    bit = flipper.get_by_role("button", name="key bit 6, now 0", exact=True)
    expect(bit).to_have_attribute("aria-pressed", "false")
    bit.click()
    bit = flipper.get_by_role(
        "button", name="key bit 6, now 1, not as in the right key", exact=True
    )
    expect(bit).to_have_attribute("aria-pressed", "true")
    expect(flipper.locator(PICTURE)).to_have_attribute("alt", flipper.locator(LINE).inner_text())
    for name in ("column", "row"):
        expect(explorer.get_by_role("slider", name=name, exact=True)).to_have_count(1)
    for name in ("paper", "proven", "diffusing", "resisting"):
        expect(four.get_by_role("img", name=name, exact=True)).to_have_count(1)


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
    lab.page.locator(".kit-bit").nth(5).focus()
    lab.page.keyboard.press("Tab")
    focused = lab.page.locator(":focus")
    assert focused.evaluate("part => getComputedStyle(part).outlineWidth") == "3px"
    assert contrast(lab, ":focus", "outlineColor") >= 3
    lab.page.evaluate(change, "JupyterLab Light")


@pytest.mark.parametrize("width", [1024, 640])
def test_each_name_stands_above_its_own_picture_and_no_key_bit_is_out_of_sight(lab, width):
    lab.open_cells(FOUR_PAIRS)
    lab.run_all()
    lab.page.set_viewport_size({"width": width, "height": 900})
    lab.page.wait_for_timeout(500)
    for cell in lab.page.locator(".kit-captioned").all():
        caption, picture = cell.locator("b").bounding_box(), cell.locator(PICTURE).bounding_box()
        assert picture["width"] > 150 and abs(caption["x"] - picture["x"]) < 5
        assert 0 < picture["y"] - caption["y"] < 40
    boxes = [picture.bounding_box() for picture in lab.page.locator(PICTURE).all()]
    assert len({round(box["width"]) for box in boxes}) == 1  # three in a row, one left over
    right = lab.page.locator(".jp-Notebook").bounding_box()
    for bit in lab.page.locator(".kit-bit").all():
        box = bit.bounding_box()
        assert box["x"] + box["width"] < right["x"] + right["width"]


def test_a_very_high_picture_does_not_fill_the_page(lab):
    tall = "widgets.key_flipper(NeuralCipher.load('paper'), np.zeros((2000, 3, 3), np.uint8))"
    lab.open_cells("import numpy as np", FLIPPER, tall)
    lab.run_all()
    assert lab.page.locator(PICTURE).nth(1).bounding_box()["height"] <= 512


def test_a_name_runs_no_script(lab):
    name = "<img src=x onerror=window.ran=1>"
    show = "widgets.key_flipper([named, named], pictures.load('eye'))"
    lab.open_cells(FLIPPER, f"named = NeuralCipher.load('paper')\nnamed.name = {name!r}\n{show}")
    lab.run_all()
    expect(lab.page.locator(".kit-captioned b", has_text="<img src=x")).to_have_count(2)
    assert lab.page.evaluate("window.ran") is None and lab.complaints == []


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


def test_a_slider_lights_up_other_blocks(lab):
    lab.open_cells(EXPLORER)
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
    encrypted, decrypted = lab.page.locator(PICTURE).nth(1), lab.page.locator(PICTURE).nth(2)
    line, eye = lab.page.locator(LINE), look(decrypted)

    def press(name: str) -> Callable[[], None]:
        return lab.page.get_by_role("button", name=name, exact=True).click

    assert not alike(look_after(decrypted, press("penguin")), eye)
    assert alike(look_after(decrypted, press("eye")), eye)
    expect(line).to_contain_text("0 % of the bytes wrong")
    assert not alike(look_after(decrypted, press("another key")), eye)
    expect(line).to_contain_text("decrypted with another key")
    assert not alike(look_after(encrypted, press("16 × 16")), eye)
    expect(line).to_contain_text("1,536 nibbles")
    look_after(encrypted, press("New key"))
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
    picture, line = lab.page.locator(PICTURE).last, lab.page.locator(LINE)
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
