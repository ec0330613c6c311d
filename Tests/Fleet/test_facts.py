"""What files tell about repositories: what they do not tell is unknown."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from strata_fleet.errors import UsageError
from strata_fleet.facts import parse_time, read_facts
from strata_fleet.images import Image

A, B = ("sha256:" + letter * 64 for letter in "ab")


def image(tag: str = "1", **changes: Any) -> Image:
    words = {"source": "oci:x", "repository": "r", "tag": tag, "digest": A, "index": None, "platform": None}
    return Image(**(words | {"layers": (), "diff_ids": ()} | changes))


def written(folder: Path, *lines: object) -> str:
    path = folder / "facts"
    path.write_text("".join((each if isinstance(each, str) else json.dumps(each)) + "\n" for each in lines))
    return str(path)


def test_owner_is_the_files_then_the_labels_then_the_repository(tmp_path: Path) -> None:
    facts = read_facts(written(tmp_path, {"repository": "r", "owner": "shop"}), None)
    assert facts.owner(image(labels={"team": "x"}), "team") == "shop"
    assert facts.owner(image(repository="s", labels={"team": "x"}), "team") == "x"
    assert facts.owner(image(repository="s"), "team") == "s"


@pytest.mark.parametrize(
    ("value", "year"),
    [
        ("2026-01-02T03:04:05Z", 2026),
        ("2026-01-02T03:04:05.123456789Z", 2026),
        (1_700_000_000, 2023),
        ("0001-01-01T00:00:00Z", None),
        (0, None),
        ("never", None),
        (True, None),
        (None, None),
        (1e300, None),
    ],
)
def test_times(value: object, year: int | None) -> None:
    time = parse_time(value)
    assert (time.year if time else None) == year


def test_a_pull_of_a_tag_is_that_tags(tmp_path: Path) -> None:
    facts = read_facts(written(tmp_path, {"repository": "r", "tag": "1", "lastPull": "2026-01-02T00:00:00Z"}), None)
    assert facts.last_pull(image("1")) == datetime(2026, 1, 2, tzinfo=UTC)
    assert facts.last_pull(image("2")) is None


def test_a_pull_of_a_repository_is_no_tags(tmp_path: Path) -> None:
    facts = read_facts(written(tmp_path, {"repository": "r", "lastPull": "2020-01-02T00:00:00Z"}), None)
    assert facts.last_pull(image("1")) is None


def test_equal_times_are_no_clock(tmp_path: Path) -> None:
    stamp = "2025-01-01T00:00:00Z"
    lines = [{"repository": "r", "tag": str(number), "lastPull": stamp} for number in range(30)]
    facts = read_facts(written(tmp_path, *lines, {"repository": "r", "tag": "x", "lastPull": "2025-05-05"}), None)
    assert facts.last_pull(image("3")) is None
    assert facts.last_pull(image("x")) is not None


def test_use_is_unknown_without_a_file(tmp_path: Path) -> None:
    assert read_facts(None, None).is_in_use(image()) is None
    facts = read_facts(None, written(tmp_path, f"host/app@{A}", {"digest": B}, "not a digest"))
    assert facts.is_in_use(image()) is True
    assert facts.is_in_use(image(digest="sha256:" + "c" * 64, index=B)) is True
    assert facts.is_in_use(image(digest="sha256:" + "c" * 64)) is False


def test_untagged_is_known_only_if_told(tmp_path: Path) -> None:
    assert not read_facts(written(tmp_path, {"repository": "r"}), None).knows_untagged
    assert read_facts(written(tmp_path, {"repository": "r", "untagged": []}), None).knows_untagged
    assert read_facts(written(tmp_path, {"repository": "r", "digest": A}), None).knows_untagged
    assert not read_facts(written(tmp_path, {"repository": "r", "digest": A, "tag": "1"}), None).knows_untagged


def test_a_file_that_is_none_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        read_facts(str(tmp_path / "none"), None)
    with pytest.raises(UsageError):
        read_facts(written(tmp_path, "[1]"), None)
    with pytest.raises(UsageError):
        read_facts(written(tmp_path, {"name": "r"}), None)
