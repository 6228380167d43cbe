"""The controls that work in the page: what Python hands over to them, what it keeps of them in a
notebook, and what a page carries. What they do is tried in tests/browser.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from html import unescape

import numpy as np
import pytest
from ipywidgets import HTML
from nbformat import v4
from pads import pad

from helpers import bits, lessons, live, metrics, pages, pictures, widgets
from helpers.neural.chain import Chain, Layer
from helpers.neural.cipher import NeuralCipher
from helpers.pictures import open_picture
from helpers.widgets import lesson07

LIVE_WIDGET = "application/vnd.jupyter.widget-view+json"
MODULES = ["key_flipper", *sorted(path.stem for path in live.HERE.glob("*_explorer.js"))]
SHADES = ("dark", "grey", "bright")


def flat(level: int, side: int = 32) -> np.ndarray:
    """A picture of one grey, uint8 (side, side, 3)."""
    return np.full((side, side, 3), level, np.uint8)


@pytest.fixture(scope="module")
def paper():
    return NeuralCipher.load("paper")


@pytest.fixture(scope="module")
def diffusing():
    return NeuralCipher.load("diffusing")


@pytest.fixture(scope="module")
def penguin():
    return pictures.load("penguin")


@pytest.fixture(scope="module")
def plain_model():
    """A network that tells dark pictures, grey ones and bright ones apart, by their mean."""
    from helpers.quiet_keras import keras

    pictures_in = keras.Input((32, 32, 3))
    mean = keras.layers.GlobalAveragePooling2D()(pictures_in)
    logits = keras.layers.Dense(3)
    model = keras.Model(pictures_in, logits(mean))
    logits.set_weights([np.float32([[-20, 0, 20]] * 3), np.float32([24, 0, -36])])
    return model


@pytest.fixture(params=MODULES)
def control(request, paper, diffusing, penguin, plain_model):
    make = {
        "key_flipper": lambda: widgets.key_flipper(paper, penguin),
        "block_explorer": lambda: widgets.block_explorer(paper, penguin),
        "scramble_explorer": lambda: widgets.scramble_explorer({"penguin": penguin}),
        "modes_explorer": lambda: widgets.modes_explorer(diffusing, penguin[:64, :64].copy()),
        "avalanche_explorer": lambda: widgets.avalanche_explorer(diffusing),
        "pgd_explorer": lambda: widgets.pgd_explorer(plain_model, {"dark": flat(90)}, SHADES),
    }
    return make[request.param]()


# --- modules --------------------------------------------------------------------------------------


def test_every_module_is_tried_here_and_every_file_is_part_of_one():
    files = {path.stem for path in live.HERE.glob("*.js")}
    needed = {name for module in MODULES for name in live.needed(module)}
    assert files == needed | {"mount"}


@pytest.mark.parametrize("name", MODULES)
def test_a_module_stands_alone_and_gives_one_control(name):
    text = live.module(name)
    assert "import " not in re.sub(r"//.*", "", text) and text.count("export default control(") == 1
    text = live.page_script(name)
    defined = re.findall(
        r"^(?:export )?(?:async )?(?:function\*?|const|class|let) (\w+)", text, re.M
    )
    assert len(defined) == len(set(defined)), "two files of one module use the same name"


@pytest.mark.parametrize("name", MODULES)
def test_a_module_asks_for_nothing_from_anywhere(name):
    text = live.page_script(name)
    assert not re.search(r"https?:|fetch\(|XMLHttp|WebSocket|import\(|eval\(|innerHTML", text)
    assert "</script" not in text


def test_no_file_is_long():
    longest = {
        path.name: len(path.read_text().splitlines())
        for path in live.HERE.iterdir()
        if path.is_file()
    }
    assert max(longest.values()) <= 400, longest


# --- what is handed over --------------------------------------------------------------------------


def test_facts_come_back_as_they_were():
    some = np.arange(6, dtype=np.uint8).reshape(1, 6), np.float32([0.5, -2])
    facts, arrays = live.handed_over({"a": [some[0], {"b": some[1]}], "n": 3, "none": None})
    assert json.loads(json.dumps(facts))["n"] == 3
    sent = zlib.decompress(arrays)
    for value, array in ((facts["a"][0], some[0]), (facts["a"][1]["b"], some[1])):
        assert value["at"] % 4 == 0
        there = np.frombuffer(sent, value["kind"], array.size, value["at"])
        np.testing.assert_array_equal(there.reshape(value["shape"]), array)


def test_an_array_of_another_kind_is_refused():
    with pytest.raises(ValueError, match="here is one of float64: convert it with .astype"):
        live.handed_over({"a": np.zeros(3)})


# --- in a notebook --------------------------------------------------------------------------------


def test_a_control_is_live_still_and_told_in_words(control):
    data, metadata = control._repr_mimebundle_()
    assert data[LIVE_WIDGET]["model_id"] == control.model_id
    assert data["text/plain"] == metadata["image/png"]["alt"] == control.alt()
    assert "needs_python" not in metadata["image/png"]
    still = open_picture(data["image/png"])
    assert min(still.shape[:2]) > 100 and still.std() > 1


def test_a_control_carries_its_own_module_and_nothing_but_what_it_reads(control):
    state = control.get_state()
    assert state["_esm"] == live.module(control.module) and state["_css"] == live.style()
    read = live.module(control.module)
    for name in [*control.facts, *control.chosen]:
        assert re.search(rf"\b{name}\b", read), name


def test_the_key_flipper_says_what_the_cipher_decrypts(paper, penguin):
    key = bits.flip(bits.PAPER_KEY, 6)
    wrong = metrics.bits_wrong(penguin, paper.decrypt(paper.encrypt(penguin, bits.PAPER_KEY), key))
    control = widgets.key_flipper(paper, penguin, read_with=key)
    assert f"bit 6 flipped: {100 * wrong:.0f} % of bits wrong." in control.alt()
    pairs = [paper, pad(name="one")]
    assert "0 % of bits wrong (one)" in widgets.key_flipper(pairs, penguin).alt()


def test_the_block_explorer_counts_the_blocks_that_are_equal(paper, penguin):
    blocks = bits.picture_to_blocks(penguin)
    count = np.count_nonzero(blocks == blocks[(20 * 256 + 40) * 3 // 2])
    control = widgets.block_explorer(paper, penguin, pixel=(40, 20))
    assert f"column 40, row 20, comes {count:,} times" in control.alt()
    assert (
        "once only"
        in widgets.block_explorer(paper, np.arange(12, dtype=np.uint8).reshape(2, 2, 3)).alt()
    )


def test_the_pgd_explorer_says_what_the_network_comes_to_see(plain_model):
    control = widgets.pgd_explorer(plain_model, {"dark": flat(100)}, SHADES)
    assert (
        control.alt().startswith("The model says dark") and "after 20 steps away" in control.alt()
    )


def test_the_avalanche_says_what_half_of_all_pairs_of_blocks_say(diffusing):
    control = widgets.avalanche_explorer(diffusing)
    table = diffusing.forward(bits.PAPER_KEY)(bits.ALL_BLOCKS)
    mean = np.bitwise_count(table[:32768] ^ table[32768:]).mean()
    assert f"the average of all blocks is {mean:.2f}; coins" in control.alt()


def test_the_modes_explorer_counts_different_blocks(diffusing, penguin):
    part = penguin[:64, :64].copy()
    count = len(np.unique(bits.picture_to_blocks(part)))
    assert f"ECB: {count:,} different blocks" in widgets.modes_explorer(diffusing, part).alt()


# --- wrong input ----------------------------------------------------------------------------------

A_PICTURE = np.zeros((8, 8, 3), np.uint8)
TALL = np.zeros((2000, 3, 3), np.uint8)
FIT = {"dark": flat(90)}


def pair_of(layers: list[Layer], *shapes: tuple) -> NeuralCipher:
    """A pair of networks of these layers, all of whose weights are 0."""
    chain = Chain(layers, [np.zeros(shape) for shape in shapes])
    return NeuralCipher(chain, chain)


# Pairs of kinds that pages do not know.
OTHER_PAIRS = {
    "other": pair_of([Layer("gate"), Layer("gate")], (32, 64), (64,), (32, 32), (32,)),
    "analog gates": pair_of([Layer("gate"), Layer("linear")], (32, 64), (64,), (32, 16), (16,)),
    "window": pair_of([Layer("sigmoid"), Layer("tanh", 1, 16)], (32, 16), (16,), (3, 1, 1), (1,)),
}


def other_model(name: str):
    """A network of a kind that pages do not know."""
    from helpers.learnable import models
    from helpers.quiet_keras import keras

    layers = keras.layers
    if name == "unlike":
        return models.with_adaptation(models.narrow_resnet(channels=32, classes=3))
    pictures_in = keras.Input((32, 32, 3))
    convolve = layers.Conv2D(3, 3, padding="same", use_bias=False)
    x = convolve(pictures_in)
    if name == "activated":
        x = layers.Conv2D(3, 3, padding="same", use_bias=False, activation="relu")(x)
    if name == "twice":
        x = convolve(x)
    if name == "clipped":
        x = layers.ReLU(max_value=6)(x)
    return keras.Model(pictures_in, layers.Dense(3)(layers.GlobalAveragePooling2D()(x)))


OTHER_MODELS = ("unlike", "activated", "twice", "clipped")

WRONG = [
    (widgets.key_flipper, ([], A_PICTURE), "told apart by their names, and here are none"),
    (widgets.key_flipper, (["proven", "proven"], A_PICTURE), "here are proven, proven: give each"),
    (widgets.avalanche_explorer, ([],), "told apart by their names, and here are none"),
    (
        widgets.block_explorer,
        ("paper", A_PICTURE, bits.PAPER_KEY, 5),
        "the pixel 5 is none of them",
    ),
    (widgets.block_explorer, ("paper", A_PICTURE, bits.PAPER_KEY, (0.5, 1)), "two whole numbers"),
    (widgets.block_explorer, ("paper", A_PICTURE, bits.PAPER_KEY, (1, 2, 3)), "two whole numbers"),
    (widgets.key_flipper, ("window", A_PICTURE), "one of the layers sigmoid, tanh: take another"),
    (widgets.key_flipper, ("analog gates", A_PICTURE), "one of the layers gate, linear: take"),
    (widgets.scramble_explorer, ({3: A_PICTURE},), "by its name, a text; 3 came"),
    (widgets.pgd_explorer, ("activated", FIT, SHADES), "is no part of one: take scenarios.load"),
    (widgets.pgd_explorer, ("twice", FIT, SHADES), "is no part of one: take scenarios.load"),
    (widgets.pgd_explorer, ("clipped", FIT, SHADES), "is no part of one: take scenarios.load"),
    (
        widgets.key_flipper,
        ("paper", A_PICTURE, [0, 1] * 7 + [0]),
        "A key has 16 bits, each 0 or 1; this one has 15",
    ),
    (
        widgets.key_flipper,
        ("paper", A_PICTURE, bits.PAPER_KEY, [2] * 16),
        "A bit is a whole number, 0 or 1; here is 2",
    ),
    (
        widgets.block_explorer,
        ("paper", A_PICTURE, "0101010101010101"),
        "this one is text: read it with parse_key",
    ),
    (widgets.key_flipper, ("paper", np.zeros((4, 4))), "A picture is a uint8 array"),
    (widgets.block_explorer, ("paper", np.zeros((4, 4))), "A picture is a uint8 array"),
    (widgets.key_flipper, (A_PICTURE, "paper"), "A trained pair is asked for, and here is ndarray"),
    (
        widgets.key_flipper,
        ("paper", TALL),
        "of at most 1024 pixels a side, and this one has 3 x 2000",
    ),
    (
        widgets.key_flipper,
        ("other", A_PICTURE),
        "here is one of the layers gate, gate: take another pair",
    ),
    (
        widgets.block_explorer,
        ("paper", A_PICTURE, bits.PAPER_KEY, (8, 0)),
        "columns 0 to 7 and rows 0 to 7; the pixel (8, 0)",
    ),
    (
        widgets.scramble_explorer,
        ({},),
        "There is no picture to choose from: give at least one, with a name.",
    ),
    (widgets.scramble_explorer, (A_PICTURE,), "There is no picture to choose from"),
    (
        widgets.scramble_explorer,
        ({"grey": np.zeros((4, 4), np.uint8)},),
        "A picture is a uint8 array",
    ),
    (
        widgets.modes_explorer,
        ("paper", A_PICTURE),
        "use encrypt_blocks and decrypt_blocks, or a binary pair",
    ),
    (
        widgets.modes_explorer,
        ("proven", flat(1, 256)),
        "a key serves for 65,536 blocks, and this picture has 98,304",
    ),
    (widgets.modes_explorer, ("proven", A_PICTURE, bits.PAPER_KEY, "101"), "has 16 bits"),
    (widgets.avalanche_explorer, ("proven",), "The pair 'proven' has no rounds"),
    (
        widgets.avalanche_explorer,
        ("diffusing", bits.PAPER_KEY, 70_000),
        "A block is a number from 0 to 65,535; 70000 came",
    ),
    (widgets.pgd_explorer, ("model", {}, SHADES), "There is no picture to choose from"),
    (
        widgets.pgd_explorer,
        ("model", {"tiny": flat(9, 16)}, SHADES),
        "takes pictures of 32 x 32 pixels; tiny has 16",
    ),
    (
        widgets.pgd_explorer,
        ("model", FIT, SHADES[:2]),
        "tells 3 classes apart; here are 2 names: give one for",
    ),
    (
        widgets.pgd_explorer,
        ("unlike", FIT, SHADES),
        "is no part of one: take scenarios.load",
    ),
]


@pytest.mark.parametrize(("make", "arguments", "said"), WRONG)
def test_what_is_wrong_gets_a_sentence_in_the_control(make, arguments, said, plain_model):
    def given(argument):
        if isinstance(argument, list) and argument and isinstance(argument[0], str):
            return [given(each) for each in argument]
        if not isinstance(argument, str) or argument[0].isdigit():
            return argument
        if argument in OTHER_MODELS:
            return other_model(argument)
        known = {"model": plain_model, **OTHER_PAIRS}
        return known[argument] if argument in known else NeuralCipher.load(argument)

    control = make(*map(given, arguments))
    (line,) = [
        part.value
        for part in control.children
        if isinstance(part, HTML) and 'role="status"' in part.value
    ]
    assert said in control.alt() and said in unescape(line)


@pytest.mark.parametrize("name", ["Plain", "Plain-Adv"])
def test_a_network_as_steps_is_the_network_and_is_left_as_it_was(name):
    from helpers.learnable import scenarios
    from helpers.learnable.steps import steps_of

    model = scenarios.load(name)[0]
    before = [len(layer._inbound_nodes) for layer in model.layers]
    steps = steps_of(model)
    assert [each["op"] for each in steps].count("conv") == 9 and steps[-1]["op"] == "dense"
    assert [len(layer._inbound_nodes) for layer in model.layers] == before


# --- on a page ------------------------------------------------------------------------------------


def test_a_page_carries_a_control_once_and_its_still(tmp_path):
    code = (
        "from helpers import pictures, widgets\n"
        "from IPython.display import display\n"
        "flipper = widgets.scramble_explorer({'dog': pictures.load('dog')[:32, :32].copy()})\n"
        "display(flipper, flipper, widgets.picture_upload(pictures.load('dog')))"
    )
    path = tmp_path / "01_one.ipynb"
    cells = [v4.new_markdown_cell("# One"), v4.new_code_cell(code)]
    lessons.write(v4.new_notebook(cells=cells, metadata=lessons.METADATA), path)
    lesson = lessons.run(path, live=True)
    assert LIVE_WIDGET not in str(lesson) and "widgets" not in lesson.metadata
    page = pages.of({"01_one": lesson}, tmp_path, ["01_one"])["01_one.html"]
    assert page.count('data-control="scramble_explorer"') == 2 and page.count("<img") == 3
    assert page.count("function scrambled(") == 1 and page.count("This is a still picture") == 1
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    (script,) = re.findall(r'<script type="module">(.*?)</script>', page, re.S)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert (
        policy.startswith("default-src 'none'; img-src data:;") and f"'sha256-{digest}'" in policy
    )
    assert "unsafe-inline" not in policy.partition("script-src")[2]
    assert page.index("Content-Security-Policy") < page.index("<style")


def test_a_lesson_that_is_refreshed_keeps_the_still_alone(tmp_path):
    code = "from helpers import widgets\nfrom helpers.neural.cipher import NeuralCipher\n"
    code += "widgets.avalanche_explorer(NeuralCipher.load('diffusing'))"
    path = tmp_path / "01_one.ipynb"
    lessons.write(v4.new_notebook(cells=[v4.new_code_cell(code)], metadata=lessons.METADATA), path)
    (output,) = lessons.run(path).cells[0].outputs
    assert set(output.data) == {"image/png", "text/plain"} and "live" not in output.metadata


def test_the_key_flipper_for_a_projector_is_one_small_file():
    page = lessons.key_flipper_page()
    assert len(page.encode()) < 400_000
    assert all(f'"{name}"' in page for name in ("paper", "proven", "diffusing"))
    assert "Content-Security-Policy" in page and "http" not in page.replace("http-equiv", "")


def test_the_avalanche_counts_every_block_and_its_other(diffusing):
    for change in lesson07.avalanche(
        diffusing.alice, bits.PAPER_KEY, bits.ALL_BLOCKS ^ np.uint16(1)
    ):
        assert np.array_equal(change, change[bits.ALL_BLOCKS ^ np.uint16(1)])
