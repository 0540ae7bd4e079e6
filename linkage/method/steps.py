"""The method, step by step: what each step does, which tables it reads, and which it makes.

`STEPS` is the Methods section of a paper as a list, in order. `tables` describes each table. A test runs the steps
under an engine that records every statement, and compares the tables that they read and make with those declared here.
"""

from collections.abc import Mapping
from dataclasses import replace

from linkage.method.account import count_everything
from linkage.method.assign import assign
from linkage.method.block import block
from linkage.method.censor import build_outcome, expected_elsewhere
from linkage.method.certificates import choose_certificates
from linkage.method.columns import SIDES
from linkage.method.compare_sql import bearers
from linkage.method.contacts import build_contact, rebuild_contact
from linkage.method.coverage import covered
from linkage.method.crowds import LAST_CONTACT, find_crowds
from linkage.method.decide import make_fate, make_links, qualify, qualify_within
from linkage.method.encounters import load_encounters, load_patient_deaths
from linkage.method.expected import count_expected
from linkage.method.future_dates import drop_future_dates
from linkage.method.keys import of_both_files, usable_keys, with_few_pairs
from linkage.method.limit import limit_for
from linkage.method.linking import Linking, Step
from linkage.method.persons import find_persons
from linkage.method.records import HOSPITAL_DEATH, load_people
from linkage.method.rejected import start_rejected
from linkage.method.review import make_review
from linkage.method.standardize.as_read import COLUMNS
from linkage.method.standardize.date_forms import date_forms
from linkage.method.standardize.dropped_values import drop_values
from linkage.method.standardize.null_surnames import written_elsewhere
from linkage.method.standardize.odd_values import list_values, replace_odd_values
from linkage.method.standardize.sounds import add_sounds, sounding
from linkage.method.standardize.value_signs import NAMES, clocks_of, value_signs
from linkage.method.weigh import weigh
from linkage.sources.column_names import shown_name
from linkage.values.nicknames import nickname_table


def read(linking: Linking) -> None:
    """Read patients, deaths and encounters, and list the rows that cannot be used."""
    engine, sources = linking.engine, linking.sources
    start_rejected(engine)
    patients = load_people(engine, "patient", sources[0], linking.groups)
    deaths = load_people(engine, "death", sources[1])
    versions = [patients]
    encounters = load_encounters(
        engine,
        sources[2:],
        then=lambda rows: versions.append(load_patient_deaths(engine, sources[0], patients, rows)),
    )
    patients = versions[-1]
    if not encounters:  # mortality is not determined, so dates of death in the patients file are not used
        unused = [shown_name(patients.columns[name]) for name in HOSPITAL_DEATH if name in patients.columns]
        patients = replace(patients, unused=[*patients.unused, *unused])
    columns = list(patients.columns), list(deaths.columns)
    linking.cascade = linking.cascade.using(())  # the cascade of a run has the keys that it used
    linking.keys = usable_keys(linking.cascade, *columns)
    linking.few = of_both_files(linking.cascade.keys_if_few_pairs, *columns)
    linking.loaded = [patients, deaths, *encounters]


def standardize(linking: Linking) -> None:
    """Standardize every field, drop impossible dates and numbers, and find the records of one person."""
    engine, cascade = linking.engine, linking.cascade
    for side, table in zip(SIDES, linking.loaded, strict=False):
        list_values(engine, side, table.columns)
    signs = value_signs(engine, SIDES)
    linking.damaged = {side: {name: found for name, found in signs[side].items() if name in NAMES} for side in SIDES}
    people = [
        replace(
            table,
            forms={**table.forms, **date_forms(engine, side, source.reading)},
            clocks={**table.clocks, **clocks_of(signs[side], side)},
        )
        for side, table, source in zip(SIDES, linking.loaded, linking.sources, strict=False)
    ]
    linking.loaded = [*people, *linking.loaded[2:]]
    elsewhere = {side: written_elsewhere(engine, side, COLUMNS[side]) for side in SIDES}
    linking.cleaning = {
        side: replace_odd_values(engine, side, cascade, table, source.reading)
        for side, table, source in zip(SIDES, people, linking.sources, strict=False)
    }
    linking.loaded = drop_future_dates(engine, linking.loaded, linking.cleaning, keep=linking.by_reference)
    drop_values(linking, elsewhere)
    add_sounds(engine, SIDES, sounding(cascade))
    for name in cascade.counted:
        engine.create(f"{name}_bearers", bearers(name))
    nicknames = nickname_table()
    engine.insert(
        "nickname",
        {"name": list(nicknames), "formal": ["|".join([name, *formal]) for name, formal in nicknames.items()]},
        {"name": "STRING", "formal": "STRING"},
    )
    linking.persons = {side: find_persons(engine, side) for side in SIDES}
    few = with_few_pairs(linking.pair_counts, linking.few)
    linking.keys, linking.cascade = (*linking.keys, *few), cascade.using(few)


def find_contacts(linking: Linking) -> None:
    """Find each patient's last contact, the discharge from which the year is counted, and the hospital's own death."""
    linking.policy, linking.coverage_how = covered(linking.engine, linking.policy, linking.study)
    together = linking.cascade.links_persons
    build_contact(linking.engine, linking.policy, of_persons=together, again=linking.cascade.weighs)


def make_pairs(linking: Linking) -> None:
    """Make the candidate pairs: those that agree exactly on a blocking key and that a rule could accept."""
    engine, cascade = linking.engine, linking.cascade
    linking.crowded = find_crowds(engine, cascade, LAST_CONTACT if linking.has_encounters else "")
    linking.blocks = block(engine, cascade, linking.keys, linking.people, linking.pair_counts, crowded=linking.crowded)


def weigh_pairs(linking: Linking) -> None:
    """Estimate the weight of each agreement and the probability of each pair, and find further records of a person."""
    patients, deaths = (table.used for table in linking.loaded[:2])
    linking.evidence, linking.matches, joined = weigh(
        linking.engine,
        linking.cascade,
        linking.keys,
        contacts=linking.has_encounters,
        patients=patients,
        deaths=deaths,
        crowded=linking.crowded,
    )
    assert linking.blocks is not None
    linking.evidence = {**linking.evidence, "dense_blocks": linking.blocks.dense}
    use_persons(linking, joined)


def use_persons(linking: Linking, joined: Mapping[str, tuple[int, int]]) -> None:
    """Use the persons that the evidence joined: their encounters are those of one person."""
    linking.persons = {**linking.persons, **{side: records for side, (records, _) in joined.items()}}
    linking.joined = {side: joined.get(side, (0, 0))[1] for side in SIDES}
    if linking.joined["patient"] and linking.has_encounters:
        rebuild_contact(linking.engine, linking.policy)
    else:
        linking.engine.drop("encounter")


def compare_pairs(linking: Linking) -> None:
    """Compare each pair field by field; find the first rule that it satisfies, and whether its dates are possible."""
    qualify(linking.engine, linking.cascade, contacts=linking.has_encounters)


def assign_deaths(linking: Linking) -> None:
    """Assign each patient at most one death and each death at most one patient, strictest rule first."""
    assign(linking.engine, linking.cascade.ties)


def limit_probability(linking: Linking) -> None:
    """Raise the limits on probability until the expected PPV reaches the cascade's target, and assign again."""
    limited = limit_for(linking.engine, linking.cascade)
    if limited != linking.cascade:
        qualify_within(linking.engine, linking.cascade, limited, contacts=linking.has_encounters)
        linking.cascade = limited
        assign_deaths(linking)


def give_reasons(linking: Linking) -> None:
    """Record why each link was made, why each other patient has none, and which certificate's date is used."""
    make_links(linking.engine, linking.cascade)
    make_fate(linking.engine, linking.cascade)
    choose_certificates(linking.engine, linking.cascade.plausibility, contacts=linking.has_encounters)


def censor(linking: Linking) -> None:
    """Give each patient one status, and a date of death if it is within a year of the anchor discharge."""
    build_outcome(linking.engine, linking.policy)


def list_for_review(linking: Linking) -> None:
    """List the pairs and dates that need manual review."""
    make_review(linking.engine, linking.cascade, mortality=linking.has_encounters)


def account(linking: Linking) -> None:
    """Count everything, and check that the totals agree."""
    assert linking.blocks is not None
    linking.counts = count_everything(
        linking.engine, linking.cascade, linking.loaded, linking.blocks, linking.persons, linking.cleaning
    )
    share = linking.study.deaths_elsewhere
    if linking.has_encounters and share is not None:
        linking.counts["mortality"]["deaths_elsewhere"] = expected_elsewhere(linking.engine, share)
    if any(linking.one_sided.values()):
        linking.counts["names_of_one_file"] = linking.one_sided
    if linking.cascade.weighs:
        linking.counts["expected"] = count_expected(
            linking.engine, linking.cascade, linking.matches, linking.evidence["matches_per_compared"]
        )
        linking.counts["expected"]["not_weighed"] = linking.evidence["dense_blocks"]
        linking.counts["expected"]["joined"] = dict(linking.joined)


_PERSONS = ("patient_person", "death_person")
_ALIKE = ("patient_alike", "death_alike")
_COMPARED = ("patient", "death", "nickname", "first_name_bearers", "last_name_bearers", "full_name_bearers")
_DECIDED = ("decided", "qualified")
_ASSIGNED = ("assigned", "held")
_OF_CONTACTS = ("encounter", "seen_later", "hospital_death", "after_death")
_ROUNDS = ("contested", "open_pair", "ever_tied", "best", "waiting", "tied", "settled", "gone", "placed", "won", "lost")

STEPS = (
    Step(
        "read",
        "Read patients, deaths and encounters. Rows that cannot be used are listed with their reason.",
        read,
        (),
        ("patient", "death", "encounter", "rejected"),
        ("rejecting", "date_shown", "time_read", "flag_read", "*_replaced"),
    ),
    Step(
        "standardize",
        "Standardize each field, drop impossible values, and find the records of one person.",
        standardize,
        ("encounter",),
        ("patient", "death", "encounter", *_COMPARED[2:], *_PERSONS, "last_seen"),
        (
            *("*_value", "*_lookup", "*_odd", "*_sounds", "date_shown", "born_later", "shared_ssn", "*_repeated_ssn"),
            *("*_double", "*_suspect", "*_member", "*_relabeled", "*_replaced", "time_read", "null_surname*"),
        ),
    ),
    Step(
        "contacts",
        "Find each patient's last contact, the discharge from which the year is counted, and hospital deaths.",
        find_contacts,
        ("patient", "death", "encounter", "patient_person"),
        ("contact", "doubtful_date", "repaired"),
        _OF_CONTACTS,
        applies=lambda linking: linking.has_encounters,
    ),
    Step(
        "block",
        "Make the pairs that agree exactly on a blocking key and that a rule could accept.",
        make_pairs,
        ("patient", "death", *_PERSONS, "contact"),
        (*_ALIKE, "pair", "candidate_patient"),
        ("*_dense", "block_*", "candidate", "*_within"),
    ),
    Step(
        "weigh",
        "Estimate the weight of each agreement and the probability of each pair, and find further records of a person.",
        weigh_pairs,
        ("pair", *_COMPARED[:3], *_PERSONS, *_ALIKE, "encounter", "contact", "doubtful_date", "repaired"),
        ("pair", "evidence", *_PERSONS, *_ALIKE, "contact", "doubtful_date", "repaired"),
        (
            *("value_count", "bucket_of", "*_common", "coded", "drawn", "drawn_pair", "weight", "claim"),
            *("probability", "sure", "probable", "one_person", "contradicted"),
            *("*_before", "*_member", "*_relabeled", *_OF_CONTACTS, "joined_*", "*_replaced"),
        ),
        applies=lambda linking: linking.cascade.weighs,
    ),
    Step(
        "compare",
        "Compare each pair field by field; find the first rule that it satisfies, and whether its dates are possible.",
        compare_pairs,
        ("pair", *_COMPARED, *_PERSONS, "contact", "evidence"),
        _DECIDED,
    ),
    Step(
        "assign",
        "Assign each patient at most one death and each death at most one patient, strictest rule first.",
        assign_deaths,
        ("qualified",),
        _ASSIGNED,
        _ROUNDS,
    ),
    Step(
        "limit",
        "Raise the limits on probability until the expected PPV reaches the target, and assign again.",
        limit_probability,
        ("pair", *_COMPARED, *_PERSONS, "contact", "evidence", *_DECIDED, *_ASSIGNED),
        (*_DECIDED, *_ASSIGNED),
        _ROUNDS,
        applies=lambda linking: linking.cascade.ppv is not None,
    ),
    Step(
        "reasons",
        "Record why each link was made, why each other patient has none, and which certificate's date is used.",
        give_reasons,
        ("patient", "death", *_PERSONS, *_ALIKE, "contact", "candidate_patient", *_DECIDED, *_ASSIGNED),
        ("link", "runner_up", "fate", "review_patient", "certificate"),
    ),
    Step(
        "censor",
        "Give each patient one status, and a date of death if it is within a year of the anchor discharge.",
        censor,
        ("patient", "death", "contact", "doubtful_date", "link", "certificate", "review_patient"),
        ("outcome", "implausible_date"),
        applies=lambda linking: linking.has_encounters,
    ),
    Step(
        "review",
        "List the pairs and dates that need manual review.",
        list_for_review,
        (
            *("death", "link", "runner_up", "certificate", "implausible_date", "outcome", "death_person"),
            *(*_ALIKE, *_DECIDED, "held"),
        ),
        ("review",),
    ),
    Step(
        "account",
        "Count everything, and check that the totals agree.",
        account,
        (
            *("patient", "death", "rejected", "link", "fate", "review", "certificate", "implausible_date", "outcome"),
            *("repaired", "contact", "decided", "qualified", "assigned", *_ALIKE),
        ),
        (),
    ),
)
"""The method, in order."""

READING = 2
"""The number of steps before pairs are made; `linkage check` and forecasts run only these."""
