"""Charts as SVG: rectangles and texts, coloured by the page's style sheet."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import squarify

from strata_fleet.page.units import bytes_text

WIDTH, HEIGHT = 1000.0, 420.0
ROW = 24.0
LABEL = 330.0
# A smaller rectangle shows no name.
NAME_WIDTH, NAME_HEIGHT = 60.0, 18.0
# About the width of a letter.
LETTER = 7.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A line of a bar chart: its parts one after another, each with its class of colour."""

    name: str
    parts: tuple[tuple[str, int], ...]

    @property
    def total(self) -> int:
        """The length."""
        return sum(size for _, size in self.parts)


def shortened(name: str, width: float) -> str:
    """A name that fits; its end tells more than its beginning."""
    letters = max(3, int(width / LETTER))
    return name if len(name) <= letters else "…" + name[-(letters - 1) :]


def svg(height: float, label: str, content: Sequence[str]) -> str:
    """A picture with a description for those who do not see it."""
    return (
        f'<svg viewBox="0 0 {WIDTH:.0f} {height:.0f}" role="img" aria-label="{escape(label)}">{"".join(content)}</svg>'
    )


def treemap(items: Sequence[tuple[str, int]], label: str) -> str:
    """Areas by bytes; the last item may stand for all that are too small."""
    kept = sorted((item for item in items if item[1] > 0), key=lambda item: -item[1])
    if not kept:
        return ""
    sizes = squarify.normalize_sizes([size for _, size in kept], WIDTH, HEIGHT)
    places = squarify.squarify(sizes, 0, 0, WIDTH, HEIGHT)
    content = []
    for number, ((name, size), place) in enumerate(zip(kept, places, strict=True)):
        x, y, dx, dy = place["x"], place["y"], place["dx"], place["dy"]
        content.append(
            f'<g><title>{escape(name)}: {bytes_text(size)}</title><rect class="area c{number % 6}" '
            f'x="{x:.1f}" y="{y:.1f}" width="{dx:.1f}" height="{dy:.1f}"/>'
        )
        if dx >= NAME_WIDTH and dy >= NAME_HEIGHT:
            content.append(
                f'<text class="in" x="{x + 5:.1f}" y="{y + 15:.1f}">{escape(shortened(name, dx - 10))}</text>'
            )
            if dy >= 2 * NAME_HEIGHT:
                content.append(f'<text class="in" x="{x + 5:.1f}" y="{y + 31:.1f}">{bytes_text(size)}</text>')
        content.append("</g>")
    return svg(HEIGHT, label, content)


def bars(rows: Sequence[Bar], label: str) -> str:
    """Bars of one scale, with the name on the left and the sum at the end."""
    longest = max((row.total for row in rows), default=0)
    if longest == 0:
        return ""
    scale = (WIDTH - LABEL - 90) / longest
    content = []
    for number, row in enumerate(rows):
        y = number * ROW
        name = escape(shortened(row.name, LABEL - 10))
        content.append(f'<text class="name" x="{LABEL - 8:.0f}" y="{y + 16:.0f}">{name}</text>')
        x = LABEL
        for part, size in row.parts:
            width = size * scale
            content.append(
                f"<g><title>{escape(row.name)}, {escape(part)}: {bytes_text(size)}</title>"
                f'<rect class="bar {escape(part)}" x="{x:.1f}" y="{y + 3:.0f}" '
                f'width="{width:.1f}" height="{ROW - 7:.0f}"/></g>'
            )
            x += width
        content.append(f'<text class="sum" x="{x + 6:.1f}" y="{y + 16:.0f}">{bytes_text(row.total)}</text>')
    return svg(len(rows) * ROW, label, content)


def legend(parts: Sequence[str]) -> str:
    """What the colours of bars mean."""
    return '<p class="legend">' + "".join(f'<span class="key {escape(p)}">{escape(p)}</span>' for p in parts) + "</p>"
