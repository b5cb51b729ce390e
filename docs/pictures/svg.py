"""A recorded terminal session as one SVG file that plays by itself; who wants no motion sees its last picture."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

from screen import Look, Run, rows

_CELL, _ROW, _SIZE, _EDGE, _BAR = 8.4, 19.0, 14, 14, 26
_PAPER, _INK, _FRAME = "#1b1d23", "#d8dbe2", "#3a3f4b"
# The sixteen colours of a dark theme with enough contrast on its paper, in the order of ECMA-48.
_SIXTEEN = (
    *("#2b2f38", "#f0716b", "#7fc98a", "#e5c07b", "#7aa8f5", "#c995e6", "#6cc7d3", "#c8ccd4"),
    *("#7d8494", "#ff938d", "#9fe0a8", "#f2d59a", "#9fc3ff", "#dcb3f2", "#92dde6", "#f2f4f8"),
)
_LEVELS = (0, 95, 135, 175, 215, 255)


class Frame(NamedTuple):
    """What the screen showed, where the cursor was, and for how long in seconds."""

    captured: str
    cursor: tuple[int, int]
    seconds: float


def drawn(title: str, size: tuple[int, int], frames: Sequence[Frame]) -> str:
    """Return the SVG; `size` counts columns and rows."""
    width, height = size[0] * _CELL + 2 * _EDGE, size[1] * _ROW + 2 * _EDGE + _BAR
    total = sum(frame.seconds for frame in frames)
    styles, groups, passed = [], [], 0.0
    for number, frame in enumerate(frames):
        begin, end = passed / total * 100, (passed + frame.seconds) / total * 100
        passed += frame.seconds
        shown = f"{begin:.3f}%{{visibility:visible}}{end:.3f}%{{visibility:hidden}}" if end < 100 else ""
        shown = shown or f"{begin:.3f}%{{visibility:visible}}"
        hidden = "0%{visibility:hidden}" if begin else ""
        styles.append(f"@keyframes f{number}{{{hidden}{shown}}}")
        styles.append(f".f{number}{{animation:f{number} {total:.2f}s step-end infinite}}")
        last = "" if number == len(frames) - 1 else ' visibility="hidden"'
        groups.append(f'<g class="f{number}"{last}>{"".join(_cells(frame, size))}</g>')
    motion = f"@media (prefers-reduced-motion:no-preference){{{''.join(styles)}}}"
    font = f"{_SIZE}px ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace"
    text = f"text{{font:{font};white-space:pre;fill:{_INK}}}"
    said = escape("\n".join(line.rstrip() for line in _plain(frames[-1])).strip())
    box = f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img">',
            f"<title>{escape(title)}</title><desc>{said}</desc>",
            f"<style>{text}{motion}</style>",
            f'<rect width="100%" height="100%" rx="8" fill="{_PAPER}" stroke="{_FRAME}"/>',
            *(f'<circle cx="{18 + 18 * dot}" cy="16" r="5" fill="{_FRAME}"/>' for dot in range(3)),
            f'<text x="{width / 2:.0f}" y="21" text-anchor="middle" fill-opacity=".6">{escape(title)}</text>',
            *groups,
            "</svg>",
            "",
        ]
    )


def _plain(frame: Frame) -> list[str]:
    return ["".join(run.text for run in runs) for runs in rows(frame.captured)]


def _cells(frame: Frame, size: tuple[int, int]) -> Iterator[str]:
    column, row = frame.cursor
    for number, runs in enumerate(rows(frame.captured)[: size[1]]):
        for run in runs:
            yield from _run(number, run)
    if 0 <= row < size[1]:
        x, y = _EDGE + column * _CELL, _EDGE + _BAR + row * _ROW
        yield f'<rect x="{x:.1f}" y="{y + 1:.1f}" width="2" height="{_ROW - 3:.0f}" fill="{_INK}"/>'


def _run(row: int, run: Run) -> Iterator[str]:
    look = run.look
    ink, paper = _hex(look.ink) or _INK, _hex(look.paper)
    if look.reversed:
        ink, paper = paper or _PAPER, ink
    x, y = _EDGE + run.column * _CELL, _EDGE + _BAR + row * _ROW
    width = run.width * _CELL
    if paper:
        yield f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{_ROW:.0f}" fill="{paper}"/>'
    if run.text.strip():
        place = f'x="{x:.1f}" y="{y + 14:.1f}" textLength="{width:.1f}"'
        yield f"<text {place}{_looks(look, ink)}>{escape(run.text)}</text>"


def _looks(look: Look, ink: str) -> str:
    said = f' style="fill:{ink}"' if ink != _INK else ""
    said += ' font-weight="bold"' if look.bold else ""
    said += ' font-style="italic"' if look.italic else ""
    said += ' text-decoration="underline"' if look.underlined else ""
    return said + (' opacity=".6"' if look.dim else "")


def _hex(colour: str) -> str:
    """Return a colour as `#rrggbb`: xterm's 256 are sixteen, a cube of 6 x 6 x 6, and 24 greys."""
    if not colour.isdigit():
        return colour
    number = int(colour)
    if number < 16:
        return _SIXTEEN[number]
    if number < 232:
        number -= 16
        return "#" + "".join(f"{_LEVELS[part]:02x}" for part in (number // 36, number // 6 % 6, number % 6))
    return "#" + f"{8 + 10 * (number - 232):02x}" * 3
