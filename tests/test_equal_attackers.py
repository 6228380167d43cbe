"""The same attackers on all networks: what is counted, and that no attack goes too far."""

from __future__ import annotations

import numpy as np
import pytest

from data.studies import attacked, equal_attackers
from data.studies.scenarios import SCALES, examples


def bools(text: str) -> np.ndarray:
    return np.array([letter == "x" for letter in text])


def test_a_picture_is_lost_where_any_attack_gets_it_also_one_on_the_first_few():
    lost = {"pgd": bools("x..."), "search": bools("..x."), "square": bools(".x")}
    assert equal_attackers.worst(lost).tolist() == [True, True, True, False]


def test_networks_are_compared_in_pairs_attack_by_attack_and_in_the_worst_case():
    plain = {"pgd": bools("x....."), "search": bools("x.....")}
    encrypted = {"pgd": bools(".x...."), "search": bools("xxxxx.")}
    found = equal_attackers.summary({"Plain": plain, "Encrypted": encrypted})
    assert found["Encrypted"]["worst"]["wrong"] == 5 and found["Plain"]["worst"]["of"] == 6
    pairs = found["pairs"]["Encrypted, Plain"]
    assert pairs["worst"] == {"first_alone": 4, "second_alone": 0, "p": 0.12}  # 2 / 2^4
    assert pairs["pgd"] == {"first_alone": 1, "second_alone": 1, "p": 1.0}


def test_noise_that_goes_too_far_is_noticed():
    grey = np.full((1, 1, 1, 3), 128, np.uint8)
    assert equal_attackers.within(grey - np.uint8(2), grey, 2) is not grey
    with pytest.raises(ValueError, match="within 2 bytes went 3 far"):
        equal_attackers.within(grey - np.uint8(3), grey, 2)


@pytest.fixture
def setting() -> attacked.Setting:
    scale = SCALES["classroom"]
    return attacked.Setting(scale, examples(scale))


def test_a_missing_network_is_a_sentence(setting, monkeypatch, tmp_path):
    monkeypatch.setitem(attacked.WHERE, "classroom", tmp_path)
    with pytest.raises(ValueError, match="There is no network Plain of seed 1 .* train it"):
        equal_attackers.of(1)(setting)


@pytest.mark.slow
def test_on_a_few_pictures_the_search_gets_most_of_encrypted_and_nothing_much_of_plain(
    setting, monkeypatch
):
    for name, small in {"ATTACKED": 24, "ASKED": 4, "QUERIES": 10, "STEPS": 5}.items():
        monkeypatch.setattr(equal_attackers, name, small)
    found = equal_attackers.of(1)(setting)
    rows = ["no_attack", "pgd", "pgd_margin", "apgd", "dlr", "search", "square", "worst"]
    assert all(list(found[name]) == rows for name in equal_attackers.NETWORKS)
    wrong = {name: found[name]["worst"]["wrong"] for name in equal_attackers.NETWORKS}
    assert wrong["Encrypted"] >= 16 and max(wrong["Plain"], wrong["Plain-Adv"]) <= 6
    assert found["Encrypted"]["square"]["of"] == 4
    assert found["pairs"]["Encrypted, Plain"]["worst"]["first_alone"] >= 12
