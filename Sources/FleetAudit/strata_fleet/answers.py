"""The worker's lines to batches of a table.

The lines are parsed by Arrow, many at a time and not one by one: there may be a billion. What is not as the schema has
it is a fault of the worker's, never a value.
"""

import io
from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from strata_fleet.schema import ANSWER, RAW


class NotAnswers(Exception):
    """A block of lines that is no JSON, or has a value of another type."""


def parse(block: bytes, schema: pa.Schema) -> pa.Table:
    """Whole lines as a table with exactly the schema's columns; other keys are left out."""
    try:
        table = pj.read_json(
            io.BytesIO(block),
            read_options=pj.ReadOptions(use_threads=False, block_size=len(block) + 1),
            parse_options=pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
        )
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as fault:
        raise NotAnswers(str(fault)) from fault
    return table.select(schema.names).cast(schema)


class Asked:
    """The layers that one call of the worker was asked for, and what of them is answered.

    An answer about anything else is dropped, and so is a second one.
    """

    def __init__(self, digests: Iterable[str], reading: str) -> None:
        self.waiting = set(digests)
        self.reading = reading

    def take(self, block: bytes) -> Iterator[pa.RecordBatch]:
        """The rows of a block, with their kind."""
        table = parse(block, ANSWER)
        is_entry = pc.is_valid(table["seq"])
        is_failure = pc.and_(pc.invert(is_entry), pc.is_valid(table["error"]))
        kind = pc.if_else(is_entry, "entry", pc.if_else(is_failure, "failure", "layer"))
        table = table.append_column("kind", kind)
        table = table.append_column("reading", pa.array([self.reading] * len(table), pa.string()))
        entries = table.filter(is_entry)
        yield from entries.combine_chunks().to_batches()
        ends = table.filter(pc.invert(is_entry))
        kept = [self._closes(digest) for digest in ends["digest"].to_pylist()]
        yield from ends.filter(pa.array(kept, pa.bool_())).combine_chunks().to_batches()

    def partial(self) -> pa.RecordBatch:
        """Rows for layers without an answer: what there is of their entries is not all of them."""
        rows = [
            {"kind": "partial", "digest": digest, "reading": self.reading, "retry": True}
            for digest in sorted(self.waiting)
        ]
        return pa.RecordBatch.from_pylist(rows, schema=RAW)

    def _closes(self, digest: str | None) -> bool:
        if digest not in self.waiting:
            return False
        self.waiting.remove(digest)
        return True


def failures(digests: Iterable[str], error: str, reading: str) -> pa.RecordBatch:
    """Rows for layers that got no answer: they may be asked for again."""
    rows = [
        {"kind": "failure", "digest": digest, "error": error, "retry": True, "reading": reading}
        for digest in sorted(digests)
    ]
    return pa.RecordBatch.from_pylist(rows, schema=RAW)
