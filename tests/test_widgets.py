"""The controls, driven as a reader drives them: values set and buttons clicked, in this process."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import tracemalloc
from datetime import datetime, timezone
from types import SimpleNamespace

import numpy as np
import pytest
from ipywidgets import Button, FloatProgress, Image, ToggleButton, Widget
from nbclient import NotebookClient
from nbformat import v4
from pads import pad

from helpers import bits, figures, metrics, pictures, widgets
from helpers.neural.cipher import NeuralCipher
from helpers.pictures import open_picture

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


def shown(widget: Widget) -> np.ndarray:
    """The picture that the control shows."""
    return open_picture(bytes(only(Image, widget).value))


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
        return widgets.Notice("A key has 16 bits.")
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
    lines = [line for line in all_of(widgets.HTML, control) if 'role="status"' in line.value]
    assert len(lines) == 1


def test_a_sentence_is_text_and_no_markup():
    line = widgets.sentence("a < b & c")
    assert "a &lt; b &amp; c" in line.value


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


def choose(upload: Widget, data: bytes, name: str = "mine.png") -> None:
    """What the browser does when a reader has chosen a file."""
    file = {"name": name, "type": "", "size": len(data), "content": memoryview(data)}
    file["last_modified"] = datetime.now(timezone.utc)
    upload.button.value = (file,)


def test_the_picture_is_the_default_until_one_is_uploaded(upload, penguin):
    assert np.array_equal(upload.picture, penguin) and np.array_equal(shown(upload), penguin)


def test_an_uploaded_picture_is_shown_and_told_to_observers(upload):
    seen, dog = [], pictures.load("dog")[:100]
    upload.observe(lambda change: seen.append(change.new), names="picture")
    choose(upload, pictures.to_png(dog))
    assert np.array_equal(upload.picture, dog) and np.array_equal(shown(upload), dog)
    assert len(seen) == 1 and seen[0] is upload.picture
    assert "Your picture: 256 x 100 pixels." in upload.line.value


@pytest.mark.parametrize(
    "data", [b"", b"a text, and no picture", "cut"], ids=["empty", "text", "cut"]
)
def test_a_file_that_is_no_picture_changes_nothing_and_gets_a_sentence(upload, penguin, data):
    choose(upload, pictures.to_png(penguin)[:5000] if data == "cut" else data, "notes.txt")
    assert np.array_equal(upload.picture, penguin) and np.array_equal(shown(upload), penguin)
    assert "The file " in upload.line.value and figures.VERMILLION in upload.line.value


def test_after_a_bad_file_a_good_one_is_taken(upload):
    choose(upload, b"nonsense")
    choose(upload, pictures.to_png(np.zeros((2, 3, 3), np.uint8)))
    assert upload.picture.shape == (2, 3, 3) and figures.VERMILLION not in upload.line.value


def test_a_large_picture_is_made_smaller_and_it_says_so():
    upload = widgets.picture_upload(pictures.load("eye"), max_side=64)
    choose(upload, pictures.to_png(np.full((50, 100, 3), 7, np.uint8)))
    assert upload.picture.shape == (32, 64, 3)
    assert "made smaller to 64 x 32 pixels" in upload.line.value


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
    monkeypatch.setattr(widgets.time, "monotonic", lambda: now[0])
    monitor, history = widgets.training_monitor(), phase_of(100_000)
    monitor.image.observe(drawn.append, names="value")
    for _ in range(35):
        now[0] += 0.1
        train(monitor, history, start=100 * len(history.iteration), points=1)
    assert len(drawn) == 3


def test_stop_ends_a_training_and_says_how_to_go_on():
    monitor, history = widgets.training_monitor(), phase_of(5000)
    assert not train(monitor, history, points=3)
    only(ToggleButton, monitor).value = True
    assert train(monitor, history, start=300) and len(history.iteration) == 4
    assert "iteration 400" in monitor.line.value and "Stopped" in monitor.line.value
    assert not only(ToggleButton, monitor).value, "the next phase begins unstopped"
    assert not train(monitor, phase_of(500), start=400)


# --- key_flipper ----------------------------------------------------------------------------------


def test_sixteen_buttons_hold_the_key_in_order(flipper):
    buttons = all_of(ToggleButton, flipper)
    assert [button.value for button in buttons] == bits.PAPER_KEY.astype(bool).tolist()
    assert [button.description for button in buttons] == list("0101010101010101")
    assert buttons[6].tooltip == "key bit 6, now 0"


def test_the_right_key_shows_the_picture(flipper, penguin):
    assert np.array_equal(shown(flipper), penguin)
    assert "the right key: 0 % of bits wrong" in flipper.line.value


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
    assert np.array_equal(shown(flipper), expected)
    wrong = 100 * metrics.bits_wrong(penguin, expected)
    assert f"bit {position} flipped: {wrong:.0f} % of bits wrong" in flipper.line.value


def test_the_choices_set_the_key(flipper):
    click("Random key", flipper)
    assert metrics.hamming(flipper.key, bits.PAPER_KEY) > 1
    assert f"{metrics.hamming(flipper.key, bits.PAPER_KEY)} bits flipped" in flipper.alt()
    click("The paper's key", flipper)
    assert np.array_equal(flipper.key, bits.PAPER_KEY)
    click("Flip one bit", flipper)
    assert metrics.hamming(flipper.key, bits.PAPER_KEY) == 1
    buttons = all_of(ToggleButton, flipper)
    assert [button.value for button in buttons] == flipper.key.astype(bool).tolist()


def test_a_whole_new_key_is_decrypted_once(flipper):
    drawn = []
    flipper.image.observe(drawn.append, names="value")
    flipper.set_key(1 - bits.PAPER_KEY)
    assert len(drawn) == 1 and np.array_equal(flipper.key, 1 - bits.PAPER_KEY)


def test_several_pairs_stand_side_by_side_under_one_key(cipher, penguin):
    pairs = [cipher, pad(name="one"), pad(np.arange(16)[::-1], name="other")]
    flipper = widgets.key_flipper(pairs, penguin)
    assert len(all_of(ToggleButton, flipper)) == 16 and only(Image, flipper)
    assert np.array_equal(shown(flipper), figures.beside([penguin] * 3))
    all_of(ToggleButton, flipper)[6].value ^= True
    wrong = 100 * metrics.bits_wrong(penguin, flipper.decrypted[0])
    said = f"{wrong:.0f} % of bits wrong (paper), 6 % of bits wrong (one), 6 % of bits wrong (oth"
    assert said in flipper.alt() and said in flipper.line.value


def test_a_picture_of_odd_sides_and_another_right_key(cipher):
    picture = np.random.default_rng(2).integers(0, 256, (5, 7, 3), np.uint8)
    key = bits.random_key(np.random.default_rng(3))
    flipper = widgets.key_flipper(cipher, picture, key)
    assert np.array_equal(shown(flipper), picture)


def test_a_picture_of_one_colour_gets_a_word(cipher):
    flipper = widgets.key_flipper(cipher, np.full((8, 8, 3), 200, np.uint8))
    assert "one colour only" in flipper.alt() and "one colour only" in flipper.line.value


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
    assert said in control.alt() and said in only(widgets.HTML, control).value


@pytest.mark.parametrize("make", [widgets.key_flipper, widgets.block_explorer])
def test_what_is_no_picture_gets_a_sentence_in_the_control(cipher, make):
    assert "A picture is a uint8 array" in make(cipher, np.zeros((4, 4), np.uint8)).alt()


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
    yellow = (shown(explorer) == [240, 228, 66]).all(axis=2)
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
    assert np.array_equal(shown(race), figures.marked(penguin, row, column, 8))
    assert "the best is 0000 0110 1001 0111" in race.line.value
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
    assert "too flat, its key is undecidable" in race.line.value
    assert figures.VERMILLION in race.line.value and not race.start_button.disabled


def test_a_picture_of_one_colour_is_undecidable(cipher):
    flat = cipher.encrypt(np.full((16, 16, 3), 200, np.uint8), SECRET)
    race = widgets.attack_race(cipher, flat)
    race.run()
    assert "undecidable" in race.line.value


@pytest.mark.parametrize("shape", [(4, 40, 3), (40, 41, 3)])
def test_a_patch_that_is_no_part_gets_a_sentence(cipher, shape):
    control = widgets.attack_race(cipher, cipher.encrypt(np.zeros(shape, np.uint8), SECRET))
    assert "patch" in control.alt() and control.alt() in only(widgets.HTML, control).value


# --- scramble_explorer ----------------------------------------------------------------------------


def parts_of(scrambler) -> list[np.ndarray]:
    """Original, encrypted and decrypted picture, cut out of what the control shows."""
    step = 256 + 16
    return [shown(scrambler)[:, i * step : i * step + 256] for i in range(3)]


def wrong(scrambler) -> float:
    return float(np.mean(scrambler.decrypted != scrambler.picture))


def test_it_shows_a_picture_encrypted_and_decrypted(scrambler, penguin):
    original, encrypted, decrypted = parts_of(scrambler)
    assert np.array_equal(original, penguin) and np.array_equal(decrypted, penguin)
    assert np.array_equal(encrypted, scrambler.ciphers[0].encrypt(penguin[None])[0])
    assert np.mean(encrypted != penguin) > 0.8
    assert "96 nibbles; decrypted with the key, 0 % of the bytes wrong" in scrambler.line.value


def test_another_picture_and_back(scrambler, penguin):
    before = bytes(only(Image, scrambler).value)
    scrambler.name.value = "eye"
    assert np.array_equal(parts_of(scrambler)[0], pictures.load("eye"))
    assert "right: eye;" in scrambler.alt()
    scrambler.name.value = "penguin"
    assert only(Image, scrambler).value == before


@pytest.mark.parametrize("m", [1, 2, 8, 16])
def test_every_block_size_has_its_key(scrambler, penguin, m):
    scrambler.block_size.value = m
    _, encrypted, decrypted = parts_of(scrambler)
    assert len(scrambler.ciphers[0].key) == 6 * m * m
    assert f"{m} × {m} pixels, by an order of {6 * m * m:,} nibbles" in scrambler.alt()
    assert np.mean(encrypted != penguin) > 0.8 and np.array_equal(decrypted, penguin)


def test_a_nearly_right_key_reads_nearly_all_and_another_nothing(scrambler):
    scrambler.reader.value = 1
    assert 0 < wrong(scrambler) < 0.1
    assert "two entries exchanged" in scrambler.line.value
    scrambler.reader.value = 2
    assert wrong(scrambler) > 0.8
    assert f"{100 * wrong(scrambler):.0f} % of the bytes wrong" in scrambler.line.value


def test_a_new_key_encrypts_anew(scrambler, penguin):
    _, before, _ = parts_of(scrambler)
    click("New key", scrambler)
    _, after, decrypted = parts_of(scrambler)
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
        ({"grey": np.zeros((4, 4), np.uint8)}, "A picture is a uint8 array"),
    ],
)
def test_without_pictures_it_says_so(choices, said):
    control = widgets.scramble_explorer(choices)
    assert said in control.alt() and said in only(widgets.HTML, control).value


# --- pgd_explorer ---------------------------------------------------------------------------------


def test_noise_stays_within_eps_and_changes_the_answer(misleader):
    assert misleader.before.argmax() == 0
    misleader.eps.value = 32
    noise = misleader.noisy.astype(int) - misleader.picture
    assert np.abs(noise).max() == 32
    assert misleader.after.argmax() == 1
    assert "says dark" in misleader.alt() and "away from that, grey" in misleader.alt()
    assert misleader.alt() in misleader.line.value


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
    before = bytes(only(Image, misleader).value)
    image, step = shown(misleader), (32 + 2) * 8
    parts = [image[:256:8, i * step : i * step + 256 : 8] for i in range(3)]
    noise = misleader.noisy.astype(int) - misleader.picture
    assert np.array_equal(parts[0], misleader.picture)
    assert np.array_equal(parts[1], figures.visible_noise(noise))
    assert np.array_equal(parts[2], misleader.noisy)
    misleader.name.value = "bright"
    assert only(Image, misleader).value != before
    misleader.name.value = "dark"
    assert only(Image, misleader).value == before


def test_its_bars_say_what_the_model_is_sure_of(misleader):
    for name, share in zip(SHADES, misleader.after):
        assert f"<td>{name}</td>" in misleader.bars.value
        assert f"</div> {100 * share:.0f} %" in misleader.bars.value
    assert misleader.before.sum() == pytest.approx(1) == misleader.after.sum()


def test_names_in_the_bars_are_text_and_no_markup():
    assert "a&lt;b" in widgets.share_bars({"x": np.ones(1)}, ["a<b"])


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
    assert said in control.alt() and said in only(widgets.HTML, control).value
