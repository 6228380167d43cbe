"""Fixtures that several of the tests share."""

from __future__ import annotations

import pytest

from helpers import manifest


@pytest.fixture
def data(tmp_path, monkeypatch):
    """An empty data folder in place of the shipped one."""
    monkeypatch.setattr(manifest, "DATA", tmp_path)
    monkeypatch.setattr(manifest, "MANIFEST", tmp_path / "MANIFEST.json")
    return tmp_path
