"""Images that are summed up together, because they share layers. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from strata_fleet.images import Blob

# Entries that the worker holds at the same time: some 200 bytes each.
GROUP_ENTRIES = 1_000_000


@dataclass(slots=True)
class Group:
    """Lists of layers by their names, and the layers of all of them."""

    chains: list[str] = field(default_factory=list)
    layers: set[str] = field(default_factory=set)
    entries: int = 0


def groups(
    chains: Mapping[str, tuple[Blob, ...]], entries: Mapping[str, int], slots: int, limit: int = GROUP_ENTRIES
) -> list[Group]:
    """Divides lists of layers so that those with the same beginning are together, and each layer is sent few times.

    A group has at most `limit` entries, unless a single list has more, and there are two groups for each of `slots`, if
    there are as many lists.
    """
    share = -(-sum(entries[digest] for digest in {b.digest for c in chains.values() for b in c}) // (2 * slots))
    limit = max(1, min(limit, share))
    found: list[Group] = []
    for name, layers in sorted(chains.items(), key=lambda item: ([blob.digest for blob in item[1]], item[0])):
        digests = {blob.digest for blob in layers}
        more = sum(entries[digest] for digest in (digests - found[-1].layers if found else digests))
        if not found or found[-1].entries + more > limit:
            found.append(Group())
            more = sum(entries[digest] for digest in digests)
        group = found[-1]
        group.chains.append(name)
        group.layers |= digests
        group.entries += more
    return found
