"""Images that are summed up together."""

import random

from strata_fleet.groups import groups
from strata_fleet.images import Blob


def chain(*layers: int) -> tuple[Blob, ...]:
    return tuple(Blob(f"sha256:{layer:064x}", 1, "") for layer in layers)


def test_every_list_is_in_one_group_with_all_its_layers() -> None:
    for seed in range(100):
        source = random.Random(seed)
        entries = {blob.digest: source.randrange(100) for blob in chain(*range(40))}
        chains = {str(n): chain(*source.sample(range(40), source.randrange(6))) for n in range(source.randrange(60))}
        limit = source.randrange(1, 500)
        found = groups(chains, entries, source.randrange(1, 5), limit)
        assert sorted(name for group in found for name in group.chains) == sorted(chains)
        for group in found:
            assert group.layers == {blob.digest for name in group.chains for blob in chains[name]}
            assert group.entries == sum(entries[layer] for layer in group.layers)
            assert len(group.chains) == 1 or group.entries <= limit


def test_what_has_the_same_beginning_is_together() -> None:
    chains = {f"{base}-{n}": chain(base, 100 + 10 * base + n) for n in range(5) for base in range(4)}
    entries = {
        blob.digest: 1000 if len(blob.digest) and int(blob.digest[7:], 16) < 4 else 1
        for c in chains.values()
        for blob in c
    }
    found = groups(chains, entries, 2)
    assert [{name.split("-")[0] for name in group.chains} for group in found] == [{"0"}, {"1"}, {"2"}, {"3"}]


def test_every_executor_gets_some() -> None:
    chains = {str(n): chain(n) for n in range(100)}
    assert len(groups(chains, {blob.digest: 5 for c in chains.values() for blob in c}, 4)) >= 8
