"""What can reach what in a network: goods that no arc brings, and circles that goods would run without time passing."""

from __future__ import annotations

from collections.abc import Collection, Sequence

Edge = tuple[int, int]


def reached(starts: Collection[int], edges: Sequence[Edge]) -> set[int]:
    """Everything that can be reached along edges from the starts, and the starts."""
    after: dict[int, list[int]] = {}
    for one, other in edges:
        after.setdefault(one, []).append(other)
    found, waiting = set(starts), list(starts)
    while waiting:
        for other in after.get(waiting.pop(), ()):
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found


def circle(edges: Sequence[Edge]) -> list[int]:
    """The numbers of edges that make a circle, in its order; none where there is no circle."""
    after: dict[int, list[tuple[int, int]]] = {}
    for number, (one, other) in enumerate(edges):
        after.setdefault(one, []).append((other, number))
    done: set[int] = set()
    for start in list(after):
        if start in done:
            continue
        path: list[int] = [start]
        taken: list[int] = []
        at = {start: 0}
        branches = [iter(after.get(start, ()))]
        while branches:
            step = next(branches[-1], None)
            if step is None:
                branches.pop()
                left = path.pop()
                del at[left]
                done.add(left)
                if taken:
                    taken.pop()
                continue
            other, number = step
            if other in at:
                return [*taken[at[other] :], number]
            if other in done:
                continue
            at[other] = len(path)
            path.append(other)
            taken.append(number)
            branches.append(iter(after.get(other, ())))
    return []
