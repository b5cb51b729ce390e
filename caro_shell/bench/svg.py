"""A small writer of SVG: shapes by class, so that one style sheet says how all of them look. Lengths are in pixels."""

from dataclasses import dataclass, field
from html import escape
from typing import NamedTuple


class Box(NamedTuple):
    """A rectangle."""

    left: float
    top: float
    width: float
    height: float


@dataclass
class Drawing:
    """A drawing as it grows downwards; `style` is CSS, `title` what is read to those who do not see it."""

    width: float
    title: str
    style: str
    _shapes: list[str] = field(default_factory=list)

    def box(self, box: Box, look: str, told: str = "", *, radius: float = 0) -> None:
        """Draw a rectangle; `told` is shown by whoever points at it."""
        place = f'x="{box.left:.1f}" y="{box.top:.1f}" width="{max(box.width, 0):.1f}" height="{box.height:.1f}"'
        inside = f"<title>{escape(told)}</title>" if told else ""
        round_off = f' rx="{radius:g}"' if radius else ""
        self._shapes.append(f'<rect class="{look}" {place}{round_off}>{inside}</rect>')

    def line(self, start: tuple[float, float], end: tuple[float, float], look: str) -> None:
        """Draw a straight line."""
        (x1, y1), (x2, y2) = start, end
        self._shapes.append(f'<line class="{look}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>')

    def text(self, left: float, baseline: float, text: str, look: str = "", *, anchor: str = "start") -> None:
        """Write a line of text; `anchor` is start, middle or end."""
        place = f'x="{left:.1f}" y="{baseline:.1f}" text-anchor="{anchor}"'
        self._shapes.append(f'<text class="{look}" {place}>{escape(text)}</text>')

    def written(self, height: float) -> str:
        """Return the file's text, `height` pixels high."""
        size = f'width="{self.width:g}" height="{height:g}" viewBox="0 0 {self.width:g} {height:g}"'
        card = f'<rect class="card" x="0.5" y="0.5" width="{self.width - 1:g}" height="{height - 1:g}" rx="8"/>'
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {size}>',
                f"<title>{escape(self.title)}</title>",
                f"<style>\n{self.style}</style>",
                card,
                *self._shapes,
                "</svg>\n",
            ]
        )
