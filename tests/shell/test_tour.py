"""The pictures of the tour are what a terminal shows."""

import re
import xml.etree.ElementTree

import pytest

import pictures
from conftest import BIN


@pytest.mark.parametrize("name", pictures.PICTURES)
def test_a_picture_is_what_is_shown(name):
    picture = (pictures.FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    xml.etree.ElementTree.fromstring(picture)
    assert pictures.steady(pictures.screen_of(name, BIN)) == pictures.steady(pictures.rows_of(picture))


def test_the_tour_has_every_picture():
    tour = (pictures.ROOT / "docs/tour.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\(pictures/([\w-]+)\.svg\)", tour)) == set(pictures.PICTURES)
    assert {path.stem for path in pictures.FOLDER.iterdir()} == set(pictures.PICTURES)
