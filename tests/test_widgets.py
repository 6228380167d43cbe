"""The controls that work in the kernel, driven as a reader drives them: values set and buttons
clicked, in this process. Those that work in the page are driven there: tests/browser.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import threading
import time
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from ipywidgets import HTML, Button, FloatProgress, Image, ToggleButton, Widget
from nbclient import NotebookClient
from nbformat import v4
from pads import pad

from helpers import bits, figures, pictures, widgets
from helpers.neural.cipher import NeuralCipher
from helpers.pictures import open_picture
from helpers.widgets import base

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
def race(cipher, penguin):
    return widgets.attack_race(cipher, cipher.encrypt(penguin, SECRET))


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
        *("race", "upload", "training_monitor", "notice"),
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
    assert metadata["image/png"]["needs_python"]
    still = open_picture(data["image/png"])
    assert min(still.shape[:2]) > 100 and still.std() > 1
    assert isinstance(data["image/png"], bytes)


def test_whoever_cannot_see_a_control_can_name_its_parts(control):
    for part in all_of((Button, ToggleButton), control):
        assert part.description and part.tooltip
    assert told(control)


# --- what reaches the page as HTML ----------------------------------------------------------------

HOSTILE = "<img src=x onerror=alert(1)>"


def test_a_name_is_text_and_no_markup():
    upload, race = widgets.picture_upload(flat(9)), pad(name=HOSTILE)
    choose(upload, b"no picture", HOSTILE)
    choose(upload, b"20000000", HOSTILE, kind="too-large")
    race = widgets.attack_race(race, race.encrypt(flat(9), SECRET))
    named = [upload, race, base.Notice(HOSTILE)]
    html = [part.value for control in named for part in all_of(HTML, control)]
    assert sum(HOSTILE.replace("<", "&lt;").replace(">", "&gt;") in value for value in html) >= 2
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
