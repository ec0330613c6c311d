"""Layers over tasks, by their bytes. Pure."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

from strata_fleet.settings import TASK_BYTES, TASKS


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer that is to be read: where it is and what it weighs as stored."""

    digest: str
    size: int
    source: str
    # Of the descriptor: without them a table of contents cannot be trusted.
    annotations: tuple[tuple[str, str], ...] = ()


def spread(layers: Sequence[Layer], slots: int, task_bytes: int = TASK_BYTES) -> list[list[Layer]]:
    """Divides layers into tasks of about equal weight, for `slots` that work at the same time.

    A task has at most `task_bytes`, unless a single layer has more, and at most a sixteenth of the layers (rounded
    up): that is what is fetched again when its executor is lost. The result depends on the layers alone, not on
    their order.
    """
    if not layers:
        return []
    ordered = sorted(layers, key=lambda layer: (-layer.size, layer.digest))
    total = sum(layer.size for layer in ordered)
    most = -(-len(ordered) // TASKS)
    # Two rounds for every slot, so that the last task does not leave the others idle for long.
    count = min(len(ordered), max(TASKS, 2 * slots, -(-total // task_bytes)))
    tasks: list[list[Layer]] = [[] for _ in range(count)]
    held = [0] * count
    # The lightest task takes the next largest layer; a request has a price too, whatever the layer weighs.
    price = max(1, total // len(ordered) // 4)
    lightest = [(0, index) for index in range(count)]
    for layer in ordered:
        weight, index = heapq.heappop(lightest) if lightest else (0, len(tasks))
        if index < len(tasks) and tasks[index] and held[index] + layer.size > task_bytes:
            heapq.heappush(lightest, (weight, index))
            weight, index = 0, len(tasks)
        if index == len(tasks):
            tasks.append([])
            held.append(0)
        tasks[index].append(layer)
        held[index] += layer.size
        if len(tasks[index]) < most:
            heapq.heappush(lightest, (weight + layer.size + price, index))
    return [task for task in tasks if task]
