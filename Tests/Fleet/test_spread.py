"""Layers over tasks."""

import random

from strata_fleet.spread import Layer, spread


def layers(*sizes: int) -> list[Layer]:
    return [Layer(f"sha256:{number:064x}", size, "oci:x") for number, size in enumerate(sizes)]


def test_every_layer_is_in_one_task_and_no_task_is_too_large() -> None:
    for seed in range(200):
        source = random.Random(seed)
        given = layers(*(source.choice([0, 10, 1000, source.randrange(5_000)]) for _ in range(source.randrange(300))))
        slots, limit = source.randrange(1, 40), source.randrange(1000, 6000)
        tasks = spread(given, slots, limit)
        assert sorted(each.digest for task in tasks for each in task) == [each.digest for each in given]
        for task in tasks:
            assert task
            assert len(task) == 1 or sum(each.size for each in task) <= limit
            assert len(task) <= -(-len(given) // 16)


def test_order_does_not_matter() -> None:
    given = layers(*(size * 7 % 101 for size in range(200)))
    assert spread(given, 2) == spread(given[::-1], 2)


def test_tasks_weigh_about_the_same() -> None:
    weights = [sum(each.size for each in task) for task in spread(layers(*range(1, 3000)), 4)]
    assert max(weights) < 1.2 * min(weights)


def test_nothing_is_spread_over_no_task() -> None:
    assert spread([], 8) == []


def test_many_executors_get_two_tasks_each() -> None:
    assert len(spread(layers(*[100] * 5000), 100)) == 200


def test_a_million_layers_take_seconds() -> None:
    tasks = spread([Layer(f"{number}", 1_000_000, "") for number in range(200_000)], 64)
    assert len(tasks) >= 200
