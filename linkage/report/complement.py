"""The least costly numbers to withhold in addition, so that a number of a report is protected."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from linkage.report.system import Matrix, System


def complement(system: "System", hidden: "Matrix", place: int) -> "Matrix | None":
    """The cheapest further numbers to withhold: those that differ between two solutions that are far enough apart in
    this one.

    The linear program of Fischetti and Salazar (J Am Stat Assoc 2000; 95: 916-928) without its search for integers.
    """
    import numpy as np
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, hstack, identity, vstack

    low, high = system.limits(hidden)
    can = ~hidden & ~system.fixed & (system.values > 0)
    # A number is kept if both solutions have it; a bound is kept if both solutions satisfy it.
    kept_low, kept_high = low[can], high[can]
    low = np.where(can, np.where(system.bounds, 0, 1 if system.without_sizes else system.smallest), low)
    high = np.where(can, np.inf, high)
    is_known = low == high
    bounded, below = ~is_known & np.isfinite(high), ~is_known & (low > 0)
    size, free = system.rows.shape[1], int(can.sum())
    equal, most, equal_to, most_to = [], [], [], []
    for copy in (0, 1):

        def wide(part: Any, extra: Any = None, copy: int = copy) -> Any:
            blocks = [csr_array((part.shape[0], width)) for width in (size, size, free)]
            blocks[copy] = part
            if extra is not None:
                blocks[2] = extra
            return hstack(blocks)

        equal += [wide(system.rows[is_known]), wide(system.links)]
        equal_to += [low[is_known], np.zeros(system.links.shape[0])]
        minus = -identity(free, format="csr")
        most += [wide(system.rows[bounded]), wide(-system.rows[below])]
        most += [wide(system.rows[can], minus), wide(-system.rows[can], minus)]
        most_to += [high[bounded], -low[below], kept_high, -kept_low]
    line = system.asked[[place]]
    most.append(hstack([-line, line, csr_array((1, free))]))
    most_to.append(np.array([-system.wanted]))
    found = linprog(
        np.concatenate([np.zeros(2 * size), system.costs[can]]),
        A_eq=vstack(equal),
        b_eq=np.concatenate(equal_to),
        A_ub=vstack(most),
        b_ub=np.concatenate(most_to),
        bounds=(0, None),
        method="highs",
    )
    if found.status != 0:
        return None
    more = np.zeros(len(system.values), bool)
    more[can] = found.x[2 * size :] > 1e-6
    return more
