"""Limit: the least probability of a link with which a run reaches the PPV that its cascade requires."""

from collections.abc import Sequence

from linkage.engines import Engine
from linkage.method.decide_sql import MILLION
from linkage.rules.cascade import Cascade


def limit_for(engine: Engine, cascade: Cascade) -> Cascade:
    """The cascade with the limits on probability that its PPV requires, given the links in `assigned`.

    Links are sorted by probability, and the least probable are left out until the mean of the others reaches the
    target. Links by rules without such a limit, or with only a floor, are kept, and count. If no rule has such a limit,
    there is nothing to raise.
    """
    weighed = [n for n, rule in enumerate(cascade.rules, start=1) if rule.by_evidence]
    if cascade.ppv is None or not weighed:
        return cascade
    # A link of a person counts for each of the person's records.
    together = cascade.links_persons
    links = "sum(coalesce(person.records, 1))" if together else "count(*)"
    records = "SELECT person_id, count(*) AS records FROM patient_person GROUP BY person_id"
    join = f" LEFT JOIN ({records}) AS person ON assigned.patient_id = person.person_id" if together else ""
    rows = engine.rows(
        f"SELECT decided.millionths, qualified.rule_position IN ({', '.join(map(str, weighed))}) AS limited, {links}"
        " FROM assigned JOIN qualified"
        " ON assigned.patient_id = qualified.patient_id AND assigned.death_id = qualified.death_id"
        " JOIN decided ON qualified.patient_record = decided.patient_id AND qualified.death_record = decided.death_id"
        f"{join} GROUP BY decided.millionths, limited ORDER BY 1 DESC, 2"
    )
    fixed = [(int(p or 0), int(n)) for p, limited, n in rows if not limited]
    limited = [(int(p), int(n)) for p, is_limited, n in rows if is_limited]
    limit = _limit(limited, fixed, cascade.ppv) / MILLION
    return cascade.raised_to(limit)


def _limit(limited: Sequence[tuple[int, int]], fixed: Sequence[tuple[int, int]], ppv: float) -> int:
    """The lowest probability, in millionths, that achieves a PPV; 0 if no limit is needed. Both lists have
    probabilities with numbers of links.

    >>> _limit([(999_000, 10), (900_000, 1), (500_000, 5)], [], 0.98)
    900000
    >>> _limit([(999_000, 10), (900_000, 1)], [], 0.98)
    0
    """
    right, links = sum(p * n for p, n in fixed), sum(n for _, n in fixed)
    if right < ppv * MILLION * links:
        right, links = 0, 0  # no limit removes these links: the others alone achieve the PPV
    limit = MILLION
    for p, number in limited:
        right, links = right + p * number, links + number
        if right >= ppv * MILLION * links:
            limit = p
    return 0 if not limited or limit == limited[-1][0] else limit
