"""Chromium's settings are decided before it starts, and a user's own are kept."""

import os

import pytest

from widgets.map.environment import prepare_web_engine

NAMES = ("QTWEBENGINE_DISABLE_SANDBOX", "QT_QUICK_BACKEND", "QTWEBENGINE_CHROMIUM_FLAGS")


@pytest.fixture
def bare(monkeypatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_that_only_root_runs_without_the_sandbox(bare):
    bare.setattr(os, "geteuid", lambda: 1000)
    prepare_web_engine()
    assert "QTWEBENGINE_DISABLE_SANDBOX" not in os.environ
    bare.setattr(os, "geteuid", lambda: 0)
    prepare_web_engine()
    assert os.environ["QTWEBENGINE_DISABLE_SANDBOX"] == "1"


def test_that_software_drawing_is_chosen_without_a_graphics_processor(bare):
    bare.setattr("widgets.map.environment.has_gpu", lambda: False)
    prepare_web_engine()
    assert os.environ["QT_QUICK_BACKEND"] == "software"
    assert os.environ["QTWEBENGINE_CHROMIUM_FLAGS"].split() == ["--disable-gpu"]


def test_that_a_graphics_processor_is_used_where_there_is_one(bare):
    bare.setattr("widgets.map.environment.has_gpu", lambda: True)
    prepare_web_engine()
    assert "QT_QUICK_BACKEND" not in os.environ
    assert "QTWEBENGINE_CHROMIUM_FLAGS" not in os.environ


def test_that_the_users_own_flags_are_kept(bare):
    bare.setattr("widgets.map.environment.has_gpu", lambda: False)
    bare.setenv("QT_QUICK_BACKEND", "rhi")
    bare.setenv("QTWEBENGINE_CHROMIUM_FLAGS", "--log-level=3")
    prepare_web_engine()
    prepare_web_engine()
    assert os.environ["QT_QUICK_BACKEND"] == "rhi"
    assert os.environ["QTWEBENGINE_CHROMIUM_FLAGS"] == "--log-level=3 --disable-gpu"
