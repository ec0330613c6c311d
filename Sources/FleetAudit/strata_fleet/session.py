"""Spark as the job wants it: every setting with its reason."""

import contextlib
import os
import re
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyspark
from pyspark.sql import SparkSession

from strata_fleet import worker

LOOPBACK = "127.0.0.1"

# For every master.
SETTINGS = {
    # A second attempt at the same time would fetch the same layers from the registry.
    "spark.speculation": "false",
    # What a task has read counts from its end on, not from the end of the whole reading: the next run finds it there.
    "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version": "2",
    # Times are compared with those that registries tell.
    "spark.sql.session.timeZone": "UTC",
    # Paths and digests compress to a third of what snappy makes of them.
    "spark.sql.parquet.compression.codec": "zstd",
    # `diffID` and `diffid` would be two columns; labels are anybody's names.
    "spark.sql.caseSensitive": "true",
    # A layer that every image has makes one join key very large.
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.adaptive.skewJoin.enabled": "true",
    # Python starts once for an executor, not once for a task.
    "spark.python.worker.reuse": "true",
    # Batches that go to and from the worker; a row has a few hundred bytes.
    "spark.sql.execution.arrow.maxRecordsPerBatch": "20000",
}

# For a master on this machine: nothing listens on other addresses, and no page is served.
LOCAL_SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.driver.host": LOOPBACK,
    "spark.driver.bindAddress": LOOPBACK,
    # There is nobody on the console to look at it.
    "spark.ui.showConsoleProgress": "false",
    # So few rows need no 200 tasks.
    "spark.sql.shuffle.partitions": "8",
}

LOG_SETTINGS = """\
rootLogger.level = error
rootLogger.appenderRef.stderr.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{HH:mm:ss} %p %c{1}: %m%n%ex
"""


def is_local(master: str) -> bool:
    """Whether the executors run on this machine, as its children."""
    return re.match(r"local(\[|-cluster\[|$)", master) is not None


def with_retries(master: str) -> str:
    """`local[N]` gives a task one attempt; the job wants Spark's usual four."""
    if master == "local":
        return "local[1,4]"
    simple = re.fullmatch(r"local\[(\d+|\*)\]", master)
    return f"local[{simple[1]},4]" if simple else master


def private_home(folder: Path) -> Path:
    """A `SPARK_HOME` with links into the package: executors write below it, and the package may be read-only."""
    home = folder / "spark"
    home.mkdir()
    for item in Path(pyspark.__file__).parent.iterdir():
        if item.name not in ("conf", "work", "logs"):
            (home / item.name).symlink_to(item)
    (home / "conf").mkdir()
    (home / "conf" / "log4j2.properties").write_text(LOG_SETTINGS)
    return home


def package_archive(folder: Path) -> Path:
    """This package as a file that Spark hands to the executors, so that nothing of it is installed there."""
    archive = folder / "strata_fleet.zip"
    root = Path(__file__).parent
    with zipfile.ZipFile(archive, "w") as files:
        for path in sorted(root.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                files.write(path, Path(root.name) / path.relative_to(root))
    return archive


@contextlib.contextmanager
def session(master: str, more: Sequence[tuple[str, str]] = ()) -> Iterator[SparkSession]:
    """A Spark session; what it wrote on this machine for itself is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="strata-fleet-"))
    try:
        builder = SparkSession.builder.appName("strata-fleet").master(with_retries(master))
        settings = dict(SETTINGS)
        if is_local(master):
            settings |= LOCAL_SETTINGS
            settings["spark.local.dir"] = str(folder)
            os.environ["SPARK_LOCAL_IP"] = LOOPBACK
            os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
            os.environ["SPARK_HOME"] = str(private_home(folder))
        for name, value in worker.handed_on().items():
            settings[f"spark.executorEnv.{name}"] = value
        for name, value in [*settings.items(), *more]:
            builder = builder.config(name, value)
        spark = builder.getOrCreate()
        try:
            spark.sparkContext.addPyFile(str(package_archive(folder)))
            yield spark
        finally:
            spark.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
