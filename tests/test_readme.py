"""The README says what is so: its links, its commands, its picture, its numbers."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.stats import spearmanr

from data.studies import draw_four_ways
from helpers import lessons, manifest
from helpers.__main__ import COMMANDS
from helpers.files import read_json
from helpers.learnable import scenarios
from helpers.neural import proof
from helpers.neural.cipher import NeuralCipher

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LESSONS = [lessons.path_of(name) for name in lessons.NAMES]


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#:]+)\)", README))
def test_a_link_leads_somewhere(target):
    assert (ROOT / target).exists()


def test_every_lesson_is_on_the_map_with_its_minutes():
    for path in LESSONS:
        minutes = re.search(r"About (\d+) minutes", path.read_text(encoding="utf-8"))[1]
        assert re.search(rf"\(notebooks/{path.name}\) \| {minutes} \|", README), path.name


@pytest.mark.parametrize("command", sorted(set(re.findall(r"make ([a-z]+)\b", README))))
def test_a_command_exists(command):
    assert command in COMMANDS
    assert re.search(
        rf"^[a-z ]*\b{command}\b[a-z ]*:", (ROOT / "Makefile").read_text("utf-8"), re.M
    )


def test_the_picture_is_what_the_kit_draws_today():
    drawn = np.asarray(Image.open(io.BytesIO(draw_four_ways.draw())).convert("RGB"), int)
    shown = np.asarray(Image.open(ROOT / "data/pictures/four_ways.png").convert("RGB"), int)
    # A little room for other fonts and other rounding; a wrong picture is far from it.
    assert drawn.shape == shown.shape
    assert np.abs(drawn - shown).mean() < 2


def test_the_numbers_of_the_shipped_pair_are_those_of_its_file():
    about = NeuralCipher.load("paper").about
    assert about["wrong_of_10000000_random_pairs"] == 0
    assert about["wrong_of_65536_under_the_papers_key"] == 0
    assert f"| {about['eve_blocks']} |" in README
    assert f"| {about['eve_bits']} |" in README
    for fact in (about["command"], about["date"], f"{about['training_seconds']} seconds"):
        assert fact in README


@pytest.mark.parametrize("name", scenarios.SCENARIOS)
def test_the_table_of_scenarios_is_that_of_the_results(name):
    row = next(line for line in README.splitlines() if line.startswith(f"| {name} |"))
    found = []
    for scale in ("laptop", "classroom"):
        reports = [report["scenarios"][name] for report in scenarios.results(scale)]
        test, adversarial, adaptive = (
            np.mean([report[column] for report in reports])
            for column in ("test", "adversarial", "adaptive")
        )
        found += [f"{test:.3f} / {adversarial:.3f}", f"{adaptive:.3f}"]
    assert row.endswith(f"| {' | '.join(found)} |")


@pytest.mark.parametrize("name", ["proven", "uncorrelated", "diffusing"])
def test_a_pair_that_is_called_proved_was_counted_without_a_fault(name):
    assert proof.shipped(name)["wrong"] == 0
    assert f"`{name}`" in README


def test_what_is_said_of_diffusing_is_what_was_measured():
    measured = read_json(manifest.checked("results/comparison.json"))["ciphers"]["diffusing"]
    papers_key = measured["largest_correlation_under_the_papers_key"]
    assert f"in {50 + 50 * papers_key:.1f} % of the blocks" in README
    assert f"largest correlation is {measured['largest_correlation']:.3f} (median)" in README
    best = read_json(manifest.checked("results/best_eves.json"))["ciphers"]["diffusing"]["rounds"]
    assert f"leaves {best['20']['distinct_ciphertexts']:,.1f} of 65,536 messages" in README


@pytest.mark.parametrize(
    ("name", "size", "what"),
    [
        ("diffusing", "2x2", "alone"),
        ("diffusing", "4x4", "alone"),
        ("resisting", "8x8", "alone"),
        ("proven", "8x8", "among"),
        ("proven", "96x96", "among"),
    ],
)
def test_how_often_a_patch_names_its_key_is_what_was_counted(name, size, what):
    pairs = read_json(manifest.checked("results/patches.json"))["ciphers"]
    found = pairs[name]["busy"][size]
    assert f"{found[what]['hits']} of {found['tried']}" in README
    noise = [pair["noise"]["among"]["hits"] for pair in pairs.values() if "noise" in pair]
    assert noise == [0] * 4


def test_the_row_of_strong_eves_is_that_of_their_result():
    for eves in read_json(manifest.checked("results/strong_eves.json"))["ciphers"].values():
        share, low, high = (100 * number for number in (eves["share"], *eves["interval"]))
        assert f"| {share:.3f} % [{low:.3f}, {high:.3f}] |" in README


def test_what_is_said_of_lesson_6_is_what_was_measured():
    said = README.partition("What follows is in lesson 6")[2].partition("\n### ")[0]
    for scale in ("classroom", "laptop"):
        controls = manifest.results(f"noise_controls_{scale}")
        for matched in (row["matched"] for seed, row in controls.items() if "seed" in seed):
            low, high = matched["interval"]
            assert f"{matched['attack_minus_mean']:+.3f} [{low:+.3f}, {high:+.3f}]" in said
        half = manifest.results(f"without_key_{scale}")["curves"]["25"]["half_of_20"]
        assert f"{half['wrong']:,} of {half['of']:,} pictures" in said
    equal, three = (
        manifest.results("equal_attackers_classroom"),
        ("Encrypted", "Plain", "Plain-Adv"),
    )
    for scale, words in {
        "classroom": "{:.3f} lost with encryption, {:.3f} without, and {:.3f} by a plain",
        "laptop": "on CIFAR-10 {:.3f}, {:.3f} and {:.3f}",
    }.items():
        at_1 = manifest.results(f"equal_attackers_{scale}")["seed 1, eps 1"]
        assert words.format(*(at_1[name]["worst"]["wrong"] / 1000 for name in three)) in said
    asked = {name: equal["seed 1, eps 1"][name]["square"]["wrong"] for name in three}
    assert f"{asked['Encrypted']} of 200" in said
    assert f"the plain one on {asked['Plain']}." in said
    at_8 = equal["seed 1, eps 8"]
    assert f"loses {at_8['Plain-Adv']['worst']['wrong'] / 1000:.3f} at 8/255" in said
    assert min(at_8[name]["worst"]["wrong"] for name in ("Plain", "Encrypted")) > 990
    stamps = {
        name: row["20"]["stamp"]["named"] / 1000
        for name, row in manifest.results("leaking_laptop").items()
        if name != "provenance"
    }
    assert f"on {stamps.pop('Encrypted-Adv'):.3f} of CIFAR-10" in said
    assert f"on {max(stamps.values()):.3f} at most" in said
    cut_short = manifest.results("paper_scale_cut_short")["scenarios"]["Encrypted"]
    assert f"{cut_short['test']} / {cut_short['adversarial']} for Encrypted after 18" in said


def test_what_is_said_of_lesson_8_is_what_was_measured():
    said = README.partition("### Break your own cipher")[2].partition("\n## ")[0]
    best = manifest.results("ceilings")["ciphers"]["diffusing"]
    assert f"once in 2^{-np.log2(best['likeliest_xor_share'][19]):.2f}" in said
    nets = manifest.results("distinguishers")["ciphers"]
    for rounds in (5, 20):
        ours = [n["accuracy"] for n in nets["diffusing"]["networks"] if n["rounds"] == rounds]
        for share in (np.mean(ours), *(best[f"from_the_{w}"][rounds - 1] for w in ("xor", "pair"))):
            assert f"{100 * share:.2f}" in said
    for rounds in (5, 6):
        ours = [n["accuracy"] for n in nets["speck"]["networks"] if n["rounds"] == rounds]
        assert f"{100 * np.mean(ours):.1f}" in said
    trained = manifest.results("resisting")["trained"]
    assert "5 of 5 seeds" in said and [t["rounds_until_the_floor"] for t in trained] == [6] * 5
    points = manifest.results("learnability")["points"]
    points = [point for point in points if point["kind"] != "resisting"]  # the end of one training
    both = [[p[name] for p in points] for name in ("bits_of_best_differential", "bits")]
    assert f"Over {len(points)} rounds" in said
    assert f"rank correlation of {spearmanr(*both).statistic:.2f}" in said
