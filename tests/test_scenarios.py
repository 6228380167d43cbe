"""The five scenarios at a tiny scale: what is trained on what, stopped, resumed, measured, kept."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from helpers.learnable import evaluation, scenarios
from helpers.learnable.models import resnet
from helpers.learnable.scenarios import SCALES, SCENARIOS, Examples, Report, cipher_of, stream


def tiny_network(seed: int = 0):
    return resnet("tiny", (4,), 1, 4, 3, 10, 32, seed)


TINY = replace(
    SCALES["classroom"],
    name="tiny",
    network=tiny_network,
    epochs=2,
    encrypted_epochs=1,
    adversarial_epochs=1,
    attacked=16,
    climbed=8,
    batch=32,
)


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(scenarios, "CHECKPOINTS", tmp_path / "checkpoints")
    monkeypatch.setitem(SCALES, "tiny", TINY)
    monkeypatch.setattr(evaluation, "EPS_IN_BYTES", (1, 25.5))
    monkeypatch.setattr(evaluation, "PAPERS_ATTACK", {"eps": 0.1, "eps_iter": 0.05, "nb_iter": 2})


@pytest.fixture(scope="module")
def data() -> Examples:
    train = scenarios.datasets.pictograms(np.random.default_rng(3), 70)
    return Examples(*train, *scenarios.datasets.pictograms(np.random.default_rng(4), 40))


def a_batch(name: str, data: Examples, i: int = 0, seed: int = 1):
    training = scenarios.training(SCENARIOS[name], TINY, data, seed)
    return training.batch(i)


def as_bytes(x: np.ndarray) -> np.ndarray:
    return np.round(x * 255).astype(np.uint8)


# --- what the network sees ------------------------------------------------------------------------


def test_the_rows_are_those_of_the_papers_table():
    assert list(SCENARIOS) == [
        "Plain",
        "Encrypted",
        "Encrypted-Adv",
        "Encrypted-DK",
        "Encrypted-Adv-DK",
    ]


def test_the_papers_own_scale_is_the_papers():
    paper = SCALES["paper"]
    assert (paper.rate, paper.drops_after, paper.epochs, paper.batch) == (0.1, 40, 100, 128)
    assert paper.attack() == {"eps": 0.1, "eps_iter": 0.01, "nb_iter": 20}
    rate = scenarios.schedule(paper, 100, 391)
    assert float(rate(0)) == pytest.approx(0.1)
    assert float(rate(40 * 391 + 1)) == pytest.approx(0.01)


def test_the_rate_of_the_small_scales_rises_and_falls():
    rate = scenarios.schedule(TINY, 4, 100)
    found = [float(rate(i)) for i in range(0, 401, 20)]
    assert max(found) == pytest.approx(0.1)
    assert found[0] == 0 and found[-1] == pytest.approx(0, abs=1e-6)
    assert found.index(max(found)) == 5


def test_an_epoch_shows_each_picture_once(data):
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
        keys = [cipher_of(SCENARIOS[name], 1, scenarios.TEST_KEY, i).key for i in range(3)]
        assert np.array_equal(keys[0], keys[1])
        assert np.array_equal(keys[0], cipher_of(SCENARIOS[name], 1).key)
    for name in ("Encrypted-DK", "Encrypted-Adv-DK"):
        keys = [cipher_of(SCENARIOS[name], 1, scenarios.BATCH_KEY, i).key for i in range(3)]
        keys += [cipher_of(SCENARIOS[name], 1, scenarios.TEST_KEY, i).key for i in range(3)]
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


# --- the whole experiment -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def outcome(data, tmp_path_factory):
    """All five scenarios, run once."""
    folder = tmp_path_factory.mktemp("outcome")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scenarios, "CHECKPOINTS", folder / "checkpoints")
        patch.setitem(SCALES, "tiny", TINY)
        patch.setattr(evaluation, "EPS_IN_BYTES", (1, 25.5))
        patch.setattr(evaluation, "PAPERS_ATTACK", {"eps": 0.1, "eps_iter": 0.05, "nb_iter": 2})
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
    model, about = scenarios.load(folder / "weights" / "tiny" / "Encrypted.npz")
    cipher = cipher_of(SCENARIOS["Encrypted"], about["seed"])
    answers = model.predict(cipher.encrypt(data.x_test) / np.float32(255), verbose=0)
    wrong = np.mean(answers.argmax(axis=1) != data.y_test)
    assert report.content["scenarios"]["Encrypted"]["test"] == pytest.approx(wrong)


def test_given_again_nothing_is_done_twice(outcome, data, monkeypatch):
    folder, report = outcome
    monkeypatch.setattr(scenarios, "training", lambda *_: pytest.fail("trained again"))
    monkeypatch.setattr(evaluation, "error", lambda *_: pytest.fail("measured again"))
    assert scenarios.run(TINY, data, 1, folder).content == report.content


def test_stopped_in_the_third_scenario_it_goes_on_to_the_same_result(
    outcome, data, tmp_path, monkeypatch
):
    folder, report = outcome
    make = scenarios.batch

    def interrupted(model, scenario, scale, examples, seed, i):
        if scenario.name == "Encrypted-Adv" and i == 1:
            os.kill(os.getpid(), signal.SIGINT)
        return make(model, scenario, scale, examples, seed, i)

    monkeypatch.setattr(scenarios, "batch", interrupted)
    assert scenarios.run(TINY, data, 1, tmp_path) is None
    monkeypatch.setattr(scenarios, "batch", make)
    resumed = scenarios.run(TINY, data, 1, tmp_path).content
    for part in ("label_leaking", "ladder"):
        assert resumed[part] == report.content[part]
    for name, row in resumed["scenarios"].items():
        wanted = report.content["scenarios"][name]
        assert {k: v for k, v in row.items() if k != "training_seconds"} == {
            k: v for k, v in wanted.items() if k != "training_seconds"
        }


def test_results_of_other_pictures_are_refused(outcome, data):
    folder, _ = outcome
    others = replace(data, x_train=data.x_train[::-1].copy())
    with pytest.raises(ValueError, match="other settings or pictures: move it away"):
        scenarios.run(TINY, others, 1, folder)


def test_the_table_has_a_line_for_each_row(outcome):
    lines = scenarios.table(outcome[1].content).splitlines()
    assert [line.split()[0] for line in lines[1:]] == list(SCENARIOS)
    assert lines[0].split() == ["train", "test", "adversarial", "adaptive"]


# --- shipped results ------------------------------------------------------------------------------


def test_results_come_for_each_seed_of_one_scale(tmp_path, monkeypatch):
    monkeypatch.setattr(scenarios.manifest, "DATA", tmp_path)
    monkeypatch.setattr(scenarios.manifest, "MANIFEST", tmp_path / "MANIFEST.json")
    (tmp_path / "results").mkdir()
    for number, name in enumerate(("laptop_seed3", "laptop", "classroom", "laptop_seed2")):
        file = f"results/scenarios_{name}.json"
        (tmp_path / file).write_text(json.dumps({"number": number}), encoding="utf-8")
        scenarios.manifest.record(file, "a command")
    found = scenarios.results("laptop")
    assert [content["number"] for content in found] == [1, 3, 0]
    assert scenarios.results("classroom") == [{"number": 2}]
    assert scenarios.results("paper") == []


def test_results_of_no_scale_are_refused():
    with pytest.raises(ValueError, match="no scale 'huge': choose one of classroom, laptop, paper"):
        scenarios.results("huge")


# --- files ----------------------------------------------------------------------------------------


def test_a_finished_scenario_leaves_no_checkpoint(outcome):
    assert not list((outcome[0] / "checkpoints").rglob("*.npz"))


def test_a_checkpoint_is_no_model_and_text_is_none_either(data, tmp_path):
    scenarios.training(SCENARIOS["Plain"], TINY, data, 1).save(tmp_path / "checkpoint.npz")
    with pytest.raises(ValueError, match="holds no trained model"):
        scenarios.load(tmp_path / "checkpoint.npz")
    (tmp_path / "text.npz").write_text("no arrays", encoding="utf-8")
    with pytest.raises(ValueError, match="no .npz file"):
        scenarios.load(tmp_path / "text.npz")
    with pytest.raises(FileNotFoundError, match="There is no file"):
        scenarios.load(tmp_path / "none.npz")


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
        (["--devices", "0"], "a batch needs a device or more"),
    ],
)
def test_the_command_refuses_in_one_sentence(arguments, words, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["scenarios", *arguments])
    with pytest.raises(SystemExit) as refusal:
        scenarios.main()
    assert words in f"{refusal.value} {capsys.readouterr().err}"


def test_mixed_precision_keeps_logits_and_weights_in_32_bits():
    half = replace(TINY, precision="mixed_float16")
    model = scenarios.build(SCENARIOS["Encrypted"], half, 1)
    assert {str(v.dtype) for v in model.trainable_variables} == {"float32"}
    logits = model(np.zeros((1, 32, 32, 3), np.float32))
    assert "float32" in str(logits.dtype)
    scenarios.compile_model(model, half, 1, 4)
    assert type(model.optimizer).__name__ == "LossScaleOptimizer"
    model.train_on_batch(np.zeros((2, 32, 32, 3), np.float32), np.zeros(2, np.uint8))
    from helpers.quiet_keras import keras

    assert keras.config.dtype_policy().name == "float32", "as it was before"


TWO_DEVICES = """
import sys
sys.path[:0] = [{tests!r}, {root!r}]
import numpy as np
from helpers.learnable import evaluation, scenarios
from helpers.learnable.training import strategy
import test_scenarios as tiny

train = scenarios.datasets.pictograms(np.random.default_rng(3), 70)
data = tiny.Examples(*train, *train)
training = scenarios.training(tiny.SCENARIOS["Encrypted-Adv"], tiny.TINY, data, 1, devices=2)
before = training.model.get_weights()
for _ in range(3):
    training.advance()
changed = [bool((a != b).any()) for a, b in zip(before, training.model.get_weights())]
print(training.seen, all(changed), strategy(2).num_replicas_in_sync)
"""


def test_adversarial_training_is_shared_between_two_devices():
    here = Path(__file__).parent
    code = TWO_DEVICES.format(tests=str(here), root=str(here.parent))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == ["70", "True", "2"]
