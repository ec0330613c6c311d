"""A run from the sources to the page, step by step."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from strata_fleet import applying, figures, settle
from strata_fleet.facts import Facts, read_facts
from strata_fleet.frames import frame
from strata_fleet.listing import Listing, list_sources
from strata_fleet.page.page import page
from strata_fleet.reading import read_layers
from strata_fleet.rows import image_rows, membership_rows
from strata_fleet.schema import CAUSES, IMAGES, MEMBERSHIPS, RUNS, TOTALS
from strata_fleet.session import session
from strata_fleet.settings import Settings
from strata_fleet.spread import Layer, spread
from strata_fleet.tables import READING, Tables, address
from strata_fleet.workshare import options

TOTAL_COLUMNS = ("contentBytes", "visibleBytes", "wastedBytes", *CAUSES)

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
    with session(settings.master or "local[*]") as spark:
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
        self.slots = max(1, spark.sparkContext.defaultParallelism)

    def all(self) -> Outcome:
        """Reads, settles, counts, asks."""
        listed = self.listing.layers()
        known, old_failures = self._known()
        asked = [layer for layer in listed if layer.digest not in known]
        self._read([layer for layer in asked if layer.digest not in self._unfinished])
        failed = settle.write_layers(self.spark, self.tables, self.number)
        entry_counts = self._entry_counts()
        totals, failed_images = self._totals(entry_counts)
        rows = settle.failure_rows(self.listing, listed, set(entry_counts), [*old_failures, *failed], failed_images)
        settle.write_failures(self.spark, self.tables, rows, self.number)
        self._write_images(totals)
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

    @cached_property
    def _unfinished(self) -> set[str]:
        """Layers that a run has read which did not end: their answers are taken from it."""
        answers = self.tables.answers()
        return settle.settled(self.spark, answers) if answers is not None else set()

    def _read(self, layers: Sequence[Layer]) -> None:
        tasks = spread(layers, self.slots, self.settings.task_bytes)
        if not tasks:
            self.say("no layer is new")
            return
        self.say(f"reading {len(layers)} layers in {len(tasks)} tasks")
        name = f"from-{self.started:%Y%m%dT%H%M%S.%f}"
        read_layers(self.spark, tasks, self.tables.path(READING, name), options(self.settings, self.slots))

    def _entry_counts(self) -> dict[str, int]:
        """The layers that have been read, with their entries."""
        layers = self.tables.read("layers", self.number)
        assert layers is not None
        return {row.digest: row.entries or 0 for row in layers.select("digest", "entries").collect()}

    def _totals(self, entry_counts: dict[str, int]) -> tuple[DataFrame, list[dict[str, Any]]]:
        """Figures by list of layers: those of the last run, and for new lists what `strata layers --apply` counts."""
        before = self._totals_before()
        done = {row.image for row in before.select("image").collect()}
        wanted: dict[str, tuple[str, int]] = {}
        for image in self.listing.images:
            if image.is_artifact or image.layer_chain in done:
                continue
            if all(blob.digest in entry_counts for blob in image.layers):
                count = sum(entry_counts[blob.digest] for blob in image.layers)
                wanted[image.layer_chain] = (image.digest, count)
        if not wanted:
            return before, []
        self.say(f"applying the layers of {len(wanted)} images")
        rows = [(chain, digest) for chain, (digest, _) in wanted.items()]
        entries = self.tables.read("entries", self.number)
        assert entries is not None
        memberships = frame(self.spark, list(membership_rows(self.listing.images)), MEMBERSHIPS)
        new = applying.totals(
            self.spark,
            self.spark.createDataFrame(rows, "layerChain string, digest string"),
            memberships,
            entries,
            sum(count for _, count in wanted.values()),
            self.slots,
        ).localCheckpoint()
        failed = [
            {"kind": "image", "digest": wanted[row.image][0], "error": row.error, "retry": False}
            for row in new.where("error IS NOT NULL").select("image", "error").collect()
            if row.image in wanted
        ]
        return before.unionByName(new.where("error IS NULL").select("image", *TOTAL_COLUMNS)), failed

    def _totals_before(self) -> DataFrame:
        images = self.tables.read("images", self.last)
        if images is None:
            return frame(self.spark, [], TOTALS).select("image", *TOTAL_COLUMNS)
        known = images.where(f"run = {self.last} AND wastedBytes IS NOT NULL")
        return known.select(f.col("layerChain").alias("image"), *TOTAL_COLUMNS).dropDuplicates(["image"])

    def _write_images(self, totals: DataFrame) -> None:
        rows = list(image_rows(self.listing.images, self.facts, self.settings.owner_label))
        images = frame(self.spark, rows, IMAGES)
        # Figures are of lists of layers, and `layerChain` names one.
        joined = images.join(totals.withColumnRenamed("image", "layerChain"), "layerChain", "left")
        self.tables.write(joined, "images", self.number)
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
            "knowsUntagged": self.facts.knows_untagged or _lists_untagged(self.listing),
            "basesOwn": self.settings.bases_own,
        }
        self.tables.write(frame(self.spark, [row], RUNS).coalesce(1), "runs", self.number)
        self.tables.delete(READING)


def _lists_untagged(listing: Listing) -> bool:
    return any(image.tag is None and image.subject is None for image in listing.images)


def _version() -> str:
    try:
        return version("strata-fleet")
    except PackageNotFoundError:
        return ""
