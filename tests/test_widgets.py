"""The controls, driven as a reader drives them: values set and buttons clicked, in this process."""

from __future__ import annotations

import ast
import asyncio
import gc
import subprocess
import sys
import threading
import time
import tracemalloc
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from ipywidgets import HTML, Button, FloatProgress, Image, ToggleButton, Widget
from nbclient import NotebookClient
from nbformat import v4
from pads import pad

from helpers import bits, figures, metrics, pictures, widgets
from helpers.neural.cipher import NeuralCipher
from helpers.pictures import open_picture
from helpers.widgets import base, lesson05, lesson06

LIVE_WIDGET = "application/vnd.jupyter.widget-view+json"
SECRET = bits.parse_key("0000 0110 1001 0111")
SHADES = ("dark", "grey", "bright")


def flat(level: int, side: int = 32) -> np.ndarray:
    """A picture of one grey, uint8 (side, side, 3)."""
    return np.full((side, side, 3), level, np.uint8)


@pytest.fixture(scope="module")
def cipher():
    return NeuralCipher.load("paper")


@pytest.fixture(scope="module")
def penguin():
    return pictures.load("penguin")


@pytest.fixture
def flipper(cipher, penguin):
    return widgets.key_flipper(cipher, penguin, rng=np.random.default_rng(1))


@pytest.fixture
def explorer(cipher, penguin):
    return widgets.block_explorer(cipher, penguin)


@pytest.fixture
def race(cipher, penguin):
    return widgets.attack_race(cipher, cipher.encrypt(penguin, SECRET))


@pytest.fixture
def scrambler(penguin):
    choices = {"penguin": penguin, "eye": pictures.load("eye")}
    return widgets.scramble_explorer(choices, np.random.default_rng(1))


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


@pytest.fixture
def misleader(plain_model):
    choices = {"dark": flat(90), "bright": flat(170)}
    return widgets.pgd_explorer(plain_model, choices, SHADES)


@pytest.fixture
def upload(penguin):
    return widgets.picture_upload(penguin)


def descendants(widget: Widget) -> list[Widget]:
    """The widget and all that is in it, in the order in which it is read."""
    children = getattr(widget, "children", ())
    return [widget, *(found for child in children for found in descendants(child))]


def all_of(kind: type, widget: Widget) -> list:
    return [found for found in descendants(widget) if isinstance(found, kind)]


def only(kind: type, widget: Widget) -> Widget:
    (found,) = all_of(kind, widget)
    return found


def shown(widget: Widget) -> list[np.ndarray]:
    """The pictures that the control shows, from left to right."""
    return [open_picture(bytes(image.value)) for image in all_of(Image, widget)]


def same(some: list[np.ndarray], others: list[np.ndarray]) -> bool:
    """Whether both are the same pictures, in the same order."""
    return len(some) == len(others) and all(map(np.array_equal, some, others))


def told(widget: Widget) -> str:
    """The sentence of the control, as HTML: what a screen reader hears."""
    (line,) = (html for html in all_of(HTML, widget) if 'role="status"' in html.value)
    return line.value


def click(name: str, widget: Widget) -> None:
    (button,) = [b for b in all_of(Button, widget) if b.description == name]
    button.click()


# --- what all controls share ----------------------------------------------------------------------


@pytest.fixture(
    params=[
        *("flipper", "explorer", "race", "scrambler", "misleader", "upload"),
        *("training_monitor", "notice"),
    ]
)
def control(request):
    if request.param == "training_monitor":
        return widgets.training_monitor()
    if request.param == "notice":
        return base.Notice("A key has 16 bits.")
    return request.getfixturevalue(request.param)


def test_a_control_is_live_still_and_told_in_words(control):
    data, metadata = control._repr_mimebundle_()
    assert data[LIVE_WIDGET]["model_id"] == control.model_id
    assert data["text/plain"] == metadata["image/png"]["alt"] == control.alt()
    still = open_picture(data["image/png"])
    assert min(still.shape[:2]) > 100 and still.std() > 1
    assert isinstance(data["image/png"], bytes)


def test_whoever_cannot_see_a_control_can_name_its_parts(control):
    for part in all_of((Button, ToggleButton), control):
        assert part.description and part.tooltip
    assert told(control)


# --- what reaches the page as HTML ----------------------------------------------------------------

HOSTILE = "<img src=x onerror=alert(1)>"


def hostile_controls(plain_model) -> list[Widget]:
    """Every control, with markup in each name and each text that it is given."""
    pairs = [pad(name=HOSTILE), pad(np.arange(16)[::-1], name=HOSTILE)]
    upload = widgets.picture_upload(flat(9))
    choose(upload, b"no picture", HOSTILE)
    choose(upload, b"20000000", HOSTILE, kind="too-large")
    return [
        upload,
        widgets.key_flipper(pairs, flat(9)),
        widgets.block_explorer(pairs[0], flat(9)),
        widgets.attack_race(pairs[0], pairs[0].encrypt(flat(9), SECRET)),
        widgets.scramble_explorer({HOSTILE: flat(9)}),
        widgets.pgd_explorer(plain_model, {HOSTILE: flat(9)}, [HOSTILE, "b", "c"]),
        base.Notice(HOSTILE),
    ]


def test_a_name_is_text_and_no_markup(plain_model):
    named = hostile_controls(plain_model)
    html = [part.value for control in named for part in all_of(HTML, control)]
    assert sum(HOSTILE.replace("<", "&lt;").replace(">", "&gt;") in value for value in html) >= 7
    assert not any("<img" in value for value in html)
    parts = [part for control in named for part in descendants(control)]
    assert not any(getattr(part, "description_allow_html", False) for part in parts)


def test_what_is_made_of_values_and_markup_is_made_by_the_one_function_that_escapes():
    folder = Path(widgets.__file__).parent
    trees = [ast.parse(file.read_text("utf-8")) for file in folder.glob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    texts = [text for text in nodes if isinstance(text, ast.JoinedStr)]
    texts = [part.value for text in texts for part in text.values if isinstance(part, ast.Constant)]
    assert texts and not any("<" in text for text in texts)
    formats = [node for node in nodes if getattr(node, "attr", "") == "format"]
    assert len(formats) == 1, "the one in markup()"
    assert base.markup("<b>{}</b>", 'a < "b"') == "<b>a &lt; &quot;b&quot;</b>"


def test_what_the_page_runs_is_ours_and_cannot_end_its_attribute():
    behaviour = (Path(widgets.__file__).parent / "controls.js").read_text("utf-8")
    (style, look) = base.in_the_page().split('">', 1)
    assert '"' in behaviour and style.count('"') == 1 and "<" not in style[1:]
    assert look.startswith("/*") and look.endswith("</style>") and look.count("<") == 1


def test_a_notebook_keeps_all_three_forms():
    code = (
        "from helpers import pictures, widgets\n"
        "from IPython.display import display\n"
        "upload = widgets.picture_upload(pictures.load('dog'))\n"
        "display(upload)\n"
        "upload"
    )
    notebook = v4.new_notebook(cells=[v4.new_code_cell(code)])
    NotebookClient(notebook, kernel_name="python3", timeout=60).execute()
    alt = "A button to choose a picture of your own; now it has 256 x 256 pixels."
    for output in notebook.cells[0].outputs:
        assert set(output.data) == {LIVE_WIDGET, "image/png", "text/plain"}
        assert output.data["text/plain"] == output.metadata["image/png"]["alt"] == alt
    assert len(notebook.cells[0].outputs) == 2


def test_the_controls_load_no_tensorflow():
    code = "import sys, helpers.widgets; print({'tensorflow', 'keras'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"


# --- picture_upload -------------------------------------------------------------------------------


def choose(upload: Widget, data: bytes, name: str = "mine.png", kind: str = "") -> None:
    """What the browser does when a reader has chosen a file."""
    file = {"name": name, "type": kind, "size": len(data), "content": memoryview(data)}
    file["last_modified"] = datetime.now(timezone.utc)
    upload.button.value = (file,)


def test_the_picture_is_the_default_until_one_is_uploaded(upload, penguin):
    assert np.array_equal(upload.picture, penguin) and same(shown(upload), [penguin])


def test_an_uploaded_picture_is_shown_and_told_to_observers(upload):
    seen, dog = [], pictures.load("dog")[:100]
    upload.observe(lambda change: seen.append(change.new), names="picture")
    choose(upload, pictures.to_png(dog))
    assert np.array_equal(upload.picture, dog) and same(shown(upload), [dog])
    assert len(seen) == 1 and seen[0] is upload.picture
    assert "Your picture mine.png: 256 x 100 pixels." in told(upload)


@pytest.mark.parametrize(
    "data", [b"", b"a text, and no picture", "cut"], ids=["empty", "text", "cut"]
)
def test_a_file_that_is_no_picture_changes_nothing_and_gets_a_sentence(upload, penguin, data):
    choose(upload, pictures.to_png(penguin)[:5000] if data == "cut" else data, "notes.txt")
    assert np.array_equal(upload.picture, penguin) and same(shown(upload), [penguin])
    assert "notes.txt: The file " in told(upload) and base.WRONG in told(upload)


def test_each_file_that_fails_is_news(upload):
    said = []
    upload.line.observe(lambda change: said.append(change.new), names="value")
    for name in ("one.txt", "two.txt", "two.txt"):
        choose(upload, b"no picture", name)
        assert f"{name}: The file is no picture" in said[-1]
    assert len(said) == 6, "each time what is read, and what came of it"


def test_the_same_file_can_be_chosen_twice(upload):
    seen, dog = [], pictures.to_png(pictures.load("dog"))
    upload.observe(lambda change: seen.append(change.new), names="picture")
    choose(upload, dog)
    upload.put(pictures.load("eye"), "Another:")
    choose(upload, dog)
    assert len(seen) == 3 and np.array_equal(seen[0], seen[2])


def test_a_file_that_the_page_could_not_make_smaller_gets_a_sentence_with_its_size(upload, penguin):
    choose(upload, b"61000000", "scan.tif", kind="too-large")
    assert "scan.tif: It has 61 MB" in told(upload) and base.WRONG in told(upload)
    assert np.array_equal(upload.picture, penguin)


def test_after_a_bad_file_a_good_one_is_taken(upload):
    choose(upload, b"nonsense")
    choose(upload, pictures.to_png(np.zeros((2, 3, 3), np.uint8)))
    assert upload.picture.shape == (2, 3, 3) and base.WRONG not in told(upload)


def test_a_large_picture_is_made_smaller_and_it_says_so():
    upload = widgets.picture_upload(pictures.load("eye"), max_side=64)
    choose(upload, pictures.to_png(np.full((50, 100, 3), 7, np.uint8)))
    assert upload.picture.shape == (32, 64, 3)
    assert "made smaller to 64 x 32 pixels" in told(upload)


def test_no_file_chosen_is_no_error(upload, penguin):
    choose(upload, pictures.to_png(penguin[:9]))
    upload.button.value = ()
    assert upload.picture.shape == (9, 256, 3)


def test_a_default_that_is_no_picture_is_an_error():
    with pytest.raises(ValueError, match="A picture is a uint8 array"):
        widgets.picture_upload(np.zeros((4, 4)))


# --- training_monitor -----------------------------------------------------------------------------


def phase_of(iterations: int):
    """A history, empty still, as `training.train` begins a phase with it."""
    return SimpleNamespace(
        phase=SimpleNamespace(iterations=iterations),
        m_bits=16,
        iteration=[],
        bob_loss=[],
        eve_loss=[],
    )


def train(monitor, history, start: int = 0, points: int | None = None) -> bool:
    """Add points to `history` as a training does, and say whether it was stopped."""
    for i in range(points or history.phase.iterations // 100):
        history.iteration.append(start + 100 * (i + 1))
        history.bob_loss.append(8 / (i + 1))
        history.eve_loss.append(7.5)
        if monitor.watch(history):
            return True
    return False


def test_a_monitor_draws_what_it_watches():
    monitor = widgets.training_monitor()
    before, bar = only(Image, monitor).value, only(FloatProgress, monitor)
    assert "training has not begun" in monitor.alt() and bar.value == 0
    assert not train(monitor, phase_of(1000))
    assert only(Image, monitor).value != before and bar.value == 1
    assert "Phase 1, iteration 1,000: of 16 bits, Bob has 0.80 wrong, Eve 7.50." in monitor.alt()
    assert monitor.alt() in monitor.line.value.replace("&#x27;", "'")


def test_a_monitor_goes_on_with_the_next_phase():
    monitor = widgets.training_monitor()
    train(monitor, phase_of(1000))
    one_phase = only(Image, monitor).value
    train(monitor, phase_of(500), start=1000)
    assert only(Image, monitor).value != one_phase and "Phase 2" in monitor.alt()


def test_a_monitor_draws_about_once_a_second(monkeypatch):
    now, drawn = [100.0], []
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monitor, history = widgets.training_monitor(), phase_of(100_000)
    monitor.image.observe(drawn.append, names="value")
    for _ in range(35):
        now[0] += 0.1
        train(monitor, history, start=100 * len(history.iteration), points=1)
    assert len(drawn) == 3


def test_stop_ends_a_training_and_says_how_to_go_on():
    monitor, history = widgets.training_monitor(), phase_of(5000)
    assert not train(monitor, history, points=3)
    click("Stop", monitor)
    assert train(monitor, history, start=300) and len(history.iteration) == 4
    assert "iteration 400" in told(monitor) and "Stopped" in told(monitor)
    assert not train(monitor, phase_of(500), start=400), "the next phase runs to its end"


def test_a_double_click_stops_too():
    monitor, history = widgets.training_monitor(), phase_of(5000)
    train(monitor, history, points=3)
    click("Stop", monitor)
    click("Stop", monitor)
    assert train(monitor, history, start=300)


def test_stop_before_a_phase_is_not_kept_for_it():
    monitor, history = widgets.training_monitor(), phase_of(1000)
    assert monitor.stop.disabled
    click("Stop", monitor)
    train(monitor, history, points=2)
    assert not monitor.stop.disabled
    assert not train(monitor, history, start=200, points=8)
    assert monitor.stop.disabled, "a phase at its end cannot be stopped"
    click("Stop", monitor)
    assert not train(monitor, phase_of(500), start=1000)


def test_a_click_is_heard_while_the_cell_runs_that_last_spoke_to_the_button():
    monitor = widgets.training_monitor()

    def as_ipykernel_does(change) -> None:
        monitor.stop.comm._reply_subshell_id = None  # the main thread, which is busy

    monitor.stop.observe(as_ipykernel_does, names="disabled")
    for first in (0, 1000):
        train(monitor, phase_of(1000), start=first, points=5)
        assert not monitor.stop.disabled
        assert "_reply_subshell_id" not in vars(monitor.stop.comm)


def test_new_players_begin_at_phase_one_and_the_same_go_on():
    monitor = widgets.training_monitor()
    train(monitor, phase_of(1000))
    train(monitor, phase_of(500), start=1000)
    train(monitor, phase_of(500), start=1500)
    assert "Phase 3, iteration 2,000" in monitor.alt()
    train(monitor, phase_of(1000))
    assert "Phase 1, iteration 1,000" in monitor.alt() and len(monitor.phases) == 1


# --- key_flipper ----------------------------------------------------------------------------------


def test_sixteen_buttons_hold_the_key_in_order(flipper):
    buttons = all_of(ToggleButton, flipper)
    assert [button.value for button in buttons] == bits.PAPER_KEY.astype(bool).tolist()
    assert [button.description for button in buttons] == list("0101010101010101")
    assert buttons[6].tooltip == "key bit 6, now 0"


def test_the_right_key_shows_the_picture(flipper, penguin):
    assert same(shown(flipper), [penguin])
    assert "the right key: 0 % of bits wrong" in told(flipper)


def test_a_flipped_bit_changes_the_picture_and_flipping_back_restores_it(flipper):
    button, image = all_of(ToggleButton, flipper)[6], only(Image, flipper)
    right = bytes(image.value)
    button.value = True
    assert image.value != right
    assert (button.description, button.button_style) == ("1", "warning")
    assert button.tooltip == "key bit 6, now 1, not as in the right key"
    button.value = False
    assert image.value == right
    assert (button.description, button.button_style) == ("0", "")


@pytest.mark.parametrize("position", [0, 6, 15])
def test_it_shows_what_the_cipher_decrypts(flipper, cipher, penguin, position):
    all_of(ToggleButton, flipper)[position].value ^= True
    ciphertext = cipher.encrypt(penguin, bits.PAPER_KEY)
    expected = cipher.decrypt(ciphertext, bits.flip(bits.PAPER_KEY, position))
    assert same(shown(flipper), [expected])
    wrong = 100 * metrics.bits_wrong(penguin, expected)
    assert f"bit {position} flipped: {wrong:.0f} % of bits wrong" in told(flipper)


def test_the_choices_set_the_key(flipper):
    click("Random key", flipper)
    flipped = np.count_nonzero(flipper.key != bits.PAPER_KEY)
    assert flipped > 1 and f"{flipped} bits flipped" in flipper.alt()
    click("The paper's key", flipper)
    assert np.array_equal(flipper.key, bits.PAPER_KEY)
    click("Flip one bit", flipper)
    assert np.count_nonzero(flipper.key != bits.PAPER_KEY) == 1
    buttons = all_of(ToggleButton, flipper)
    assert [button.value for button in buttons] == flipper.key.astype(bool).tolist()


def test_a_whole_new_key_is_decrypted_once(flipper):
    drawn = []
    only(Image, flipper).observe(drawn.append, names="value")
    flipper.set_key(1 - bits.PAPER_KEY)
    assert len(drawn) == 1 and np.array_equal(flipper.key, 1 - bits.PAPER_KEY)


def test_several_pairs_stand_side_by_side_under_one_key(cipher, penguin):
    pairs = [cipher, pad(name="one"), pad(np.arange(16)[::-1], name="other")]
    flipper = widgets.key_flipper(pairs, penguin)
    assert len(all_of(ToggleButton, flipper)) == 16
    assert same(shown(flipper), [penguin] * 3)
    all_of(ToggleButton, flipper)[6].value ^= True
    assert same(shown(flipper), flipper.decrypted)
    wrong = 100 * metrics.bits_wrong(penguin, flipper.decrypted[0])
    said = f"{wrong:.0f} % of bits wrong (paper), 6 % of bits wrong (one), 6 % of bits wrong (oth"
    assert said in flipper.alt() and said in told(flipper)


def test_every_shipped_pair_reads_the_picture_and_with_a_wrong_key_none_does(penguin):
    names = ["paper", "proven", "diffusing", "resisting"]
    flipper = widgets.key_flipper([NeuralCipher.load(name) for name in names], penguin)
    assert same(shown(flipper), [penguin] * 4)
    flipper.set_key(bits.flip(bits.PAPER_KEY, 6))
    wrong = [metrics.bits_wrong(penguin, picture) for picture in shown(flipper)]
    assert min(wrong) > 0.05 and min(wrong[2:]) > 0.4  # 1 of 16 is the pad's; rounds mix
    assert all(f"({name})" in told(flipper) for name in names)


def test_each_name_stands_in_one_box_with_its_own_picture(cipher, penguin):
    flipper = widgets.key_flipper([cipher, pad(name="one")], penguin)
    boxes = flipper.pictures.children
    assert [only(HTML, box).value for box in boxes] == ["<b>paper</b>", "<b>one</b>"]
    assert [only(Image, box) for box in boxes] == all_of(Image, flipper)


def counted(flipper) -> list:
    """A list that grows with each picture shown."""
    drawn = []
    only(Image, flipper).observe(drawn.append, names="value")
    return drawn


def test_many_clicks_at_once_are_drawn_once_and_then_as_the_last_leaves_the_key(flipper):
    buttons, drawn = all_of(ToggleButton, flipper), counted(flipper)

    async def in_a_kernel() -> None:
        flipper.rested_at = time.monotonic() + 1  # as after a drawing that took a second
        for position, button in enumerate(buttons):
            button.value ^= True
            assert flipper.key[position] == button.value
        assert len(drawn) == 0
        await asyncio.sleep(2 * (flipper.rested_at - time.monotonic()))

    asyncio.run(in_a_kernel())
    assert len(drawn) == 1 and np.array_equal(flipper.key, 1 - bits.PAPER_KEY)
    assert same(shown(flipper), flipper.decrypted) and "16 bits flipped" in told(flipper)


def test_a_click_after_a_rest_is_drawn_at_once(flipper):
    async def in_a_kernel() -> None:
        await asyncio.sleep(max(0, flipper.rested_at - time.monotonic()))
        drawn = counted(flipper)
        all_of(ToggleButton, flipper)[3].value ^= True
        assert len(drawn) == 1

    asyncio.run(in_a_kernel())


def test_a_program_never_waits_for_the_picture_of_its_key(flipper, cipher, penguin):
    async def in_a_kernel() -> None:
        for position in range(3):
            flipper.set_key(bits.flip(bits.PAPER_KEY, position))
            assert same(shown(flipper), flipper.decrypted)
        all_of(ToggleButton, flipper)[2].value ^= True  # as a click would: the picture may wait
        assert np.array_equal(flipper.decrypted[0], penguin)
        assert "the right key" in flipper.alt()

    asyncio.run(in_a_kernel())


def test_a_picture_of_odd_sides_and_another_right_key(cipher):
    picture = np.random.default_rng(2).integers(0, 256, (5, 7, 3), np.uint8)
    key = bits.random_key(np.random.default_rng(3))
    flipper = widgets.key_flipper(cipher, picture, key)
    assert same(shown(flipper), [figures.enlarged(picture)])


def test_no_picture_is_as_high_as_the_page(cipher):
    tall = np.zeros((2000, 3, 3), np.uint8)
    pairs = [cipher, pad(name="one")]
    controls = [
        widgets.key_flipper(cipher, tall),
        widgets.key_flipper(pairs, tall),
        widgets.block_explorer(cipher, tall),
        widgets.scramble_explorer({"tall": tall}),
        widgets.picture_upload(tall),
    ]
    for image in (image for control in controls for image in all_of(Image, control)):
        assert image.layout.max_height == "512px" and image.layout.object_fit == "contain"


def test_a_picture_of_one_colour_gets_a_word(cipher):
    flipper = widgets.key_flipper(cipher, np.full((8, 8, 3), 200, np.uint8))
    assert "one colour only" in flipper.alt() and "one colour only" in told(flipper)


@pytest.mark.parametrize("make", [widgets.key_flipper, widgets.block_explorer])
@pytest.mark.parametrize(
    ("key", "said"),
    [
        ([0, 1] * 7 + [0], "A key has 16 bits, each 0 or 1; this one has 15"),
        ([0, 1] * 7 + [0, 2], "A bit is a whole number, 0 or 1; here is 2"),
        ("0101010101010101", "this one is text: read it with parse_key"),
    ],
)
def test_a_wrong_key_gets_a_sentence_in_the_control(cipher, penguin, make, key, said):
    control = make(cipher, penguin, key)
    assert said in control.alt() and said in told(control)


@pytest.mark.parametrize("make", [widgets.key_flipper, widgets.block_explorer])
def test_what_is_no_picture_gets_a_sentence_in_the_control(cipher, make):
    assert "A picture is a uint8 array" in make(cipher, np.zeros((4, 4), np.uint8)).alt()


@pytest.mark.parametrize("make", [widgets.key_flipper, widgets.block_explorer, widgets.attack_race])
def test_what_comes_in_the_wrong_order_gets_a_sentence_in_the_control(cipher, make):
    picture = np.zeros((8, 8, 3), np.uint8)
    assert "A trained pair is asked for, and here is ndarray" in make(picture, cipher).alt()


@pytest.mark.slow
def test_a_thousand_flips_leave_nothing_behind(cipher):
    flipper = widgets.key_flipper(cipher, pictures.load("penguin")[:32, :32])
    buttons, rng = all_of(ToggleButton, flipper), np.random.default_rng(1)

    def flip(times: int) -> None:
        for position in rng.integers(0, 16, times):
            buttons[position].value ^= True

    flip(100)
    gc.collect()
    objects, alive = len(gc.get_objects()), len(widgets_alive())
    tracemalloc.start()
    flip(1000)
    gc.collect()
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(widgets_alive()) == alive
    assert len(gc.get_objects()) - objects < 200
    assert grown < 200_000


def widgets_alive() -> list[Widget]:
    return [thing for thing in gc.get_objects() if isinstance(thing, Widget)]


# --- block_explorer -------------------------------------------------------------------------------


@pytest.mark.parametrize(("x", "y", "channel"), [(0, 0, 0), (255, 255, 2), (87, 150, 1)])
def test_it_finds_the_block_of_a_byte(explorer, penguin, x, y, channel):
    explorer.x.value, explorer.y.value, explorer.channel.value = x, y, channel
    high, low = divmod(int(explorer.block), 256)
    assert penguin[y, x, channel] in (high, low)
    assert dict(explorer.facts())["bits"] == f"{high:08b} {low:08b}"


def test_every_identical_block_is_lit(explorer, penguin):
    explorer.x.value, explorer.y.value = 40, 20
    blocks = bits.picture_to_blocks(penguin)
    count = np.count_nonzero(blocks == explorer.block)
    assert f"comes {count:,} times" in explorer.alt()
    yellow = (shown(explorer)[0] == [240, 228, 66]).all(axis=2)
    bytes_alike = np.repeat(blocks == explorer.block, 2).reshape(penguin.shape)
    framed = np.count_nonzero(yellow != bytes_alike.any(axis=2))
    assert yellow.any() and framed <= 13**2 - 11**2 + 15**2 - 13**2


def test_a_slider_moves_the_picture_and_back(explorer):
    image, column = only(Image, explorer), explorer.x.value
    before = bytes(image.value)
    explorer.x.value = column + 5
    assert image.value != before
    explorer.x.value = column
    assert image.value == before


def test_its_values_are_alices(explorer, cipher):
    values = cipher.encrypt_blocks(np.array([explorer.block]), bits.PAPER_KEY)[0]
    told = " ".join(value for name, value in explorer.facts() if name.startswith("c"))
    assert np.allclose([float(value) for value in told.split()], values, atol=0.0006)


def test_one_pixel_is_enough(cipher):
    explorer = widgets.block_explorer(cipher, np.full((1, 1, 3), 9, np.uint8))
    explorer.channel.value = 2
    assert explorer.block == 9 * 256 and "one colour only" in explorer.alt()


def test_an_odd_last_byte_is_lit_too(cipher):
    picture = np.arange(27, dtype=np.uint8).reshape(3, 3, 3)
    explorer = widgets.block_explorer(cipher, picture)
    explorer.x.value, explorer.y.value, explorer.channel.value = 2, 2, 2
    assert "once only" in explorer.alt() and (explorer.lit[2, 2] == [240, 228, 66]).all()


# --- attack_race ----------------------------------------------------------------------------------


def test_a_race_finds_the_key_and_shows_the_picture(race, penguin):
    before = only(Image, race).value
    assert "65,536 keys to try" in race.alt() and race.bar.value == 0
    race.run()
    assert np.array_equal(race.progress.key, SECRET) and race.bar.value == 65_536
    assert only(Image, race).value != before
    row, column = race.corner()
    assert same(shown(race), [figures.marked(penguin, row, column, 8)])
    assert "the best is 0000 0110 1001 0111" in told(race)
    assert "1111 1111 1111 1111" in race.trying.value
    assert not race.start_button.disabled and race.stop_button.disabled


def test_a_race_runs_beside_the_page_and_stops(race):
    shown_keys = threading.Event()
    race.bar.observe(lambda _: shown_keys.set(), names="value")
    click("Start", race)
    assert shown_keys.wait(30) and race.start_button.disabled
    click("Start", race)  # a second click changes nothing
    click("Stop", race)
    race.thread.join(30)
    assert 0 < race.bar.value < 65_536 and not race.start_button.disabled


def test_a_race_takes_as_long_as_is_asked_and_stops_at_once(race, monkeypatch):
    waits = []
    monkeypatch.setattr(race.stopped, "wait", lambda seconds: waits.append(seconds) or False)
    monkeypatch.setattr(time, "monotonic", lambda: 100.0)  # an endlessly fast computer
    race.run(seconds=8)
    assert len(waits) == 256 and waits[-1] == pytest.approx(8)
    assert np.allclose(np.diff(waits), 8 / 256)
    race.run()
    assert set(waits[256:]) == {0}


def test_a_new_patch_begins_anew(race):
    race.bar.value = 500
    before = bytes(only(Image, race).value)
    race.row.value += 1
    assert race.bar.value == 0 and only(Image, race).value != before
    race.row.value -= 1
    assert only(Image, race).value == before


def test_a_flat_patch_is_undecidable(race):
    race.row.value = race.column.value = 0
    race.run()
    assert "too flat, its key is undecidable" in told(race)
    assert base.WRONG in told(race) and not race.start_button.disabled


def test_a_picture_of_one_colour_is_undecidable(cipher):
    flat = cipher.encrypt(np.full((16, 16, 3), 200, np.uint8), SECRET)
    race = widgets.attack_race(cipher, flat)
    race.run()
    assert "undecidable" in told(race)


@pytest.mark.parametrize("shape", [(4, 40, 3), (40, 41, 3)])
def test_a_patch_that_is_no_part_gets_a_sentence(cipher, shape):
    control = widgets.attack_race(cipher, cipher.encrypt(np.zeros(shape, np.uint8), SECRET))
    assert "patch" in control.alt() and control.alt() in told(control)


# --- scramble_explorer ----------------------------------------------------------------------------


def wrong(scrambler) -> float:
    return float(np.mean(scrambler.decrypted != scrambler.picture))


def test_it_shows_a_picture_encrypted_and_decrypted(scrambler, penguin):
    original, encrypted, decrypted = shown(scrambler)
    assert np.array_equal(original, penguin) and np.array_equal(decrypted, penguin)
    assert np.array_equal(encrypted, scrambler.ciphers[0].encrypt(penguin[None])[0])
    assert np.mean(encrypted != penguin) > 0.8
    assert "96 nibbles; decrypted with the key, 0 % of the bytes wrong" in told(scrambler)


def test_another_picture_and_back(scrambler, penguin):
    before = shown(scrambler)
    scrambler.name.value = "eye"
    assert np.array_equal(shown(scrambler)[0], pictures.load("eye"))
    assert "right: eye;" in scrambler.alt()
    scrambler.name.value = "penguin"
    assert same(shown(scrambler), before)


def test_every_picture_has_its_caption(scrambler, misleader):
    for control, captions in ((scrambler, lesson05.PARTS), (misleader, lesson06.VIEWS)):
        boxes = control.pictures.children
        assert [only(HTML, box).value[3:-4] for box in boxes] == list(captions)
        assert len(all_of(Image, control)) == 3


@pytest.mark.parametrize("m", [1, 2, 8, 16])
def test_every_block_size_has_its_key(scrambler, penguin, m):
    scrambler.block_size.value = m
    _, encrypted, decrypted = shown(scrambler)
    assert len(scrambler.ciphers[0].key) == 6 * m * m
    assert f"{m} × {m} pixels, by an order of {6 * m * m:,} nibbles" in scrambler.alt()
    assert np.mean(encrypted != penguin) > 0.8 and np.array_equal(decrypted, penguin)


def test_a_nearly_right_key_reads_nearly_all_and_another_nothing(scrambler):
    scrambler.reader.value = 1
    assert 0 < wrong(scrambler) < 0.1
    assert "two entries exchanged" in told(scrambler)
    scrambler.reader.value = 2
    assert wrong(scrambler) > 0.8
    assert f"{100 * wrong(scrambler):.0f} % of the bytes wrong" in told(scrambler)


def test_a_new_key_encrypts_anew(scrambler, penguin):
    _, before, _ = shown(scrambler)
    click("New key", scrambler)
    _, after, decrypted = shown(scrambler)
    assert np.mean(after != before) > 0.8 and np.array_equal(decrypted, penguin)


def test_a_picture_of_no_whole_blocks_comes_back_in_its_size():
    picture = np.random.default_rng(2).integers(0, 256, (5, 7, 3), np.uint8)
    scrambler = widgets.scramble_explorer({"noise": picture})
    scrambler.block_size.value = 16
    assert scrambler.encrypted.shape == (16, 16, 3)
    assert np.array_equal(scrambler.decrypted, picture)
    assert scrambler.still().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({}, "There is no picture to choose from: give at least one, with a name."),
        (np.zeros((4, 4, 3), np.uint8), "There is no picture to choose from"),
        ({"grey": np.zeros((4, 4), np.uint8)}, "A picture is a uint8 array"),
    ],
)
def test_without_pictures_it_says_so(choices, said):
    control = widgets.scramble_explorer(choices)
    assert said in control.alt() and said in told(control)


# --- pgd_explorer ---------------------------------------------------------------------------------


def test_noise_stays_within_eps_and_changes_the_answer(misleader):
    assert misleader.before.argmax() == 0
    misleader.eps.value = 32
    noise = misleader.noisy.astype(int) - misleader.picture
    assert np.abs(noise).max() == 32
    assert misleader.after.argmax() == 1
    assert "says dark" in misleader.alt() and "away from that, grey" in misleader.alt()
    assert misleader.alt() in told(misleader)


def test_no_eps_and_no_steps_change_nothing(misleader):
    for slider in (misleader.eps, misleader.steps):
        before, slider.value = slider.value, 0
        assert np.array_equal(misleader.noisy, misleader.picture)
        assert np.array_equal(misleader.before, misleader.after)
        slider.value = before


def test_each_step_is_a_tenth_of_eps(misleader):
    misleader.eps.value, misleader.steps.value = 40, 3
    assert np.abs(misleader.noisy.astype(int) - misleader.picture).max() == 12


@pytest.mark.parametrize("target", range(3))
def test_a_target_is_what_the_model_comes_to_see(misleader, target):
    misleader.name.value, misleader.eps.value = "bright", 64
    misleader.target.value = target
    sought = misleader.after[target]
    misleader.eps.value = 16
    assert sought >= misleader.after[target] >= misleader.before[target] - 1e-6
    assert f"towards {SHADES[target]}" in misleader.alt()


def test_it_shows_picture_noise_and_both(misleader):
    misleader.eps.value = 32
    before = shown(misleader)
    noise = figures.visible_noise(misleader.noisy.astype(int) - misleader.picture)
    parts = [misleader.picture, noise, misleader.noisy]
    assert same(before, [figures.enlarged(part) for part in parts])
    misleader.name.value = "bright"
    assert not same(shown(misleader), before)
    misleader.name.value = "dark"
    assert same(shown(misleader), before)


def test_its_bars_say_what_the_model_is_sure_of(misleader):
    for name, share in zip(SHADES, misleader.after):
        assert f"<td>{name}</td>" in misleader.bars.value
        assert f"</div> {100 * share:.0f} %" in misleader.bars.value
    assert misleader.before.sum() == pytest.approx(1) == misleader.after.sum()


def test_names_in_the_bars_are_text_and_no_markup():
    assert "a&lt;b" in lesson06.share_bars({"x": np.ones(1)}, ["a<b"])


@pytest.mark.parametrize(
    ("choices", "classes", "said"),
    [
        ({}, SHADES, "There is no picture to choose from: give at least one, with a name."),
        ({"tiny": flat(9, 16)}, SHADES, "This model takes pictures of 32 x 32 pixels; tiny has 16"),
        ({"grey": np.zeros((32, 32), np.uint8)}, SHADES, "A picture is a uint8 array"),
        ({"dark": flat(90)}, SHADES[:2], "tells 3 classes apart; here are 2 names: give one for"),
    ],
)
def test_what_does_not_fit_the_model_gets_a_sentence(plain_model, choices, classes, said):
    control = widgets.pgd_explorer(plain_model, choices, classes)
    assert said in control.alt() and said in told(control)
