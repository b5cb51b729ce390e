"""The picture of a result: what is in it, and that it can be read on light and on dark."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

import caro_shell
from caro_shell.bench.picture import picture

SVG = "{http://www.w3.org/2000/svg}"
STYLE = Path(caro_shell.__file__).with_name("bench") / "picture.css"
# Of the letters of a common typeface at 13 pixels; wide enough for a figure, and more than most words take.
LETTER = 7.4


@pytest.fixture
def result() -> dict[str, Any]:
    """An invented result in the shape of a real one; test_bench.py holds the shape to a real one's."""
    return dict(json.loads(Path(__file__).with_name("result.json").read_text()))


def shapes(drawing: str, name: str) -> Iterator[ET.Element]:
    """Return the elements of a name."""
    return ET.fromstring(drawing).iter(f"{SVG}{name}")  # noqa: S314  it is our own


def test_it_says_what_was_measured_and_on_what(result: dict[str, Any]) -> None:
    """Every case, every step that is not the engine's, every command that has answered; text is text."""
    drawn = picture(result)
    written = [text.text or "" for text in shapes(drawn, "text")]
    everything = "\n".join(written)
    for told in ("cold: no daemon yet", "after idle unload", "warm", "asked before", "client start", "proof", "apply"):
        assert told in written
    for told in ("1.08 x bare", "an invented processor <&>", "shell_gpt <1.5>", "5.19 x (4.83 to 5.60)", "2026-01-02"):
        assert told in everything
    assert "gone" not in everything
    assert "decode" in [title.text.partition(":")[0] for title in shapes(drawn, "title") if title.text]


def test_the_same_result_is_the_same_picture(result: dict[str, Any]) -> None:
    """Nothing of where or when it is drawn is in it, and it needs nothing from elsewhere."""
    assert picture(result) == picture(json.loads(json.dumps(result)))
    assert re.findall(r"https?://[^\"]*", picture(result)) == ["http://www.w3.org/2000/svg"]


def test_everything_lies_on_the_card(result: dict[str, Any]) -> None:
    """Also where one command takes a hundred times as long, and where its name is long."""
    result["versus"][0] |= {"command": "w" * 200, "theirs_ms": {"p50": 99999.0, "p95": 1.0, "p99": 1.0}}
    drawn = ET.fromstring(picture(result))  # noqa: S314  it is our own
    width, height = float(drawn.attrib["width"]), float(drawn.attrib["height"])
    for box in drawn.iter(f"{SVG}rect"):
        left, top = float(box.attrib["x"]), float(box.attrib["y"])
        assert 0 <= left <= left + float(box.attrib["width"]) <= width
        assert 0 <= top <= top + float(box.attrib["height"]) <= height
    for text in drawn.iter(f"{SVG}text"):
        length = LETTER * len(text.text or "")
        left = float(text.attrib["x"]) - (length if text.attrib["text-anchor"] == "end" else 0)
        assert 0 < float(text.attrib["y"]) < height
        assert left > 0
        assert left + length < width, text.text


def test_it_can_be_drawn_of_a_single_request_and_without_rivals(result: dict[str, Any]) -> None:
    """Nothing is divided by what may be nothing."""
    nothing = {"p50": 0.0, "p95": 0.0, "p99": 0.0}
    result["cases"]["warm"]["steps_ms"] = dict.fromkeys(result["cases"]["warm"]["steps_ms"], nothing)
    assert "Beside other commands" not in picture({**result, "versus": [], "versus_cold": []})


def test_every_look_has_a_colour_of_its_own_on_light_and_on_dark(result: dict[str, Any]) -> None:
    """What is coloured by the style sheet is so in both halves of it, the ground too."""
    light, _, dark = STYLE.read_text(encoding="utf-8").partition("@media (prefers-color-scheme: dark)")
    coloured = re.compile(r"^\s*\.?([\w.]+) \{[^}]*(?:fill|stroke): #", re.MULTILINE)
    assert set(coloured.findall(light)) == set(coloured.findall(dark)) > {"card", "text"}
    looks = {look for _ in ("rect", "line") for shape in shapes(picture(result), _) for look in [shape.attrib["class"]]}
    assert looks <= set(coloured.findall(light))


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("half", [0, 2], ids=["light", "dark"])
def test_words_and_bars_stand_out_from_the_ground(half: int) -> None:
    """By the ratios of WCAG 2.2: 4.5 for text, 3 for what has to be seen besides."""
    css = STYLE.read_text(encoding="utf-8").partition("@media (prefers-color-scheme: dark)")[half]
    colours = dict(re.findall(r"^\s*\.?([\w.]+) \{[^}]*?(?:fill|stroke): (#[0-9a-f]{6})", css, re.MULTILINE))
    ground = luminance(colours.pop("card"))
    del colours["grid"]
    for look, colour in colours.items():
        light, dark = sorted((luminance(colour), ground), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= (4.5 if look in ("text", "quiet") else 3.0), look
