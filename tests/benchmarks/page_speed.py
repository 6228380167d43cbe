"""A click in the page, from the click to the new picture on its canvas, beside what a kernel does
for the same click: decrypt, or attack, and make a PNG of it (its way to the page not counted)."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from measure import Row, in_turns
from playwright.sync_api import Browser, sync_playwright

from helpers import bits, pages, pictures, widgets
from helpers.learnable import attacks, datasets, scenarios
from helpers.neural.cipher import NeuralCipher
from helpers.widgets.base import Live
from tests.browser.conftest import SWITCHES, path_of_browser

FLIP = """() => {
  window.clicks = (window.clicks ?? 0) + 1;
  document.querySelectorAll(".kit-bit button")[window.clicks % 16].click();
}"""
ATTACK = """async () => {
  const line = document.querySelector('[role="status"]');
  const slider = document.querySelector("input[type=range]");
  const told = new Promise((resolve) => {
    new MutationObserver(resolve).observe(line, { childList: true });
  });
  slider.value = slider.value === "8" ? 9 : 8;
  slider.dispatchEvent(new Event("input"));
  await told;
}"""


def rows(repeats: int = 50) -> Iterator[Row]:
    """Where there is a Chromium; none elsewhere."""
    path = path_of_browser()
    if path is None:
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=SWITCHES)
        yield from flip_rows(browser, repeats)
        yield attack_row(browser, repeats)


def flip_rows(browser: Browser, repeats: int) -> Iterator[Row]:
    eye = pictures.load("eye")
    for names in (["paper"], ["proven"], ["diffusing"], ["paper", "proven", "diffusing"]):
        pairs = [NeuralCipher.load(name) for name in names]
        sent = [pair.encrypt(eye, bits.PAPER_KEY) for pair in pairs]
        keys = itertools.cycle(bits.flip(bits.PAPER_KEY, position) for position in range(16))

        def in_kernel(pairs=pairs, sent=sent, keys=keys) -> None:
            key = next(keys)
            for pair, ciphertext in zip(pairs, sent):
                pictures.to_png(pair.decrypt(ciphertext, key))

        control = widgets.key_flipper(pairs, eye)
        click = in_page(browser, "key_flipper", control, FLIP)
        rates = (1 / took for took in in_turns(click, in_kernel, repeats=repeats))
        name = f"click, one key bit, {' + '.join(names)}, 256 x 256"
        yield Row(name, "the same in the kernel", *rates, "clicks/s")


def attack_row(browser: Browser, repeats: int) -> Row:
    drawn, _ = datasets.pictograms(np.random.default_rng(2), 10)
    model, x = scenarios.load("Plain")[0], drawn[:1] / np.float32(255)
    options = {"eps": 8 / 255, "eps_iter": 8 / 2550, "nb_iter": 20}

    def in_kernel() -> None:
        misled = attacks.projected_gradient_descent(model, x, np.array([0]), **options)
        pictures.to_png(np.round(255 * misled[0]).astype(np.uint8))

    control = widgets.pgd_explorer(model, {"one": drawn[0]}, datasets.CLASSES)
    click = in_page(browser, "pgd_explorer", control, ATTACK)
    rates = (1 / took for took in in_turns(click, in_kernel, repeats=repeats))
    return Row("click, PGD of 20 steps", "the same in the kernel", *rates, "clicks/s")


def in_page(browser: Browser, name: str, control: Live, click: str) -> Callable[[], None]:
    """What clicks in a page that has this control alone, and waits for what it does."""
    page = browser.new_page()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        file.write_text(
            pages.full_screen(name, control.state_for_page(), name, ""), encoding="utf-8"
        )
        page.goto(file.as_uri())
        page.locator(".kit-mounted").wait_for()
    return lambda: page.evaluate(click)
