"""The tables that the steps hand on: one row per what, which columns, and how long they stand.

This is the contract between the steps. A step may make and read only what `steps` declares of it, with the columns that
stand here; a test watches every statement of a run. `python -m linkage.method.tables` prints docs/tables.md.

Column types are those of the SQL that both engines read: text, whole number, number, day, time, yes/no. A name with
FIELD stands for one column per compared field of the cascade (first_name, ssn ...), and one with MEASURE for one per
measure of that field.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

DAYS = "eight digits, yyyymmdd; 00 for a month or day that is not known"
_PERSON = {
    "first_name": "text: letters only, upper case",
    "first_name_parts": "text: its parts between bars, where it has several",
    "middle_name": "text",
    "middle_name_parts": "text",
    "last_name": "text",
    "last_name_parts": "text",
    "first_name_formal": "text: what a nickname that stands before other names is short for",
    "first_name_first": "text: the first of several names in one box",
    "suffix": "text: JR, SR, I to VI",
    "former_last_names": "text: between bars",
    "ssn": "text: all digits",
    "ssn_last_four": "text: where only these are known",
    "birth_date": "text: eight digits, yyyymmdd",
    "birth_date_partial": f"text: {DAYS}",
    "sex": "text: M or F",
    "FIELD_sound": "text: how a name sounds, where the cascade asks",
    "group_N": "text: a column of the patients carried along",
}
_WEIGHTS = {
    "millionths": "whole number: the probability of the pair",
    "bits": "whole number: all that speaks for the pair, in thousandths of a bit",
    "prior_bits": "whole number: what the share of matches among all pairs adds",
    "relatives_bits": "whole number: what the chance of meeting a relative takes away",
    "FIELD_bits": "whole number: what a field adds",
}
_AGREEMENT = {
    "blocking_keys": "text: the keys on which the pair agrees",
    "FIELD_records": "whole number: records of both files with this name",
    "FIELD_agreement": "text: exact, a level such as similar, not_known or disagree",
    "FIELD_MEASURE": "number or yes/no: what a measure gave",
    **_WEIGHTS,
}
_PAIR = {"patient_id": "text", "death_id": "text"}
_MOMENTS = {"start_time": "time", "discharge_time": "time", "death_time": "time"}
_DATE_IN_DOUBT = {"patient_id": "text", "hospital_date": "day", "doubt": "text: why it was set aside"}


@dataclass(frozen=True, slots=True)
class Table:
    """A table that one step makes and later ones read. `columns` maps each to its type and meaning; `until` names the
    step after which it is gone, where that is before the end of the run."""

    name: str
    one_row_per: str
    columns: Mapping[str, str]
    until: str = ""

    def allows(self, column: str) -> bool:
        """Whether the table may have a column."""
        return any(re.fullmatch(_pattern(name), column) for name in self.columns)

    def required(self) -> tuple[str, ...]:
        """The columns that it has under every cascade."""
        optional = ("millionths", "bits", "prior_bits", "relatives_bits", "probability")
        named = (name for name in self.columns if name not in optional)
        return tuple(name for name in named if not re.search("FIELD|MEASURE|_N$", name))


def _pattern(name: str) -> str:
    return name.replace("FIELD", "[a-z_]+").replace("MEASURE", "[a-z_]+").replace("group_N", "group_[0-9]+")


TABLES = (
    Table(
        "rejected", "row of a file that is not used", {"file": "text", "row_number": "whole number", "reason": "text"}
    ),
    Table("patient", "patient record that is used", {"patient_id": "text", **_PERSON}),
    Table(
        "death",
        "certificate that is used",
        {
            "death_id": "text",
            **_PERSON,
            "death_date_partial": f"text: {DAYS}",
            "void": "text: empty, as void certificates are rejected",
            "amends": "text: the certificate that this one amends",
        },
    ),
    Table(
        "encounter",
        "stay or visit, or death that the hospital recorded alone",
        {
            "patient_id": "text",
            "kind": "text: hospital or ed",
            **_MOMENTS,
            "died_in_hospital": "yes/no",
            "organ_donor": "yes/no",
            "FIELD_text": "text: as written, until all is read",
        },
        until="contacts",
    ),
    Table(
        "last_seen",
        "patient with an encounter; kept for the reference engine alone",
        {"patient_id": "text", "last_seen": "day"},
        until="reference",
    ),
    Table(
        "nickname",
        "short form of a first name",
        {"name": "text", "formal": "text: the names that it may stand for, between bars"},
    ),
    *(
        Table(
            f"{name}_bearers",
            f"{what}; where a rule asks for rare ones",
            {"name": "text", "records": "whole number: in both files"},
        )
        for name, what in (
            ("first_name", "first name"),
            ("last_name", "last name"),
            ("full_name", "first and last name"),
        )
    ),
    Table(
        "patient_person",
        "patient record of a person who has several",
        {"patient_id": "text", "person_id": "text: the lowest id among them"},
    ),
    Table(
        "death_person",
        "certificate of a person who has several",
        {"death_id": "text", "person_id": "text: the lowest id among them"},
    ),
    Table(
        "contact",
        "patient with encounters",
        {
            "patient_id": "text",
            "hospital_death_date": "day: the hospital's, where it is plausible",
            "died_in_stay": "yes/no",
            "hospital_death_stood_in": "day: a discharge that stands in for the time of a death",
            "died_in_hospital": "yes/no",
            "death_in_doubt": "yes/no: the hospital's word for it is not plausible",
            "first_contact": "day",
            "last_contact": "day",
            "anchor_date": "day: the discharge from which a year counts",
        },
    ),
    Table("doubtful_date", "hospital date of death that was set aside", _DATE_IN_DOUBT),
    Table(
        "encounter_repair",
        "reason to take encounters otherwise than written",
        {"reason": "text", "encounters": "whole number"},
    ),
    *(
        Table(
            f"{side}_alike",
            f"{record} of a crowd that is alike in all that decides; the others stand for themselves",
            {
                f"{side}_id": "text",
                "kept_id": "text: the record that stands for it in pairs",
                "is_own": "yes/no: it is a person of its own",
            },
        )
        for side, record in (("patient", "patient record"), ("death", "certificate"))
    ),
    Table("candidate_patient", "patient who shares a blocking key with some death", {"patient_id": "text"}),
    Table("pair", "candidate pair that some rule could accept", _PAIR),
    Table("evidence", "candidate pair; where the cascade weighs", {**_PAIR, **_WEIGHTS}),
    Table(
        "decided",
        "pair that some rule accepts",
        {
            **_PAIR,
            "rule_position": "whole number: the first rule that accepts it",
            "impossible": "text: why time forbids it",
            "FIELD_closeness": "whole number: lower is closer",
            **_AGREEMENT,
        },
    ),
    Table(
        "qualified",
        "pair of persons that some rule accepts and time allows",
        {
            **_PAIR,
            "patient_record": "text: the record that decides",
            "death_record": "text",
            "rule_position": "whole number",
            "rank": "whole number: the place in the cascade; equal ranks tie",
        },
    ),
    Table("assigned", "link between persons", {**_PAIR, "tie": "yes/no: settled by the lowest id"}),
    Table("held", "pair of an unresolved tie", _PAIR),
    Table(
        "link",
        "linked patient record",
        {
            **_PAIR,
            "rule": "text",
            "tie": "yes/no",
            **_AGREEMENT,
            "probability": "number",
            "runner_up_patient_id": "text",
            "runner_up_death_id": "text",
            "runner_up_rule": "text",
            "margin_rules": "whole number: rules between the link and its runner-up",
            "margin_field": "text: the field that decided within one rule",
        },
    ),
    Table(
        "runner_up",
        "link that has another pair of its patient or its death",
        {
            "linked_patient": "text",
            "linked_death": "text",
            "patient_record": "text",
            "death_record": "text",
            "rule_position": "whole number",
        },
    ),
    Table(
        "fate",
        "patient who came farther than no candidate",
        {"patient_id": "text", "stage": "whole number: see decide.FATES"},
    ),
    Table("review_patient", "patient whom a person must decide about", {"patient_id": "text", "kind": "text: why"}),
    Table(
        "certificate",
        "certificate that dates the death of a linked patient, or is of that person and has another date",
        {**_PAIR, "dates_the_death": "yes/no: whose date is used", "differs": "yes/no: it has another date"},
    ),
    Table(
        "outcome",
        "patient",
        {
            "patient_id": "text",
            "status": "text: see censor.STATUSES",
            "dod": "day: released",
            "death_date": "day",
            "death_source": "text: hospital or registry",
            "death_date_precision": "text: day, month or year",
            "hospital_death_date": "day",
            "registry_death_date": "day",
            "dates_differ_days": "whole number",
            "anchor_date": "day",
            "censor_date": "day",
            "death_id": "text",
            "rule": "text",
            "followup_days": "whole number",
            "followup_time_days": "number: half a day where it is 0",
            "death_observed": "yes/no",
            "coverage_first": "day",
            "coverage_last": "day",
        },
    ),
    Table("implausible_date", "hospital date of death that was not used", _DATE_IN_DOUBT),
    Table(
        "review",
        "pair or date for a person to look at",
        {
            "kind": "text",
            **_PAIR,
            "rule": "text",
            **_AGREEMENT,
            "probability": "number",
            "hospital_date": "day: that was not used",
            "registry_date": "text: the date beside it",
            "doubt": "text: why",
        },
    ),
)
"""Every table that outlives its step, in the order in which they are made."""


def page() -> str:
    """The page docs/tables.md: the steps, and the tables between them."""
    from linkage.method.steps import STEPS  # the steps need no page

    lines = [
        "# The steps and their tables", "",
        "Generated from `linkage/method/steps.py` and `linkage/method/tables.py` by `python -m linkage.method.tables`.",
        "", "| step | what it does | reads | makes |", "|---|---|---|---|",
    ]  # fmt: skip
    for step in STEPS:
        lines.append(f"| {step.name} | {step.does} | {', '.join(step.reads) or 'files'} | {', '.join(step.makes)} |")
    for table in TABLES:
        made = [step.name for step in STEPS if table.name in step.makes]
        used = [step.name for step in STEPS if table.name in step.reads]
        until = f" Dropped after {table.until}." if table.until else ""
        lines += [
            "", f"## {table.name}", "",
            f"One row per {table.one_row_per}. Made by {', '.join(made)};"
            f" read by {', '.join(used) or 'the output'}.{until}",
            "", "| column | holds |", "|---|---|",
            *(f"| {name} | {text} |" for name, text in table.columns.items()),
        ]  # fmt: skip
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")
