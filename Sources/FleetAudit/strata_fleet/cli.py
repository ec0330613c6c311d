"""The command line of `strata-fleet`, its messages and its exit codes."""

import argparse
import csv
import os
import sys
import traceback
from collections.abc import Sequence

from strata_fleet.cells import cell
from strata_fleet.errors import FleetError, UsageError
from strata_fleet.settings import OWNER_LABEL, Settings, spark_setting, without_secrets

COMPLETE, INCOMPLETE, WRONG_USE, NO_RESULT = 0, 1, 2, 3


def parser() -> argparse.ArgumentParser:
    """The options."""
    top = argparse.ArgumentParser(
        prog="strata-fleet",
        description="Audit the images of registries of any size with strata and Spark.",
        epilog="Exit status: 0 all was read, 1 complete but for the table `failures`, 2 wrong usage, 3 no result.",
    )
    commands = top.add_subparsers(dest="command", required=True)
    audit = commands.add_parser("audit", help="read the layers that are new and compute figures")
    audit.add_argument("sources", nargs="+", metavar="SOURCE", help="docker://HOST[/REPOSITORY], oci:DIR, store:DIR, …")
    audit.add_argument("--out", required=True, metavar="DIR", help="where the tables and the report are written")
    audit.add_argument("--master", help="Spark's master (default: local[*])")
    audit.add_argument(
        "--platform", action="append", default=[], metavar="OS/ARCH", help="only these platforms of an index"
    )
    audit.add_argument(
        "--repositories", metavar="FILE", help="JSON lines: repositories with owners, pulls, untagged digests"
    )
    audit.add_argument("--in-use", metavar="FILE", help="digests that run somewhere, one a line")
    audit.add_argument("--owner-label", default=OWNER_LABEL, metavar="KEY", help="label that names the owner")
    audit.add_argument(
        "--bases-own", action="store_true", help="count layers of base images for the base, not for its users"
    )
    audit.add_argument("--connections", type=int, metavar="N", help="requests at the same time, over all executors")
    audit.add_argument("--rate", type=float, metavar="N", help="requests a second, over all executors")
    audit.add_argument("--listing", metavar="FILE", help="where the listing is kept (default: listing.jsonl in DIR)")
    audit.add_argument(
        "--conf", action="append", default=[], metavar="NAME=VALUE", help="a setting of Spark; may be repeated"
    )
    audit.add_argument("--again", action="store_true", help="also read layers that an earlier run found damaged")
    query = commands.add_parser("sql", help="query the tables of the last run with DuckDB")
    query.add_argument("out", metavar="DIR", help="the folder of an audit")
    query.add_argument("statement", metavar="SQL", help="a statement, or the name of a question")
    return top


def main(words: Sequence[str] | None = None) -> int:
    """Runs a command; the exit status."""
    options = parser().parse_args(words)
    try:
        return _sql(options) if options.command == "sql" else _audit(options)
    except BrokenPipeError:
        # Whoever read the output has enough; Python must not flush the rest at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return COMPLETE
    except FleetError as error:
        _say(f"error: {error}")
        if error.hint:
            _say(f"hint: {error.hint}")
        return WRONG_USE if isinstance(error, UsageError) else NO_RESULT
    except Exception:  # noqa: BLE001 - whatever it is, there is no result, and 1 would mean that there is one
        traceback.print_exc()
        return NO_RESULT


def _audit(options: argparse.Namespace) -> int:
    from strata_fleet.audit import audit

    settings = Settings(
        sources=tuple(without_secrets(source) for source in options.sources),
        out=options.out,
        master=options.master,
        platforms=tuple(options.platform),
        repositories=options.repositories,
        in_use=options.in_use,
        owner_label=options.owner_label,
        bases_own=options.bases_own,
        connections=options.connections,
        rate=options.rate,
        listing=options.listing,
        spark=tuple(spark_setting(text) for text in options.conf),
        again=options.again,
    )
    outcome = audit(settings, _say)
    _say(
        f"run {outcome.run}: {outcome.images} images, {outcome.layers_read} layers read; see {options.out}/report.html"
    )
    if outcome.failures:
        _say(f"{outcome.failures} layers, images or sources could not be read: see {options.out}/figures/failures.csv")
        return INCOMPLETE
    return COMPLETE


def _sql(options: argparse.Namespace) -> int:
    from strata_fleet import duck, questions

    statement = questions.text(options.statement) if options.statement in questions.QUESTIONS else options.statement
    columns, rows = duck.query(options.out, statement)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([cell(value) for value in row] for row in rows)
    return COMPLETE


def _say(text: str) -> None:
    """A message for people; names of a registry cannot act on the terminal."""
    print(
        "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text),
        file=sys.stderr,
        flush=True,
    )
