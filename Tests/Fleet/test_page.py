"""The page, which shows names that anybody chose."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

from strata_fleet.page.charts import Bar, bars, treemap
from strata_fleet.page.page import page
from strata_fleet.page.units import bytes_text

HOSTILE = "</title></style><script>alert(1)</script>\"'&<img src=x onerror=alert(1)>"
STARTED = datetime(2026, 1, 1, tzinfo=UTC)


class Tags(HTMLParser):
    """The names of all elements and attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}


def rows() -> dict[str, list[dict[str, Any]]]:
    number = {"layers": 1, "images": 1, "tags": 1, "percentUpToHere": 100.0}
    causes = dict.fromkeys(("overwritten", "metadataOnly", "typeChange", "deleted", "opaque", "duplicateEntry"), 5)
    return {
        "owners": [{"owner": HOSTILE, "exclusiveBytes": 5, "sharedBytes": 6}],
        "repositories": [{"repository": HOSTILE, "splitBytes": 500, **number}],
        "waste": [{"owner": HOSTILE, "wastedBytes": None, **causes}],
        "bases": [{"base": HOSTILE, "bytes": 5, "savedBytes": 5}],
        "growth": [{"owner": HOSTILE, "addedBytes": None, "goneBytes": None}],
        "failures": [{"error": HOSTILE}] * 200,
    }


def test_names_are_text_and_nothing_else() -> None:
    text = page(rows(), ["docker://" + HOSTILE], 1, STARTED)
    tags = Tags(text)
    assert not tags.names & {"script", "img", "iframe", "object"}
    assert not any(name.startswith("on") for name in tags.attributes)
    assert "&lt;script&gt;" in text


def test_the_page_needs_nothing_else() -> None:
    text = page(rows(), ["docker://host"], 1, STARTED)
    assert re.findall(r'(?:src|href)="([^"]*)"', text) and all(
        target.startswith("figures/") for target in re.findall(r'(?:src|href)="([^"]*)"', text)
    )
    assert "url(" not in text and "@import" not in text


def test_long_tables_say_how_long_they_are() -> None:
    assert "50 of 200 rows" in page(rows(), [], 1, STARTED)


def test_unknown_is_not_0() -> None:
    text = page({"growth": [{"owner": "a", "addedBytes": None, "goneBytes": None}]}, [], 1, STARTED)
    assert "<td>-</td>" in text and "0 B" not in text


def test_areas_are_by_bytes() -> None:
    text = treemap([("a", 300), ("b", 100), ("none", 0)], "x")
    sizes = [float(w) * float(h) for w, h in re.findall(r'width="([\d.]+)" height="([\d.]+)"', text)]
    assert len(sizes) == 2 and abs(sizes[0] / sizes[1] - 3) < 0.01


def test_bars_have_one_scale() -> None:
    text = bars([Bar("a", (("deleted", 200),)), Bar("b", (("deleted", 100),))], "x")
    widths = [float(width) for width in re.findall(r'<rect[^>]* width="([\d.]+)"', text)]
    assert abs(widths[0] / widths[1] - 2) < 0.01


def test_charts_of_nothing_are_none() -> None:
    assert treemap([], "x") == bars([], "x") == bars([Bar("a", (("deleted", 0),))], "x") == ""


def test_bytes() -> None:
    assert [bytes_text(count) for count in (None, 0, 999, 1000, 12_345, 999_600, 5 * 10**15, -2000)] == [
        "-",
        "0 B",
        "999 B",
        "1.00 kB",
        "12.3 kB",
        "1.00 MB",
        "5.00 PB",
        "-2.00 kB",
    ]
