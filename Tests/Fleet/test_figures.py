"""The questions, asked of tables that are written by hand."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from strata_fleet import duck, questions
from strata_fleet.cells import as_csv
from strata_fleet.facts import Facts
from strata_fleet.images import Image
from tables import NOW, digest, image, write

Row = dict[str, Any]


def ask(out: Path, question: str) -> list[Row]:
    columns, rows = duck.query(str(out), questions.text(question))
    return [dict(zip(columns, row, strict=True)) for row in rows]


def by(rows: list[Row], key: str) -> dict[str, Row]:
    return {row[key]: row for row in rows}


def fleet(seed: int) -> list[Image]:
    source = random.Random(seed)
    sizes = {layer: source.randrange(1000) for layer in range(30)}
    images = []
    for number in range(source.randrange(1, 40)):
        layers = [(layer, sizes[layer]) for layer in source.sample(range(30), source.randrange(1, 6))]
        tag = None if source.randrange(4) == 0 else f"t{number}"
        images.append(image(number, f"team{source.randrange(4)}/app", tag, *layers))
    return images


def test_split_and_unreached_are_all_layers(tmp_path: Path) -> None:
    for seed in range(12):
        images = fleet(seed)
        out = write(tmp_path / str(seed), 1, images, knows_untagged=True, bases_own=seed % 2 == 1)
        blobs = {blob.digest: blob.size for each in images for blob in each.layers}
        owners = ask(out, "owners")
        totals = by(ask(out, "totals"), "figure")
        split = sum(row["splitBytes"] for row in owners)
        assert split == totals["reached by tags"]["bytes"]
        assert split + totals["not reached by tags"]["bytes"] == totals["layers"]["bytes"] == sum(blobs.values())
        for row in owners:
            assert row["logicalBytes"] == row["exclusiveBytes"] + row["sharedBytes"]
            assert row["exclusiveBytes"] <= row["splitBytes"] <= row["logicalBytes"]
        repositories = ask(out, "repositories")
        assert sum(row["splitBytes"] for row in repositories) == split
        assert not repositories or repositories[-1]["percentUpToHere"] in (100.0, None)


def test_what_tags_do_not_reach_is_unknown_and_never_0(tmp_path: Path) -> None:
    totals = by(ask(write(tmp_path, 1, [image(1, "a", "1", (1, 10))]), "totals"), "figure")
    assert totals["not reached by tags"]["bytes"] is None
    assert totals["layers"]["bytes"] is None
    assert totals["reached by tags"]["bytes"] == 10


def test_the_sum_of_images_counts_what_they_share_again(tmp_path: Path) -> None:
    images = [image(1, "a", "1", (1, 10)), image(2, "b", "1", (1, 10), (2, 5)), image(2, "b", "2", (1, 10), (2, 5))]
    totals = by(ask(write(tmp_path, 1, images), "totals"), "figure")
    assert totals["sum of images"]["bytes"] == 40
    assert totals["reached by tags"]["bytes"] == 15


def test_children_and_referrers_belong_to_their_subject(tmp_path: Path) -> None:
    index = digest(900)
    images = [
        image(1, "a", "1", (1, 10), index=index),
        image(2, "a", None, (2, 20), index=index, platform="linux/arm64"),
        image(3, "a", None, (3, 30), subject=digest(1)),
        image(4, "a", None, (4, 40), subject=index),
        image(5, "a", None, (5, 50), subject=digest(77)),
    ]
    out = write(tmp_path, 1, images, knows_untagged=True)
    totals = by(ask(out, "totals"), "figure")
    assert totals["reached by tags"]["bytes"] == 100
    assert totals["not reached by tags"]["bytes"] == 50
    assert [(row["reason"], row["images"]) for row in ask(out, "leaving")] == [
        ("no tag reaches it, use unknown", 1),
        ("all of these", 1),
    ]


def test_what_is_about_a_referrer_belongs_to_its_subject_too(tmp_path: Path) -> None:
    document = {"artifact_type": "application/vnd.example.note", "platform": None}
    images = [
        image(1, "a", "1", (1, 10), index=digest(900), labels={"team": "x"}),
        image(2, "a", None, (2, 20), subject=digest(1), **document),
        image(3, "a", None, (3, 30), subject=digest(2), **document),
        image(4, "a", "1", (4, 40), index=digest(900), **document),
        image(5, "a", None, (5, 50), subject=digest(900), **document),
        # The same digest is somebody else's in another repository.
        image(1, "b", "1", (1, 10), labels={"team": "y"}),
        image(6, "b", None, (6, 60), subject=digest(1), **document),
    ]
    out = write(tmp_path, 1, images, knows_untagged=True)
    owners = by(ask(out, "owners"), "owner")
    assert {name: row["logicalBytes"] for name, row in owners.items()} == {"x": 150, "y": 70}
    assert ask(out, "leaving") == []


def test_what_is_about_something_that_was_not_listed_stays(tmp_path: Path) -> None:
    images = [image(1, "a", "1", (1, 10)), image(2, "a", None, (2, 20), subject=digest(77))]
    assert ask(write(tmp_path / "some", 1, images), "leaving") == []
    rows = ask(write(tmp_path / "all", 1, images, knows_untagged=True), "leaving")
    assert [(row["images"], row["comesBackBytes"]) for row in rows] == [(1, 20)] * 2


def test_where_a_listing_failed_nothing_seems_untagged(tmp_path: Path) -> None:
    """The index that could not be read may be what a tag reaches the rest by."""
    images = [image(1, "a", None, (1, 10)), image(2, "b", None, (2, 20))]
    failure = {"kind": "listing", "source": "registry:/srv", "error": "a: damaged", "retry": False}
    for repository, left in (("a", 20), (None, None), ("c", 30)):
        failures = [{**failure, "repository": repository}]
        out = write(tmp_path / str(repository), 1, images, knows_untagged=True, failures=failures)
        rows = by(ask(out, "leaving"), "reason")
        assert (rows["all of these"]["comesBackBytes"] if rows else None) == left


def test_bases_can_be_an_owner(tmp_path: Path) -> None:
    images = [
        image(1, "os", "1", (1, 100)),
        image(2, "python", "1", (1, 100), (2, 50)),
        image(3, "x", "1", (1, 100), (2, 50), (3, 7)),
        image(4, "y", "1", (1, 100), (2, 50), (4, 9)),
    ]
    mine = by(ask(write(tmp_path / "a", 1, images), "owners"), "owner")
    assert (mine["x"]["logicalBytes"], mine["x"]["exclusiveBytes"]) == (157, 7)
    apart = by(ask(write(tmp_path / "b", 1, images, bases_own=True), "owners"), "owner")
    assert {name: row["logicalBytes"] for name, row in apart.items()} == {
        "base os": 100,
        "base python": 50,
        "x": 7,
        "y": 9,
    }


def test_bases_are_images_below_others_and_lists_that_many_share(tmp_path: Path) -> None:
    images = [
        image(1, "os", "1", (1, 100)),
        image(2, "x", "1", (1, 100), (2, 50)),
        image(3, "x", "2", (1, 100), (3, 50)),
        image(4, "y", "1", (8, 30), (4, 1)),
        image(5, "z", "1", (8, 30), (5, 1)),
        image(6, "alone", "1", (9, 5), (10, 5)),
    ]
    rows = by(ask(write(tmp_path, 1, images), "bases"), "base")
    assert set(rows) == {"os:1", digest(2008)}
    assert (rows["os:1"]["images"], rows["os:1"]["repositories"], rows["os:1"]["savedBytes"]) == (2, 1, 100)
    assert (rows[digest(2008)]["bytes"], rows[digest(2008)]["repositories"]) == (30, 2)


def test_what_one_version_of_a_base_would_save(tmp_path: Path) -> None:
    images = [
        image(1, "os", "1", (1, 100)),
        image(2, "os", "2", (2, 110)),
        image(3, "x", "1", (1, 100), (3, 1)),
        image(4, "y", "1", (1, 100), (4, 1)),
        image(5, "z", "1", (2, 110), (5, 1)),
    ]
    assert ask(write(tmp_path, 1, images), "one_base") == [
        {"base": "os", "versions": 2, "images": 3, "bytes": 210, "wouldSaveBytes": 110}
    ]


def test_unknown_pulls_and_unknown_use_keep(tmp_path: Path) -> None:
    old, fresh = NOW - timedelta(days=120), NOW - timedelta(days=3)
    facts = Facts(in_use={digest(3)})
    facts.pulls = {("a", "old"): old, ("a", "fresh"): fresh, ("a", "runs"): old}
    images = [
        image(1, "a", "old", (1, 10), (9, 90)),
        image(2, "a", "fresh", (2, 20), (9, 90)),
        image(3, "a", "runs", (3, 30)),
        image(4, "a", "unknown", (4, 40)),
    ]
    out = write(tmp_path / "known", 1, images, facts)
    assert [row["tag"] for row in ask(out, "unpulled")] == ["old"]
    row = ask(out, "leaving")[0]
    assert (row["reason"], row["unlinkedBytes"], row["comesBackBytes"]) == ("not pulled for 90 days", 100, 10)
    facts.in_use = None
    assert ask(write(tmp_path / "unknown", 1, images, facts), "unpulled") == []


def test_an_image_stays_while_another_tag_holds_it(tmp_path: Path) -> None:
    facts = Facts(in_use=set())
    facts.pulls = {("a", "old"): datetime(2025, 1, 1, tzinfo=UTC)}
    images = [image(1, "a", "old", (1, 10)), image(1, "a", "release", (1, 10))]
    out = write(tmp_path, 1, images, facts)
    assert [row["tag"] for row in ask(out, "unpulled")] == ["old"]
    assert ask(out, "leaving") == []


def test_nothing_younger_than_a_day_leaves(tmp_path: Path) -> None:
    facts = Facts(in_use=set(), pushed={("a", digest(1)): NOW - timedelta(hours=2)})
    assert ask(write(tmp_path, 1, [image(1, "a", None, (1, 10))], facts, knows_untagged=True), "leaving") == []


def test_what_goes_together_frees_more(tmp_path: Path) -> None:
    facts = Facts(in_use=set(), pulls={("a", "old"): NOW - timedelta(days=200)})
    images = [image(1, "a", "old", (1, 10), (9, 90)), image(2, "a", None, (2, 20), (9, 90)), image(3, "a", "x", (3, 1))]
    rows = by(ask(write(tmp_path, 1, images, facts, knows_untagged=True), "leaving"), "reason")
    assert {reason: row["comesBackBytes"] for reason, row in rows.items()} == {
        "no tag reaches it": 20,
        "not pulled for 90 days": 10,
        "all of these": 120,
    }


def test_what_one_repository_shares_with_itself_is_no_base(tmp_path: Path) -> None:
    images = [image(1, "a", "1", (1, 10), (2, 1)), image(2, "a", "2", (1, 10), (3, 1))]
    assert ask(write(tmp_path, 1, images), "bases") == []


def test_growth_is_unknown_in_the_first_run(tmp_path: Path) -> None:
    first = [image(1, "a", "1", (1, 10)), image(2, "b", "1", (2, 20))]
    out = write(tmp_path, 1, first)
    assert [(row["bytesBefore"], row["addedBytes"], row["goneBytes"]) for row in ask(out, "growth")] == (
        [(None, None, None)] * 2
    )
    write(out, 2, [first[0], image(3, "a", "2", (1, 10), (3, 7)), image(4, "c", "1", (4, 1))])
    rows = by(ask(out, "growth"), "owner")
    assert {
        name: (row["bytesBefore"], row["bytesAfter"], row["addedBytes"], row["goneBytes"]) for name, row in rows.items()
    } == {
        "a": (10, 17, 7, 0),
        "b": (20, None, 0, 20),
        "c": (None, 1, 1, 0),
    }


def test_waste_counts_a_list_of_layers_once_and_tells_what_is_unknown(tmp_path: Path) -> None:
    images = [image(1, "a", "1", (1, 10)), image(2, "a", "2", (1, 10)), image(3, "a", "3", (2, 10))]
    known = dict.fromkeys(("overwritten", "metadataOnly", "typeChange", "opaque", "duplicateEntry"), 0)
    known |= {"contentBytes": 50, "visibleBytes": 30, "wastedBytes": 20, "deleted": 20}
    row = ask(write(tmp_path, 1, images, figures={images[0].layer_chain: known}), "waste")[0]
    assert (row["images"], row["unknownImages"], row["wastedBytes"], row["deleted"]) == (2, 1, 20, 20)


def test_a_failure_tells_how_many_images_lack_figures(tmp_path: Path) -> None:
    failure = {"kind": "layer", "digest": digest(1001), "error": "damaged", "retry": False, "source": "docker://h/a"}
    images = [image(1, "a", "1", (1, 10)), image(2, "a", "2", (1, 10)), image(3, "a", "3", (2, 10))]
    out = write(tmp_path, 1, images, failures=[failure])
    assert ask(out, "failures") == [{**failure, "repository": None, "images": 2}]
    assert by(ask(out, "totals"), "figure")["not read"]["bytes"] == 10


def test_what_two_repositories_share(tmp_path: Path) -> None:
    images = [image(1, "a", "1", (1, 10), (2, 5)), image(2, "b", "1", (1, 10), (2, 5)), image(3, "c", "1", (2, 5))]
    assert [(row["repository"], row["other"], row["bytes"]) for row in ask(write(tmp_path, 1, images), "sharing")] == [
        ("a", "b", 15),
        ("a", "c", 5),
        ("b", "c", 5),
    ]


def test_of_very_many_pairs_the_largest_are_told(tmp_path: Path) -> None:
    images = [image(number, f"r{number:02}", "1", (1, 10), (2 + number % 2, 5)) for number in range(60)]
    rows = ask(write(tmp_path, 1, images), "sharing")
    assert len(rows) == 1000 and {row["bytes"] for row in rows[:870]} == {15} and rows[870]["bytes"] == 10


def test_a_formula_is_no_formula_in_csv() -> None:
    assert as_csv([{"a": "=1+1", "b": None}], ["a", "b"]) == "a,b\n'=1+1,\n"
