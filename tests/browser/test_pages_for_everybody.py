"""Every exported page, looked at by axe-core: no fault of a serious kind for readers with a
screen reader, with a keyboard alone, or with weak eyes."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from helpers import lessons, live, pages, widgets
from helpers.learnable import datasets, scenarios

SERIOUS = {"serious", "critical"}
PICTURE = re.compile(r"data:image/png;base64,[A-Za-z0-9+/=\s]+")
ALL = ["index", *lessons.NAMES, *lessons.BESIDE]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The pages of all lessons as they are saved, but for the pictures themselves, which axe does
    not look at: it reads what is said of them."""
    folder = tmp_path_factory.mktemp("site")
    saved = {name: lessons.read(lessons.path_of(name)) for name in lessons.NAMES}
    beside = {name: lessons.read(lessons.path_of(name)) for name in lessons.BESIDE}
    for name, page in pages.of(saved, lessons.LESSONS, saved, beside).items():
        (folder / name).write_text(PICTURE.sub("data:,", page), encoding="utf-8")
    return folder


def faults(page):
    """What axe finds, and where, in a line each."""
    violations = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {node['html'][:120]}"
        for each in violations
        if each["impact"] in SERIOUS
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("name", ALL)
def test_axe_finds_nothing_serious_and_nothing_is_asked_for(name, site, browser):
    page, address = browser.new_page(), (site / f"{name}.html").as_uri()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    try:
        assert faults(page) == []
        assert [url for url in asked if not url.startswith("data:")] == [address]
    finally:
        page.close()


def test_axe_notices_a_fault(browser):
    page = browser.new_page()
    page.set_content("<html lang=en><title>x</title><main><img src='data:,'><p>x</p></main></html>")
    assert any(fault.startswith("image-alt") for fault in faults(page))
    page.close()


def test_a_page_is_light_without_its_pictures(site):
    """With what the heaviest control adds, the network of lesson 6, it is under 1.5 MB."""
    drawn, _ = datasets.pictograms(np.random.default_rng(1), 4)
    choices = dict(zip("abcd", drawn))
    network = widgets.pgd_explorer(scenarios.load("Plain")[0], choices, datasets.CLASSES)
    carried = json.dumps(network.state_for_page()) + live.page_script("pgd_explorer") + live.style()
    heaviest = max((site / f"{name}.html").stat().st_size for name in ALL)
    assert heaviest + len(carried) < 1_500_000
