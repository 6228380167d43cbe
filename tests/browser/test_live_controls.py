"""The controls that work in the page, on one from file://, as readers without Python meet them."""

from __future__ import annotations

import base64
import functools
import io
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import ConsoleMessage, Locator, Page, expect

from helpers import bits, lessons, live, pages, pictures, widgets
from helpers.learnable import datasets, scenarios
from helpers.neural.cipher import NeuralCipher
from helpers.neural.modes import CBC
from tests.browser.firefox import PATH, Firefox

LINE = '[role="status"]'
PAIRS = ("paper", "proven", "diffusing")
HOSTILE = "<img src=x onerror=window.ran=1>"
HOSTILE_TOO = "<!--<script></script><img src=x onerror=window.ran=1>"
SERIOUS = {"serious", "critical"}
AXE = Axe()

WHEN_READY = """async () => {
  const line = () => document.querySelector('.kit-mounted [role="status"]')?.textContent;
  while (!line()) await new Promise((resolve) => setTimeout(resolve, 50));
  return line();
}"""
IS_DARK = '() => matchMedia("(prefers-color-scheme: dark)").matches'
OVERFLOWS = "() => document.documentElement.scrollWidth > innerWidth"
FLIP = """() => {
  document.querySelectorAll(".kit-bit button")[6].click();
  return document.querySelector('[role="status"]').textContent;
}"""

BYTES = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let text = "";
  for (let i = 0; i < data.length; i++) if (i % 4 < 3) text += String.fromCharCode(data[i]);
  return [canvas.height, canvas.width, btoa(text)];
}"""


@functools.cache
def controls() -> dict[str, widgets.base.Live]:
    """One of each, as the lessons have them."""
    load, penguin = NeuralCipher.load, pictures.load("penguin")
    drawn, kinds = datasets.pictograms(np.random.default_rng(2), 3)
    choices = {datasets.CLASSES[kind]: picture for picture, kind in zip(drawn, kinds)}
    head = np.ascontiguousarray(penguin[24:232:2, 24:232:2])
    named = {HOSTILE: penguin, **{name: pictures.load(name) for name in pictures.NAMES}}
    return {
        "key_flipper": widgets.key_flipper([load(name) for name in PAIRS], pictures.load("eye")),
        "block_explorer": widgets.block_explorer(load("paper"), penguin, pixel=(40, 20)),
        "scramble_explorer": widgets.scramble_explorer(named, np.random.default_rng(1)),
        "modes_explorer": widgets.modes_explorer(load("diffusing"), head),
        "avalanche_explorer": widgets.avalanche_explorer([load("diffusing"), load("resisting")]),
        "pgd_explorer": widgets.pgd_explorer(scenarios.load("Plain")[0], choices, datasets.CLASSES),
    }


def alone(name: str, state: dict) -> str:
    """A page with one control."""
    return pages.full_screen(name, state, f"The {name}", "What is below.")


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """A page with each of the controls alone, as the full-screen key flipper is made."""
    folder = tmp_path_factory.mktemp("live")
    small = pictures.load("dog")[:64, :64].copy()
    one = widgets.key_flipper(NeuralCipher.load("paper"), small)
    page = alone("key_flipper", one.state_for_page())
    (folder / "one_pair.html").write_text(page, encoding="utf-8")
    for name, control in controls().items():
        page = alone(name, control.state_for_page())
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
    return folder


class Opened:
    """One control in one page; what goes wrong in it is in `complaints`."""

    def __init__(self, page: Page, address: str):
        self.page, self.complaints = page, []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self.hear)
        page.on("request", lambda request: self.ask(request.url))
        self.requests: list[str] = []
        page.goto(address)
        page.locator(".kit-mounted").wait_for()
        self.line = page.locator(LINE)

    def hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def ask(self, url: str) -> None:
        if not url.startswith("data:"):
            self.requests.append(url)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def picture(self, number: int = 0) -> np.ndarray:
        """The bytes of a canvas, uint8 (height, width, 3)."""
        height, width, text = self.page.locator("canvas").nth(number).evaluate(BYTES)
        return np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 3)

    def choose(self, folder: Path, name: str, data: bytes) -> None:
        (folder / name).write_bytes(data)
        self.page.locator("input[type=file]").set_input_files(folder / name)


@pytest.fixture
def opened(browser, site) -> Callable[..., Opened]:
    """opened(name): the page of one control; at the end, nothing was asked for or complained of."""
    made: list[Opened] = []

    def open_page(name: str, **look) -> Opened:
        look = {"viewport": {"width": 1280, "height": 900}, **look}
        made.append(Opened(browser.new_page(**look), (site / f"{name}.html").as_uri()))
        return made[-1]

    yield open_page
    for each in made:
        assert each.complaints == [] and len(each.requests) == 1, "the page itself, and no more"
        each.page.close()


ALL = ["key_flipper", *sorted(path.stem for path in live.HERE.glob("*_explorer.js"))]


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_at_twice_the_size_on_a_telephone_too(opened, name, scheme):
    here = opened(name, color_scheme=scheme, viewport={"width": 640, "height": 450})
    violations = AXE.run(here.page).response["violations"]
    assert [each["id"] for each in violations if each["impact"] in SERIOUS] == []
    for width in (640, 390, 1920):  # 1280 at 200 %, a telephone, a projector
        here.page.set_viewport_size({"width": width, "height": 450})
        assert here.page.evaluate("document.documentElement.scrollWidth") <= width


def test_each_says_at_first_what_its_still_says(opened):
    for name, control in controls().items():
        expected = control.alt()
        if name == "pgd_explorer":  # whole percents of another rounding
            expected = re.compile(
                re.sub(r"\d+ %", r"\\d+ %", re.escape(expected).replace(r"\ ", " "))
            )
        expect(opened(name).line).to_have_text(expected)


@pytest.mark.skipif(PATH is None, reason="no Firefox on this machine")
@pytest.mark.parametrize("dark", [False, True])
def test_they_work_in_firefox_too_and_axe_finds_nothing_serious(site, tmp_path, dark):
    firefox = Firefox(tmp_path / "profile", dark)
    try:
        firefox.open("about:blank")
        assert firefox.evaluate(IS_DARK) is dark
        for name in ALL:
            firefox.open((site / f"{name}.html").as_uri(), 640, 450)
            said = firefox.evaluate(WHEN_READY)
            assert said and firefox.evaluate(OVERFLOWS) is False
            firefox.evaluate(f"() => {{ {AXE.axe_script} }}")
            violations = firefox.evaluate("async () => (await axe.run()).violations")
            assert [each["id"] for each in violations if each["impact"] in SERIOUS] == []
        firefox.open((site / "key_flipper.html").as_uri())
        assert "the right key" in firefox.evaluate(WHEN_READY)
        assert "bit 6 flipped" in firefox.evaluate(FLIP)
    finally:
        firefox.close()


# --- key_flipper ----------------------------------------------------------------------------------


def test_a_flipped_bit_shows_what_bob_reads_in_python_to_the_byte(opened):
    here, eye = opened("key_flipper"), pictures.load("eye")
    assert all(np.array_equal(here.picture(i), eye) for i in range(3))
    bit = here.page.locator(".kit-bit button").nth(6)
    expect(bit).to_have_attribute("aria-label", "key bit 6, now 0")
    bit.click()
    expect(bit).to_have_attribute("aria-label", "key bit 6, now 1, not as in the right key")
    expect(bit).to_have_attribute("aria-pressed", "true")
    expect(here.line).to_contain_text("0101 0111 0101 0101, bit 6 flipped")
    wrong = bits.flip(bits.PAPER_KEY, 6)
    for i, name in enumerate(PAIRS):
        cipher = NeuralCipher.load(name)
        expected = cipher.decrypt(cipher.encrypt(eye, bits.PAPER_KEY), wrong)
        if cipher.binary:
            np.testing.assert_array_equal(here.picture(i), expected)
        else:  # Alice differs in the last digit of few values: of 98,304 blocks at most a few
            assert np.count_nonzero(here.picture(i) != expected) < 10
    bit.click()
    assert np.array_equal(here.picture(), eye)


def test_the_keyboard_alone_flips_bits_and_sees_where_it_is(opened):
    here = opened("key_flipper")
    keys = here.page.keyboard
    here.page.locator(".kit-bit button").first.focus()
    for _ in range(6):
        keys.press("Tab")
    assert here.page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "3px"
    keys.press("Space")
    expect(here.line).to_contain_text("bit 6 flipped")
    keys.press("Enter")
    expect(here.line).to_contain_text("the right key: 0 % of bits wrong")


def test_buttons_set_the_whole_key(opened):
    here = opened("key_flipper")
    here.press("Flip one bit")
    expect(here.line).to_contain_text(re.compile(r", bit \d+ flipped"))
    here.page.evaluate("() => { crypto.getRandomValues = (array) => array.fill(1); }")
    here.press("Random key")
    expect(here.line).to_contain_text("1111 1111 1111 1111, 8 bits flipped")
    here.press("The right key")
    expect(here.line).to_contain_text("the right key: 0 % of bits wrong")


def encoded(picture: np.ndarray, kind: str, **options) -> bytes:
    data = io.BytesIO()
    Image.fromarray(picture).save(data, kind, **options)
    return data.getvalue()


def test_a_picture_of_ones_own_is_read_and_what_is_none_gets_a_sentence(opened, tmp_path):
    here, dog = opened("key_flipper"), pictures.load("dog")
    here.choose(tmp_path, "dog.png", pictures.to_png(dog[:, :128].copy()))
    expect(here.line).to_contain_text(
        "This is dog.png, 128 × 256 pixels. It stays on this computer."
    )
    assert np.array_equal(here.picture(1), dog[:, :128])
    for name, data in (("notes.txt", b"no picture at all"), ("cut.png", pictures.to_png(dog)[:99])):
        here.choose(tmp_path, name, data)
        expect(here.line).to_contain_text(f"{name} is no picture that this page can read")
        expect(here.line).to_contain_text("What was here before stays.")
        assert np.array_equal(here.picture(1), dog[:, :128])
    here.choose(
        tmp_path,
        "move.gif",
        encoded(dog, "GIF", save_all=True, append_images=[Image.new("RGB", (256, 256))]),
    )
    expect(here.line).to_contain_text("move.gif, of a GIF the first frame, 256 × 256 pixels")
    large = np.zeros((3000, 4000, 3), np.uint8) + np.uint8([9, 99, 199])
    here.choose(tmp_path, "camera.jpg", encoded(large, "JPEG"))
    expect(here.line).to_contain_text("camera.jpg, made smaller to 256 × 192 pixels")
    expect(here.line).to_contain_text("one colour only")
    here.press("Flip one bit")
    expect(here.line).to_contain_text("flipped")


DROP = """([name, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name));
  const drop = new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
  document.querySelector(".kit-live canvas").dispatchEvent(drop);
  return drop.defaultPrevented;
}"""


def test_a_file_that_is_dropped_is_taken_and_never_opened(opened):
    here = opened("key_flipper")
    assert here.page.evaluate(DROP, ["letter.doc", "text"])
    expect(here.line).to_contain_text("letter.doc is no picture")


FLIPS = """async (times) => {
  const buttons = [...document.querySelectorAll(".kit-bit button")];
  for (let i = 0; i < times; i++) buttons[i % 16].click();
}"""


def test_a_thousand_flips_leave_nothing_behind(opened):
    here = opened("one_pair")
    devtools = here.page.context.new_cdp_session(here.page)

    def kept() -> tuple[int, int]:
        devtools.send("HeapProfiler.collectGarbage")
        nodes = here.page.evaluate("document.querySelectorAll('*').length")
        return devtools.send("Runtime.getHeapUsage")["usedSize"], nodes

    here.page.evaluate(FLIPS, 160)
    before, nodes = kept()
    here.page.evaluate(FLIPS, 1000)
    after, nodes_after = kept()
    assert nodes == nodes_after and after - before < 200_000


# --- the others -----------------------------------------------------------------------------------


def test_sliders_keys_and_clicks_choose_a_block(opened):
    here = opened("block_explorer")
    column, keys = here.page.get_by_role("slider", name="column"), here.page.keyboard
    column.focus()
    keys.press("Home")
    expect(here.line).to_contain_text("column 0, row 20")
    here.press("blue")
    expect(here.line).to_contain_text("the blue byte")
    canvas = here.page.locator("canvas")
    zoom = canvas.bounding_box()["width"] / 256
    canvas.click(position={"x": 200.5 * zoom, "y": 100.5 * zoom})
    expect(here.line).to_contain_text("column 200, row 100")
    cipher, penguin = NeuralCipher.load("paper"), pictures.load("penguin")
    block = bits.picture_to_blocks(penguin)[(3 * (100 * 256 + 200) + 2) // 2]
    expect(here.page.locator("td code").nth(2)).to_have_text(f"{block:,}")
    shown = " ".join(here.page.locator("td code").all_inner_texts()[3:])
    values = cipher.encrypt_blocks(np.array([block]), bits.PAPER_KEY)[0]
    np.testing.assert_allclose([float(value) for value in shown.split()], values, atol=0.0006)
    yellow = (here.picture() == [240, 228, 66]).all(axis=2)
    alike = (
        np.repeat(bits.picture_to_blocks(penguin) == block, 2).reshape(penguin.shape).any(axis=2)
    )
    assert alike.any() and np.count_nonzero(yellow != alike) <= 15**2 - 11**2


def test_a_picture_is_scrambled_and_put_back_with_three_keys(opened, tmp_path):
    here = opened("scramble_explorer")
    here.press("eye")
    assert np.array_equal(here.picture(2), pictures.load("eye"))
    assert np.mean(here.picture(1) != pictures.load("eye")) > 0.8
    here.press("the key, two entries exchanged")
    assert 0 < np.mean(here.picture(2) != pictures.load("eye")) < 0.1
    here.press("another key")
    assert np.mean(here.picture(2) != pictures.load("eye")) > 0.8
    here.press("16 × 16")
    expect(here.line).to_contain_text("an order of 1,536 nibbles, and decrypted with another key")
    here.press("the key")
    before = here.picture(1)
    here.press("New key")
    assert np.mean(here.picture(1) != before) > 0.8
    odd = np.random.default_rng(3).integers(0, 256, (37, 50, 3), np.uint8)
    here.choose(tmp_path, "odd.png", pictures.to_png(odd))
    expect(here.line).to_contain_text("odd.png, 50 × 37 pixels")
    assert np.array_equal(here.picture(2), odd) and here.picture(1).shape == (48, 64, 3)
    assert here.page.evaluate("window.ran") is None, "a name is text and no markup"


@pytest.mark.parametrize(("mode", "blocks"), [("ECB", 1), ("CBC", 2), ("CTR", 1)])
def test_a_flipped_bit_spoils_what_its_mode_lets_it_spoil(opened, mode, blocks):
    here = opened("modes_explorer")
    original = here.picture()
    here.press(mode)
    here.press("one bit is flipped")
    expect(here.line).to_contain_text("and all else is right")
    assert here.line.inner_text().count("has ") == blocks
    if mode == "CTR":
        expect(here.line).to_contain_text("has 1 wrong bit (0001 0000 0000 0000)")
    if mode == "CBC":
        cipher, start = NeuralCipher.load("diffusing"), CBC("1010 0110 0011 1001")
        sent = start.encrypt(cipher.forward(bits.PAPER_KEY), bits.picture_to_blocks(original))
        expected = bits.blocks_to_picture(sent, original.shape)
        assert np.count_nonzero(here.picture(1) != expected) == 1
    here.press("nothing happens")
    expect(here.line).not_to_contain_text("flipped")


def test_the_avalanche_has_a_line_for_each_round(opened):
    here = opened("avalanche_explorer")
    rows = here.page.locator("tbody tr")
    expect(rows).to_have_count(20)
    here.press("resisting")
    expect(rows).to_have_count(12)
    here.press("the key")
    here.page.get_by_role("slider", name="bit").focus()
    here.page.keyboard.press("End")
    expect(here.line).to_contain_text("resisting, bit 15 of the key flipped: after 12 rounds")


def test_noise_misleads_by_slider_and_menu(opened):
    here = opened("pgd_explorer")
    expect(here.line).to_contain_text("noise of at most 8 of 255")
    here.page.get_by_role("slider", name="eps × 255").focus()
    here.page.keyboard.press("Home")
    expect(here.line).to_contain_text("noise of at most 0 of 255")
    assert np.array_equal(here.picture(0), here.picture(2))
    here.page.keyboard.press("End")
    expect(here.line).to_contain_text("noise of at most 64 of 255")
    here.page.get_by_label("target").select_option("tree")
    expect(here.line).to_contain_text("towards tree, tree")
    noise = here.picture(2).astype(int) - here.picture(0)
    assert 0 < np.abs(noise).max() <= 64


# --- views ----------------------------------------------------------------------------------------

A_VIEW = """async ([text, state]) => {
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const { render } = (await import(url)).default;
  const listeners = new Set();
  const arrays = Uint8Array.from(atob(state.arrays), (character) => character.charCodeAt(0));
  const model = {
    get: (name) => ({ ...state, arrays })[name],
    on: (_, listener) => listeners.add(listener),
    off: (_, listener) => listeners.delete(listener),
  };
  const el = document.createElement("div");
  const end = await render({ model, el });
  const during = listeners.size;
  document.body.append(el);
  end();
  const button = el.querySelector("button");
  button.dispatchEvent(new KeyboardEvent("keydown", { key: "0", bubbles: true }));
  return [during, listeners.size, button.hasAttribute("data-lm-suppress-shortcuts")];
}"""


def test_a_view_that_ends_leaves_no_listener(browser):
    page = browser.new_page()
    for name, control in controls().items():
        view = page.evaluate(A_VIEW, [live.module(name), control.state_for_page()])
        assert view == [1, 0, False], name
    page.close()


@pytest.mark.parametrize(
    ("name", "chosen", "said"),
    [
        ("block_explorer", {"x": 300, "y": 999}, "column 255, row 255"),
        ("modes_explorer", {"block": 99_999, "flip": True}, "ciphertext block 16,223 was flipped"),
        (
            "scramble_explorer",
            {"side": 8},
            "and decrypted with the key: 0 % of the bytes",
        ),
        ("scramble_explorer", {"name": "your own"}, "The picture <img"),
    ],
)
def test_what_was_chosen_in_another_view_fits_this_one(opened, site, name, chosen, said):
    state = controls()[name].state_for_page()
    state["chosen"] = state["chosen"] | chosen
    (site / "other_view.html").write_text(alone(name, state), encoding="utf-8")
    expect(opened("other_view").line).to_contain_text(said)


OWN = ["key_flipper", "block_explorer", "scramble_explorer", "modes_explorer"]


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 5, 3), (150, 300, 3), (999, 2, 3)])
def test_pictures_of_odd_sides_are_taken(opened, tmp_path, name, shape):
    here = opened(name)
    picture = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    here.choose(tmp_path, "odd.png", pictures.to_png(picture))
    expect(here.line).to_contain_text("odd.png")
    shown = here.picture({"key_flipper": 0, "block_explorer": 0}.get(name, 2))
    if name != "block_explorer" and max(shape) <= 104 and name != "modes_explorer":
        np.testing.assert_array_equal(shown, picture)
    box = here.page.locator("canvas").first.bounding_box()
    width, height = shown.shape[1], shown.shape[0]
    assert box["height"] / box["width"] == pytest.approx(height / width, rel=0.1)


# --- a lesson's page ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lesson_file(tmp_path_factory) -> Path:
    """A page of a lesson that was run: a control in it, and one that needs Python."""
    from nbformat import v4

    code = "from helpers import pictures, widgets\nfrom IPython.display import display\n"
    code += "dog = pictures.load('dog')[:64, :64].copy()\n"
    code += f"display(widgets.scramble_explorer({{{HOSTILE_TOO!r}: dog}}), "
    code += "widgets.picture_upload(pictures.load('dog')))"
    path = tmp_path_factory.mktemp("lesson") / "01_one.ipynb"
    cells = [v4.new_markdown_cell("# One"), v4.new_code_cell(code)]
    lessons.write(v4.new_notebook(cells=cells, metadata=lessons.METADATA), path)
    made = pages.of({path.stem: lessons.run(path, live=True)}, path.parent, [path.stem])
    path.with_suffix(".html").write_text(made["01_one.html"], encoding="utf-8")
    return path.with_suffix(".html")


@pytest.fixture
def lesson_page(browser, lesson_file):
    page = browser.new_page()
    page.goto(lesson_file.as_uri())
    page.locator(".kit-mounted").wait_for()
    yield page
    page.close()


def test_a_name_on_a_lessons_page_is_text_and_no_markup(lesson_page):
    assert lesson_page.get_by_role("button", name=HOSTILE_TOO, exact=True).is_visible()
    assert lesson_page.evaluate("window.ran") is None


def visible(page: Page, what: str) -> list[bool]:
    return [each.is_visible() for each in page.locator(what).all()]


def test_a_control_takes_the_place_of_its_still_but_not_on_paper(lesson_page):
    stills = '[class*="jp-RenderedImage"] > img'
    assert visible(lesson_page, stills) == [False, True]
    assert lesson_page.locator(".kit-live").is_visible()
    assert lesson_page.get_by_text("the control works in Python").is_visible()
    lesson_page.emulate_media(media="print")
    assert visible(lesson_page, stills) == [True, True]
    assert not lesson_page.locator(".kit-live").is_visible()


def test_a_browser_without_scripts_shows_the_still(browser, lesson_page):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(lesson_page.url)
    image: Locator = page.locator('[class*="jp-RenderedImage"] > img').first
    assert image.is_visible() and page.locator(".kit-live").count() == 0
    context.close()


def test_the_policy_of_a_page_refuses_what_is_put_into_it_later(lesson_page):
    refused = lesson_page.evaluate("""() => new Promise((resolve) => {
      const heard = [];
      addEventListener("securitypolicyviolation", (event) => heard.push(event.effectiveDirective));
      const script = document.createElement("script");
      script.textContent = "window.ran = 1";
      document.body.append(script, Object.assign(new Image(), { src: "https://example.org/x" }));
      fetch("https://example.org").catch(() => {});
      setTimeout(() => resolve([window.ran ?? null, ...heard.sort()]), 500);
    })""")
    assert refused[0] is None and {"img-src", "connect-src"} <= set(refused)
