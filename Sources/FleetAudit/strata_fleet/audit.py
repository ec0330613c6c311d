"""A run from the sources to the page, step by step."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from pyspark.sql import SparkSession

from strata_fleet import applying, figures, settle
from strata_fleet.facts import Facts, read_facts
from strata_fleet.frames import frame
from strata_fleet.groups import groups
from strata_fleet.images import Blob
from strata_fleet.listing import Listing, list_sources
from strata_fleet.page.page import page
from strata_fleet.reading import read_layers
from strata_fleet.rows import image_rows, membership_rows
from strata_fleet.schema import CAUSES, IMAGES, MEMBERSHIPS, RUNS
from strata_fleet.session import session
from strata_fleet.settings import Settings
from strata_fleet.spread import Layer, spread
from strata_fleet.tables import READING, Tables, address
from strata_fleet.workshare import options, slots

SUMS = ("contentBytes", "visibleBytes", "wastedBytes")

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended that has a result."""

    run: int
    images: int
    layers_read: int
    failures: int


def audit(settings: Settings, say: Say) -> Outcome:
    """Runs an audit. Whatever it cannot read is in `failures`; an error means that there is no result."""
    started = datetime.now(UTC)
    facts, listing = look(settings, say)
    with session(settings.master or "local[*]", settings.spark) as spark:
        return Run(spark, settings, facts, listing, started, say).all()


def look(settings: Settings, say: Say) -> tuple[Facts, Listing]:
    """What is known from files, and what the sources have. It needs no Spark, so that a wrong name is told at once."""
    facts = read_facts(settings.repositories, settings.in_use)
    listing = list_sources(settings)
    say(f"listed {len(listing.images)} images")
    return facts, listing


class Run:
    """One run: what its steps share."""

    def __init__(
        self, spark: SparkSession, settings: Settings, facts: Facts, listing: Listing, started: datetime, say: Say
    ) -> None:
        self.spark, self.settings, self.facts, self.listing = spark, settings, facts, listing
        self.started, self.say = started, say
        self.tables = Tables(spark, address(settings.out))
        self.last = self.tables.last_run()
        self.number = self.last + 1
        context = spark.sparkContext
        self.slots = slots(context.master or "", dict(context.getConf().getAll()), context.defaultParallelism)

    def all(self) -> Outcome:
        """Reads, settles, counts, asks."""
        self.tables.forget_readings(self.number)
        listed = {layer.digest: layer for layer in self.listing.layers()}
        known, old_failures = self._known()
        asked = [layer for digest, layer in listed.items() if digest not in known]
        unfinished = self._unfinished()
        self._read([layer for layer in asked if layer.digest not in unfinished])
        failed = settle.write_layers(self.spark, self.tables, self.number)
        entries = self._entry_counts()
        wanted = self._wanted(entries)
        totals, failed_images, unsettled = self._totals(wanted, entries)
        if again := [listed[digest] for digest in sorted(unsettled) if digest in listed]:
            # Only the content of these files tells why others were replaced: the table of contents was not enough.
            self._read(again, table=False)
            failed = settle.write_layers(self.spark, self.tables, self.number)
            rest = {name: layers for name, layers in wanted.items() if name not in totals}
            more, failed_images, _ = self._totals(rest, self._entry_counts(), is_last=True)
            totals |= more
        rows = settle.failure_rows(
            self.listing, list(listed.values()), set(entries), [*old_failures, *failed], failed_images
        )
        settle.write_failures(self.spark, self.tables, rows, self.number)
        self._write_images(self._totals_before() | totals)
        self._finish(len(asked), len(listed) - len(asked))
        self.say("computing figures")
        answers = figures.answers(figures.engine(self.spark, self.tables, self.number), self.tables)
        self.tables.write_text(page(answers, self.settings.sources, self.number, self.started), "report.html")
        return Outcome(self.number, len(self.listing.images), len(asked), len(rows))

    def _known(self) -> tuple[set[str], list[dict[str, Any]]]:
        """Layers that earlier runs read or found damaged for good, and the latter's failures."""
        layers = self.tables.read("layers", self.last)
        failures = self.tables.read("failures", self.last)
        known = {row.digest for row in layers.select("digest").collect()} if layers is not None else set()
        if failures is None or self.settings.again:
            return known, []
        kept = failures.where(f"run = {self.last} AND kind = 'layer' AND NOT retry").collect()
        rows = [{"digest": row.digest, "error": row.error, "retry": False} for row in kept]
        return known | {row["digest"] for row in rows}, rows

    def _unfinished(self) -> set[str]:
        """Layers that a run has read which did not end: their answers are taken from it."""
        answers = self.tables.answers(self.number)
        return settle.settled(self.spark, answers) if answers is not None else set()

    def _read(self, layers: Sequence[Layer], table: bool = True) -> None:
        tasks = spread(layers, self.slots, self.settings.task_bytes)
        if not tasks:
            self.say("no layer is new")
            return
        self.say(f"reading {len(layers)} layers in {len(tasks)} tasks")
        name = f"from-{self.started:%Y%m%dT%H%M%S.%f}" + ("" if table else "-whole")
        read_layers(
            self.spark,
            tasks,
            self.tables.path(READING, f"run={self.number}", name),
            options(self.settings, self.slots),
            table,
        )

    def _entry_counts(self) -> dict[str, int]:
        """The layers that have been read, with their entries."""
        known = self.tables.known(self.number)
        assert known is not None
        return {row.digest: row.entries or 0 for row in known[0].select("digest", "entries").collect()}

    def _wanted(self, entries: dict[str, int]) -> dict[str, tuple[Blob, ...]]:
        """Lists of layers that are all known, and whose figures are not."""
        done = self._totals_before()
        return {
            image.layer_chain: image.layers
            for image in self.listing.images
            if not image.is_artifact
            and image.layer_chain not in done
            and all(blob.digest in entries for blob in image.layers)
        }

    def _totals(
        self, wanted: dict[str, tuple[Blob, ...]], entries: dict[str, int], is_last: bool = False
    ) -> tuple[dict[str, dict[str, int | None]], list[dict[str, Any]], set[str]]:
        """Figures by list of layers; images that have none for an error; layers that must be read whole first."""
        if not wanted:
            return {}, [], set()
        self.say(f"applying the layers of {len(wanted)} images")
        known = self.tables.known(self.number)
        assert known is not None
        rows = applying.totals(self.spark, groups(wanted, entries, self.slots), wanted, *known, self.slots)
        found, errors, unsettled = sorted_totals(rows, wanted)
        if is_last:
            # A layer that had to be read whole could not be.
            errors |= dict.fromkeys(wanted.keys() - found.keys() - errors.keys(), "a table of contents was not enough")
        digests = {image.layer_chain: image.digest for image in self.listing.images if image.layer_chain in errors}
        failed = [
            {"kind": "image", "digest": digest, "error": errors[name], "retry": is_last}
            for name, digest in digests.items()
        ]
        return found, failed, unsettled

    @cache  # noqa: B019 - a run lives as long as the program
    def _totals_before(self) -> dict[str, dict[str, int | None]]:
        images = self.tables.read("images", self.last)
        if images is None:
            return {}
        known = images.where(f"run = {self.last} AND wastedBytes IS NOT NULL").select("layerChain", *SUMS, *CAUSES)
        return {row.layerChain: {name: row[name] for name in (*SUMS, *CAUSES)} for row in known.distinct().collect()}

    def _write_images(self, totals: dict[str, dict[str, int | None]]) -> None:
        rows = list(image_rows(self.listing.images, self.facts, self.settings.owner_label, totals))
        self.tables.write(frame(self.spark, rows, IMAGES), "images", self.number)
        memberships = frame(self.spark, list(membership_rows(self.listing.images)), MEMBERSHIPS)
        self.tables.write(memberships, "memberships", self.number)

    def _finish(self, read: int, known: int) -> None:
        """Makes the run one that has ended; its answers are in tables now."""
        row = {
            "started": self.started,
            "sources": list(self.settings.sources),
            "version": _version(),
            "layersRead": read,
            "layersKnown": known,
            "knowsUntagged": not self.settings.platforms
            and (self.facts.knows_untagged or lists_untagged(self.settings.sources)),
            "basesOwn": self.settings.bases_own,
        }
        self.tables.write(frame(self.spark, [row], RUNS).coalesce(1), "runs", self.number)
        self.tables.delete(READING)


def sorted_totals(
    rows: Iterable[dict[str, Any]], wanted: Iterable[str]
) -> tuple[dict[str, dict[str, int | None]], dict[str, str], set[str]]:
    """Figures, and errors, by list of layers, and the layers that must be read whole. Each list wanted is somewhere."""
    found: dict[str, dict[str, int | None]] = {}
    errors = dict.fromkeys(wanted, "no totals were computed")
    unsettled: set[str] = set()
    for row in rows:
        name = row["image"]
        if row["error"] is not None:
            errors[name] = row["error"]
            continue
        errors.pop(name, None)
        if row["unsettled"]:
            unsettled.update(row["unsettled"])
        else:
            found[name] = {figure: row[figure] for figure in SUMS} | (row["waste"] or {})
    return found, errors, unsettled


def lists_untagged(sources: Sequence[str]) -> bool:
    """Whether the listings have what no tag reaches: a folder's do, a registry's API has no call for it."""
    return all(not source.startswith("docker://") for source in sources)


def _version() -> str:
    try:
        return version("strata-fleet")
    except PackageNotFoundError:
        return ""
