"""What the worker tells of images, and what it does not."""

from typing import Any

from strata_fleet.audit import sorted_totals

WASTE = {"overwritten": 1, "metadataOnly": 0, "typeChange": 0, "deleted": 0, "opaque": 0, "duplicateEntry": 0}


def row(image: str | None, **more: Any) -> dict[str, Any]:
    sums = {"contentBytes": 3, "visibleBytes": 2, "wastedBytes": 1, "waste": WASTE, "unsettled": None, "error": None}
    return {"image": image} | sums | more


def test_each_image_is_known_unsettled_or_failed() -> None:
    rows = [
        row("a"),
        row("b", unsettled=["x", "y"]),
        row("c", error="contradiction"),
        row(None, error="a strange line"),
    ]
    found, errors, unsettled = sorted_totals(rows, ["a", "b", "c", "d"])
    assert found == {"a": {"contentBytes": 3, "visibleBytes": 2, "wastedBytes": 1, **WASTE}}
    assert {name: text for name, text in errors.items() if name} == {
        "c": "contradiction",
        "d": "no totals were computed",
    }
    assert unsettled == {"x", "y"}
