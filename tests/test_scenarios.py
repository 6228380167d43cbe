"""The five scenarios at a tiny scale: what is trained on what, stopped, resumed, measured, kept."""

from __future__ import annotations

import copy
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data.studies import measures, scenarios, train, trained
from data.studies.publish import one_at_a_time, record
from data.studies.reports import Report, read_report, rows_and_columns
from data.studies.scenarios import (
    SCALES,
    Examples,
    compile_model,
    in_precision,
    rise_and_fall,
)
from helpers import manifest
from helpers.files import read_npz, write_npz
from helpers.learnable import datasets, ladder
from helpers.learnable import scenarios as shipped
from helpers.learnable.gradients import gradient
from helpers.learnable.models import resnet
from helpers.learnable.scenarios import (
    SCENARIOS,
    batch_of,
    build,
    cipher_of,
    stream,
)
from helpers.quiet_keras import keras


def tiny_network(seed: int = 0):
    return resnet("tiny", (4,), 1, 4, 3, 10, 32, seed)


TINY = replace(
    SCALES["classroom"],
    name="tiny",
    network=tiny_network,
    epochs=2,
    encrypted_epochs=1,
    adversarial_epochs=1,
    attacked=32,
    climbed=32,  # batches of one size are compiled once
    batch=32,
)

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def scenarios_in_order():
    """All of them again after a test that left some out, in the order of the paper's table."""
    before = dict(SCENARIOS)
    yield
    SCENARIOS.clear()
    SCENARIOS.update(before)


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(scenarios, "CHECKPOINTS", tmp_path / "checkpoints")
    monkeypatch.setitem(SCALES, "tiny", TINY)
    monkeypatch.setattr(measures, "EPS_IN_BYTES", (1, 25.5))
    monkeypatch.setattr(measures, "PAPERS_ATTACK", {"eps": 0.1, "eps_iter": 0.05, "nb_iter": 2})


@pytest.fixture(scope="module")
def data() -> Examples:
    """Whole batches of TINY: each size of a batch would be compiled anew."""
    train = datasets.pictograms(np.random.default_rng(3), 64)
    return Examples(*train, *datasets.pictograms(np.random.default_rng(4), 32))


def a_batch(name: str, data: Examples, i: int = 0, seed: int = 1):
    """Only adversarial training asks the network."""
    scenario = SCENARIOS[name]
    model = build(scenario, seed, tiny_network) if scenario.adversarial else None
    return scenarios.batch(model, scenario, TINY, data, seed, i)


def as_bytes(x: np.ndarray) -> np.ndarray:
    return np.round(x * 255).astype(np.uint8)


# --- what the network sees ------------------------------------------------------------------------


def test_the_papers_own_rate_drops_after_40_epochs():
    rate = scenarios.schedule(SCALES["paper"], 100, 391)
    assert float(rate(0)) == float(rate(40 * 391)) == pytest.approx(0.1)
    assert float(rate(40 * 391 + 1)) == pytest.approx(0.01)


def test_the_rate_of_the_small_scales_rises_and_falls():
    rate = scenarios.schedule(TINY, 4, 100)
    found = [float(rate(i)) for i in range(0, 401, 20)]
    assert max(found) == pytest.approx(0.1)
    assert found[0] == 0 and found[-1] == pytest.approx(0, abs=1e-6)
    assert found.index(max(found)) == 5


def test_an_epoch_shows_each_picture_once(data):
    """The last batch of an epoch is what is left."""
    pictures, labels = datasets.pictograms(np.random.default_rng(3), 70)
    data = replace(data, x_train=pictures, y_train=labels)
    labels = np.concatenate([a_batch("Plain", data, i)[1] for i in range(3)])
    assert sorted(labels) == sorted(data.y_train)
    again = np.concatenate([a_batch("Plain", data, 3 + i)[1] for i in range(3)])
    assert sorted(again) == sorted(labels) and not np.array_equal(again, labels)


def test_an_encrypted_batch_is_the_plain_batch_under_the_key(data):
    plain, labels = a_batch("Plain", data)
    encrypted, same_labels = a_batch("Encrypted", data)
    key = cipher_of(SCENARIOS["Encrypted"], 1)
    assert np.array_equal(key.encrypt(as_bytes(plain)), as_bytes(encrypted))
    assert np.array_equal(labels, same_labels)


def test_one_key_serves_training_and_test_and_fresh_keys_do_not():
    for name in ("Encrypted", "Encrypted-Adv"):
        keys = [cipher_of(SCENARIOS[name], 1, shipped.TEST_KEY, i).key for i in range(3)]
        assert np.array_equal(keys[0], keys[1])
        assert np.array_equal(keys[0], cipher_of(SCENARIOS[name], 1).key)
    for name in ("Encrypted-Adv-DK", "Encrypted-DK"):
        keys = [cipher_of(SCENARIOS[name], 1, shipped.BATCH_KEY, i).key for i in range(3)]
        keys += [cipher_of(SCENARIOS[name], 1, shipped.TEST_KEY, i).key for i in range(3)]
        assert len({key.tobytes() for key in keys}) == 6
    assert cipher_of(SCENARIOS["Plain"], 1) is None


def test_noise_is_added_before_encryption_and_within_eps(data):
    plain, _ = a_batch("Plain", data)
    noisy, _ = a_batch("Encrypted-Adv", data)
    key = cipher_of(SCENARIOS["Encrypted-Adv"], 1)
    noise = key.decrypt(as_bytes(noisy)).astype(int) - as_bytes(plain)
    assert 0 < np.abs(noise).max() <= 25
    assert np.mean(noise != 0) > 0.3


def test_the_seed_decides_everything_random(data):
    assert np.array_equal(a_batch("Encrypted", data, 2)[0], a_batch("Encrypted", data, 2)[0])
    assert not np.array_equal(a_batch("Plain", data)[0], a_batch("Plain", data, seed=2)[0])
    assert stream(1, 0).random() != stream(1, 1).random()


def test_adversarial_training_is_the_loop_that_lesson_6_shows(data):
    scenario, scale = SCENARIOS["Encrypted-Adv"], replace(TINY, adversarial_epochs=2)
    training = scenarios.training(scenario, scale, data, 1)
    model, key = build(scenario, 1, tiny_network), cipher_of(scenario, 1)
    compile_model(model, rise_and_fall(4))
    for i in range(4):
        training.advance()
        shown, names = batch_of(data.x_train, data.y_train, TINY.batch, seed=1, i=i)
        noisy = ladder.model_fed_plain(model, shown, names, **TINY.attack())
        model.train_on_batch(key.encrypt(noisy) / np.float32(255), names)
    for one, other in zip(training.model.get_weights(), model.get_weights()):
        np.testing.assert_array_equal(one, other)


# --- the whole experiment -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def outcome(data, tmp_path_factory):
    """All five scenarios, run once."""
    folder = tmp_path_factory.mktemp("outcome")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scenarios, "CHECKPOINTS", folder / "checkpoints")
        patch.setitem(SCALES, "tiny", TINY)
        patch.setattr(measures, "EPS_IN_BYTES", (1, 25.5))
        patch.setattr(measures, "PAPERS_ATTACK", {"eps": 0.1, "eps_iter": 0.05, "nb_iter": 2})
        report = scenarios.run(TINY, data, 1, folder)
    return folder, report


def test_the_report_has_each_row_rung_and_how_it_was_made(outcome):
    folder, report = outcome
    content = json.loads((folder / "results" / "scenarios_tiny.json").read_text("utf-8"))
    assert content == json.loads(json.dumps(report.content))
    assert list(content["scenarios"]) == list(SCENARIOS)
    for row in content["scenarios"].values():
        assert all(0 <= row[name] <= 1 for name in ("train", "test", "adversarial", "adaptive"))
    assert set(content["ladder"]) == {"1", "25.5"}
    assert {"white_box_on_plain", "discrete_search", "squares"} <= set(content["ladder"]["1"])
    assert set(content["label_leaking"]) == {"Encrypted", "Encrypted-Adv"}
    made = content["provenance"]
    assert made["command"].endswith("--scale tiny --seed 1") and made["date"] and made["keras"]


def test_the_errors_are_counted_on_the_models_that_were_kept(outcome, data):
    folder, report = outcome
    model, about = trained.load(folder / "weights" / "tiny" / "Encrypted.npz", tiny_network)
    cipher = cipher_of(SCENARIOS["Encrypted"], about["seed"])
    answers = model.predict(cipher.encrypt(data.x_test) / np.float32(255), verbose=0)
    wrong = np.mean(answers.argmax(axis=1) != data.y_test)
    assert report.content["scenarios"]["Encrypted"]["test"] == pytest.approx(wrong)


def test_given_again_nothing_is_done_twice(outcome, data, monkeypatch):
    folder, report = outcome
    monkeypatch.setattr(scenarios, "training", lambda *_: pytest.fail("trained again"))
    monkeypatch.setattr(measures, "error", lambda *_: pytest.fail("measured again"))
    assert scenarios.run(TINY, data, 1, folder).content == report.content


def test_stopped_in_the_third_scenario_it_goes_on_to_the_same_result(
    outcome, data, tmp_path, monkeypatch
):
    """Without the two that come after it, which begin as it does."""
    _, report = outcome
    make = scenarios.batch
    for name in ("Encrypted-Adv-DK", "Encrypted-DK"):
        del SCENARIOS[name]

    def interrupted(model, scenario, scale, examples, seed, i, devices):
        if scenario.name == "Encrypted-Adv" and i == 0:
            os.kill(os.getpid(), signal.SIGINT)
        return make(model, scenario, scale, examples, seed, i, devices)

    monkeypatch.setattr(scenarios, "batch", interrupted)
    assert scenarios.run(TINY, data, 1, tmp_path) is None
    monkeypatch.setattr(scenarios, "batch", make)
    resumed = scenarios.run(TINY, data, 1, tmp_path).content
    for part in ("label_leaking", "ladder"):
        assert resumed[part] == report.content[part]
    assert list(resumed["scenarios"]) == ["Plain", "Encrypted", "Encrypted-Adv"]
    for name, row in resumed["scenarios"].items():
        wanted = report.content["scenarios"][name]
        assert {k: v for k, v in row.items() if k != "training_seconds"} == {
            k: v for k, v in wanted.items() if k != "training_seconds"
        }


def test_those_that_learn_quickly_come_first_and_the_table_keeps_its_order(
    data, tmp_path, monkeypatch
):
    trained_in_turn = []

    def noted(scenario, *words):
        trained_in_turn.append(scenario.name)
        raise KeyboardInterrupt

    monkeypatch.setattr(scenarios, "training", noted)
    for name in ("Plain", "Encrypted", "Encrypted-DK", "Encrypted-Adv", "Encrypted-Adv-DK"):
        with pytest.raises(KeyboardInterrupt):
            scenarios.run(TINY, data, 1, tmp_path)
        assert trained_in_turn[-1] == name
        file = scenarios.weights_of(tmp_path, TINY, 1, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        monkeypatch.setattr(
            scenarios, "measure", lambda report, scenario, *_: enter(report, scenario)
        )
    report = Report(
        tmp_path / "results" / "scenarios_tiny.json", scenarios.describe(TINY, data, 1), ""
    )
    assert list(report.content["scenarios"]) == list(SCENARIOS)[:-1]


def enter(report: Report, scenario) -> None:
    """A row of nothing."""
    columns = rows_and_columns()["scenarios", scenario.name]
    report.add("scenarios", scenario.name, dict.fromkeys(columns, 0))


def test_in_slices_it_comes_to_the_same_result(outcome, data, tmp_path, monkeypatch):
    _, report = outcome
    for name in ("Encrypted-Adv", "Encrypted-Adv-DK", "Encrypted-DK"):
        del SCENARIOS[name]
    checkpoint = scenarios.CHECKPOINTS / "tiny" / "Plain.npz"
    slices = [scenarios.run(TINY, data, 1, tmp_path, until=time.monotonic()) for _ in range(3)]
    assert slices == [None, None, None] and checkpoint.exists()
    monkeypatch.setattr(measures, "EPS_IN_BYTES", ())
    resumed = scenarios.run(TINY, data, 1, tmp_path).content["scenarios"]
    assert not checkpoint.exists()
    for name in ("Plain", "Encrypted"):
        for column in ("train", "test", "adversarial", "adaptive"):
            assert resumed[name][column] == report.content["scenarios"][name][column]


def test_the_ladder_stops_between_two_sizes_when_its_time_is_over(outcome, data, monkeypatch):
    _, report = outcome
    monkeypatch.setattr(scenarios, "load_for", lambda *_: (None, {}))
    monkeypatch.setattr(report, "content", report.content | {"ladder": {}})
    monkeypatch.setattr(measures, "ladder_errors", lambda *_, **__: pytest.fail("measured"))
    files = dict.fromkeys(("Plain", "Encrypted"))
    assert not scenarios.measure_ladder(report, TINY, data, 1, files, until=time.monotonic() - 1)


@pytest.mark.parametrize("name", ["Plain", "Plain-Adv"])
def test_single_networks_are_trained_at_the_papers_scale_too_and_in_slices(
    name, data, tmp_path, monkeypatch
):
    monkeypatch.setattr(train, "CHECKPOINTS", tmp_path / "checkpoints")
    monkeypatch.setattr(train, "examples", lambda scale, file: data)
    tiny = replace(SCALES["paper"], network=tiny_network, batch=32, epochs=1, adversarial_epochs=1)
    monkeypatch.setitem(train.SCALES, "paper", tiny)
    monkeypatch.setitem(train.CONTROLS, "paper", replace(tiny, eps=8 / 255, nb_iter=1))
    words = ["--scale", "paper", "--output", str(tmp_path), "--seconds", "1e-9", name]
    with pytest.raises(SystemExit, match="Stopped; the same command goes on from here"):
        train.main(words)
    assert (tmp_path / "checkpoints" / "paper" / f"{name}.npz").exists()
    train.main(words[:-3] + [name])
    _, about = trained.load(tmp_path / "weights" / "paper" / f"{name}.npz", tiny_network)
    assert about["scale"]["eps"] == (8 / 255 if name == "Plain-Adv" else 0.1)
    assert not list((tmp_path / "checkpoints" / "paper").glob("*.npz"))


def test_results_of_other_pictures_are_refused(outcome, data):
    folder, _ = outcome
    others = replace(data, x_train=data.x_train[::-1].copy())
    with pytest.raises(ValueError, match="other settings or pictures: move it away"):
        scenarios.run(TINY, others, 1, folder)


def test_the_table_has_a_line_for_each_row(outcome):
    lines = outcome[1].table().splitlines()
    assert [line.split()[0] for line in lines[1:]] == list(SCENARIOS)
    assert lines[0].split() == ["train", "test", "adversarial", "adaptive"]


# --- shipped results ------------------------------------------------------------------------------


def test_results_come_for_each_seed_of_one_scale(outcome, tmp_path, monkeypatch):
    monkeypatch.setattr(manifest, "DATA", tmp_path)
    monkeypatch.setattr(manifest, "MANIFEST", tmp_path / "MANIFEST.json")
    (tmp_path / "results").mkdir()
    content = outcome[1].content
    for number, name in enumerate(("laptop_seed3", "laptop", "classroom", "laptop_seed2")):
        file = f"results/scenarios_{name}.json"
        numbered = json.dumps(content | {"about": {"number": number}})
        (tmp_path / file).write_text(numbered, encoding="utf-8")
        record(file, "a command")
    found = shipped.results("laptop")
    assert [content["about"]["number"] for content in found] == [1, 3, 0]
    assert [content["about"]["number"] for content in shipped.results("classroom")] == [2]
    assert shipped.results("paper") == []


def test_all_that_is_shipped_is_whole(monkeypatch):
    monkeypatch.setattr(measures, "EPS_IN_BYTES", (1, 2, 4, 8, 16, 25.5, 51, 127.5))
    for scale, seeds in (("classroom", 1), ("laptop", 3)):
        reports = shipped.results(scale)
        files = sorted((manifest.DATA / "results").glob(f"scenarios_{scale}*.json"))
        assert reports == [read_report(file) for file in files] and len(reports) == seeds
    for name in SCENARIOS:
        model, about = shipped.load(name)
        assert about["scenario"] == name and model.compute_dtype == "float32"


def test_results_of_no_scale_are_refused():
    with pytest.raises(ValueError, match=r"no scale \[\]: choose one of classroom"):
        shipped.results([])
    with pytest.raises(ValueError, match="no scale 'huge': choose one of classroom, laptop, paper"):
        shipped.results("huge")


# --- work is never lost ---------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["results", "weights", "weights/tiny/Encrypted-DK.npz"])
def test_what_could_not_be_written_is_refused_before_the_work(place, data, tmp_path, monkeypatch):
    """A file where a folder should be, or the other way round: as root, nothing is read-only."""
    monkeypatch.setattr(scenarios, "training", lambda *_: pytest.fail("trained in vain"))
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    if place.endswith(".npz"):
        (tmp_path / place).mkdir()
    else:
        (tmp_path / place).write_text("no folder", encoding="utf-8")
    with pytest.raises(OSError, match="could not be written.*choose another folder"):
        scenarios.run(TINY, data, 1, tmp_path)


def test_a_second_run_of_the_same_is_refused_while_the_first_is_at_work(data, tmp_path):
    place = scenarios.CHECKPOINTS / "tiny"
    place.mkdir(parents=True)
    with (
        one_at_a_time(place),
        pytest.raises(OSError, match="Another run is at work on .*tiny: let it finish"),
    ):
        scenarios.run(TINY, data, 1, tmp_path)


def test_a_model_of_other_pictures_is_not_measured_as_if_it_were_ours(outcome, data, tmp_path):
    folder, _ = outcome
    others = replace(data, x_train=data.x_train[::-1].copy())
    report = Report(tmp_path / "new.json", scenarios.describe(TINY, others, 1), "a command")
    model = folder / "weights" / "tiny" / "Plain.npz"
    with pytest.raises(ValueError, match="Plain.npz is a model of other settings or pictures"):
        scenarios.measure(report, SCENARIOS["Plain"], TINY, others, 1, model)


def test_a_full_disk_leaves_the_last_report(outcome, tmp_path):
    resource = pytest.importorskip("resource")
    report = Report(tmp_path / "report.json", {"seed": 1}, "a command")
    report.add("scenarios", "Plain", {"training_seconds": 1})
    before, (_, most) = report.path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, most))
    try:
        with pytest.raises(OSError, match=r"could not be written .*unharmed"):
            report.add("scenarios", "Encrypted", {"training_seconds": 1})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    assert report.path.read_bytes() == before


# --- files ----------------------------------------------------------------------------------------


def set_in(content: dict, value: object, *places: str) -> dict:
    """A copy with one value changed; with the value `...`, taken away."""
    content = copy.deepcopy(content)
    inner = content
    for place in places[:-1]:
        inner = inner[place]
    inner[places[-1]] = value
    if value is ...:
        del inner[places[-1]]
    return content


@pytest.mark.parametrize(
    "value, places",
    [
        (..., ["ladder"]),
        ([], ["ladder"]),
        ({}, ["more"]),
        ("1", ["scenarios", "Plain", "test"]),
        (1.5, ["scenarios", "Plain", "test"]),
        (-0.1, ["scenarios", "Plain", "test"]),
        (True, ["scenarios", "Plain", "test"]),
        (float("nan"), ["scenarios", "Plain", "test"]),
        (..., ["scenarios", "Plain", "adaptive"]),
        (..., ["scenarios", "Encrypted-Adv", "adversarial_as_in_training"]),
        (0.5, ["scenarios", "Plain", "another"]),
        ({}, ["scenarios", "Fancy"]),
        (-1, ["scenarios", "Plain", "training_seconds"]),
        (None, ["label_leaking", "Encrypted"]),
        (..., ["ladder", "1", "squares"]),
        ({}, ["ladder", "3"]),
    ],
)
def test_a_report_that_is_none_is_refused(outcome, tmp_path, value, places):
    content = outcome[1].content
    path = tmp_path / "report.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    assert Report(path, content["about"], "").content == json.loads(json.dumps(content))
    path.write_text(json.dumps(set_in(content, value, *places)), encoding="utf-8")
    with pytest.raises(ValueError, match="report.json holds no results of this command: move it"):
        Report(path, content["about"], "")


@pytest.mark.parametrize(
    "value, places",
    [
        ("Fancy", ["scenario"]),
        ([], ["scenario"]),
        ("another_network", ["scale", "network"]),
        (None, ["scale"]),
        (-1, ["seed"]),
        (10**400, ["seed"]),
        (1.0, ["seed"]),
        (float("nan"), ["error"]),
        (..., ["seconds"]),
    ],
)
def test_a_model_with_odd_words_is_refused(outcome, tmp_path, value, places):
    arrays = read_npz(outcome[0] / "weights" / "tiny" / "Plain.npz")
    about = set_in(json.loads(str(arrays["about"])), value, *places)
    write_npz(tmp_path / "odd.npz", arrays | {"about": np.array(json.dumps(about))})
    with pytest.raises(ValueError, match="odd.npz holds no trained model: .*train it anew"):
        trained.load(tmp_path / "odd.npz", tiny_network)


@pytest.mark.parametrize(
    "name, weights",
    [
        ("000", np.zeros((3, 3, 3, 5), np.float16)),
        ("000", np.zeros((3, 3, 3, 4), np.float32)),
        ("000", np.full((3, 3, 3, 4), np.nan, np.float16)),
        ("099", np.zeros(4, np.float32)),
        ("about", np.zeros(4, np.float32)),
    ],
)
def test_a_model_with_odd_weights_is_refused(outcome, tmp_path, name, weights):
    arrays = read_npz(outcome[0] / "weights" / "tiny" / "Plain.npz")
    write_npz(tmp_path / "odd.npz", arrays | {name: weights})
    with pytest.raises(ValueError, match="odd.npz holds no trained model"):
        trained.load(tmp_path / "odd.npz", tiny_network)


@pytest.mark.parametrize("source, words", [("Fancy", "no scenario 'Fancy'"), (5, "no scenario 5")])
def test_a_model_that_is_not_shipped_is_refused(source, words):
    with pytest.raises(ValueError, match=words):
        shipped.load(source)


def test_a_finished_scenario_leaves_no_checkpoint(outcome):
    assert not list((outcome[0] / "checkpoints").rglob("*.npz"))


def test_a_checkpoint_is_no_model_and_text_is_none_either(data, tmp_path):
    scenarios.training(SCENARIOS["Plain"], TINY, data, 1).save(tmp_path / "checkpoint.npz")
    with pytest.raises(ValueError, match="holds no trained model"):
        trained.load(tmp_path / "checkpoint.npz", tiny_network)
    (tmp_path / "text.npz").write_text("no arrays", encoding="utf-8")
    with pytest.raises(ValueError, match="no .npz file"):
        trained.load(tmp_path / "text.npz", tiny_network)
    with pytest.raises(FileNotFoundError, match="There is no file"):
        trained.load(tmp_path / "none.npz", tiny_network)


def test_a_full_disk_is_told_and_the_report_stays(tmp_path, monkeypatch):
    report = Report(tmp_path / "report.json", {"seed": 1}, "a command")
    report.add("scenarios", "Plain", {"training_seconds": 1})
    before = report.path.read_bytes()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    with pytest.raises(OSError, match="No space left.*unharmed"):
        report.add("scenarios", "Encrypted", {"training_seconds": 1})
    assert report.path.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--scale", "huge"], "invalid choice: 'huge'"),
        (["--scale", "laptop", "--cifar10", "nowhere.npz"], "There is no file"),
        (["--scale", "classroom", "--cifar10", "it.npz"], "learns pictograms: leave --cifar10 out"),
        (["--devices", "0"], "1 to 128 devices can share a batch of 128, not 0"),
        (["--devices", "500"], "not 500"),
        (["--seed", "-1"], "a seed is a whole number from 0"),
        (["--seed", "99999999"], "a seed is a whole number from 0"),
        (["--seconds", "0"], "a slice takes a number of seconds above 0, and '0' is none: give"),
        (["--seconds", "nan"], "'nan' is none"),
        (["--seconds", "long"], "'long' is none"),
    ],
)
def test_the_command_refuses_in_one_sentence(arguments, words, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["scenarios", *arguments])
    with pytest.raises(SystemExit) as refusal:
        scenarios.main()
    assert words in f"{refusal.value} {capsys.readouterr().err}"


def test_keras_chooses_whether_a_step_is_compiled_by_xla(monkeypatch):
    """On JAX a step that is not is carried out operation by operation, a hundred times as slow."""
    for choice in (True, False):
        monkeypatch.setattr(keras.Model, "_resolve_auto_jit_compile", lambda _, it=choice: it)
        model = build(SCENARIOS["Plain"], 1, tiny_network)
        compile_model(model, 0.1)
        assert model.jit_compile == choice


def test_on_the_cpu_of_tensorflow_no_step_is_compiled_by_xla():
    assert not scenarios.training(SCENARIOS["Plain"], TINY, EMPTY, 1).model.jit_compile


EMPTY = Examples(*[np.zeros((1, 32, 32, 3), np.uint8), np.zeros(1, np.uint8)] * 2)

ON_JAX = """
import sys
sys.path[:0] = [{tests!r}, {root!r}]
from pathlib import Path
import test_scenarios as tiny
from data.studies import scenarios
from data.studies.reports import Report
from data.studies import trained
from helpers.learnable.datasets import pictograms
import numpy as np

folder, scenario = Path({folder!r}), tiny.SCENARIOS["Encrypted-Adv"]
some = pictograms(np.random.default_rng(3), 32)
data = tiny.Examples(*some, *some)
training = scenarios.training(scenario, tiny.TINY, data, 1)
assert training.model.jit_compile and training.run(folder / "checkpoint.npz")
trained.save(folder / "model.npz", training)
report = Report(folder / "report.json", scenarios.describe(tiny.TINY, data, 1), "a command")
scenarios.measure(report, scenario, tiny.TINY, data, 1, folder / "model.npz")
made = report.content["provenance"]
print(*report.content["scenarios"], "jax" in made, "tensorflow" in sys.modules)
"""


def test_a_scenario_is_trained_kept_and_measured_on_jax_without_tensorflow(tmp_path):
    pytest.importorskip("jax")
    here = Path(__file__).parent
    code = ON_JAX.format(tests=str(here), root=str(here.parent), folder=str(tmp_path))
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split()[-3:] == ["Encrypted-Adv", "True", "False"]


def test_mixed_precision_keeps_logits_and_weights_in_32_bits():
    with in_precision(SCALES["paper"].precision):
        model = build(SCENARIOS["Encrypted"], 1, tiny_network)
    assert {str(v.dtype) for v in model.trainable_variables} == {"float32"}
    logits = model(np.zeros((1, 32, 32, 3), np.float32))
    assert "float32" in str(logits.dtype)
    compile_model(model, 0.1)
    x, y = np.zeros((2, 32, 32, 3), np.float32), np.zeros(2, np.uint8)
    model.train_on_batch(x, y)
    assert np.isfinite(gradient(model, x, y)[0]).all(), "adversarial training attacks it, too"
    assert keras.config.dtype_policy().name == "float32", "as it was before"


TWO_DEVICES = """
import sys
sys.path[:0] = [{tests!r}, {root!r}]
import numpy as np
from data.studies import scenarios
from data.studies.resumable import strategy
from helpers.learnable.datasets import pictograms
import test_scenarios as tiny

train = pictograms(np.random.default_rng(3), 34)
data = tiny.Examples(*train, *train)
training = scenarios.training(tiny.SCENARIOS["Encrypted-Adv"], tiny.TINY, data, 1, devices=2)
before = training.model.get_weights()
for _ in range(2):
    training.advance()
changed = [bool((a != b).any()) for a, b in zip(before, training.model.get_weights())]
print(training.seen, all(changed), strategy(2).num_replicas_in_sync)
"""


def test_adversarial_training_is_shared_between_two_devices():
    here = Path(__file__).parent
    code = TWO_DEVICES.format(tests=str(here), root=str(here.parent))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == ["34", "True", "2"]
