"""The pages' pictures: each is there, was made from its scene as the scene is now, and is nothing but a picture."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from film import scenes, stamp

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "pictures"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("name", scenes())
def test_a_scene_has_its_picture(name: str) -> None:
    """`python docs/pictures/film.py` makes it anew once the scene has changed."""
    text = (PICTURES / f"{name}.svg").read_text(encoding="utf-8")
    assert f"<!-- {stamp(scenes()[name])} -->" in text
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    assert [page for page in pages if f"pictures/{name}.svg" in page.read_text(encoding="utf-8")]
    drawn = ET.fromstring(text)  # noqa: S314  a file of our own
    assert {one.tag.removeprefix(SVG) for one in drawn.iter()} <= {
        *("svg", "title", "desc", "style", "rect", "circle", "g", "text", "tspan")
    }
    assert not [one for one in drawn.iter() if {"href", "onload"} & set(one.attrib)]
    # Who cannot see it, or wants no motion, has the end of it.
    assert (drawn.findtext(f"{SVG}desc") or "").strip()
    moving = [one for one in drawn.iter(f"{SVG}g") if one.get("class", "").startswith("f")]
    assert len(moving) > 1
    assert [one.get("visibility") for one in moving] == ["hidden"] * (len(moving) - 1) + [None]


def test_no_picture_is_left_of_a_scene_that_has_gone() -> None:
    """Of what film.py makes; `caro bench --svg` draws another one."""
    made = {path.stem for path in PICTURES.glob("*.svg") if "caro scene" in path.read_text(encoding="utf-8")}
    assert made == set(scenes())
