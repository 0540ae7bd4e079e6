"""The tables that one step makes and later steps read: the unit of a row, the columns, and the lifetime.

This is the contract between the steps. A step may make and read only the tables that `steps` declares for it, with the
columns listed here; a test checks every statement of a run. `tables_page` prints them as docs/tables.md.

Column types are those of the SQL that both engines run: text, whole number, number, day, time, yes/no. FIELD in a
column name means one column per compared field of the cascade (first_name, ssn ...), and MEASURE one per measure of
that field.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from linkage.method.contact_sql import REPAIR_MEANINGS

DAYS = "eight digits, yyyymmdd; 00 for an unknown month or day"
_PERSON = {
    "first_name": "text: letters only, upper case",
    "first_name_parts": "text: the parts of a compound name, separated by bars",
    "middle_name": "text",
    "middle_name_parts": "text",
    "last_name": "text",
    "last_name_parts": "text",
    "first_name_formal": "text: formal names of a nickname that is followed by other given names",
    "first_name_first": "text: the first of several given names in the first-name column",
    "suffix": "text: JR, SR, I to VI",
    "former_last_names": "text: separated by bars",
    "ssn": "text: all digits",
    "ssn_last_four": "text: if only the last four digits are known",
    "birth_date": "text: eight digits, yyyymmdd",
    "birth_date_partial": f"text: {DAYS}",
    "sex": "text: M or F",
    "FIELD_sound": "text: the phonetic code of a name, if the cascade uses it",
    "group_N": "text: a column carried along from the patients file",
}
_WEIGHTS = {
    "millionths": "whole number: the probability of the pair",
    "bits": "whole number: total weight of evidence for the pair, in thousandths of a bit",
    "prior_bits": "whole number: the part of it from the share of matches among all pairs",
    "relatives_bits": "whole number: the reduction for the chance that the two are relatives",
    "FIELD_bits": "whole number: the part from one field",
}
_AGREEMENT = {
    "blocking_keys": "text: the keys on which the pair agrees",
    "FIELD_records": "whole number: records of both files with this name",
    "FIELD_agreement": "text: exact, a level such as similar, not_known or disagree",
    "FIELD_MEASURE": "number or yes/no: the value of a measure",
    **_WEIGHTS,
}
_PAIR = {"patient_id": "text", "death_id": "text"}
_MOMENTS = {"start_time": "time", "discharge_time": "time", "death_time": "time"}
_REPAIRS = {reason: f"whole number: encounters ({meaning})" for reason, meaning in REPAIR_MEANINGS.items()}
_DATE_IN_DOUBT = {"patient_id": "text", "hospital_date": "day", "doubt": "text: why it was set aside"}


@dataclass(frozen=True, slots=True)
class Table:
    """A table that one step makes and later ones read. `columns` maps each column to its type and meaning; `until`
    names the step after which the table is dropped, if that is before the end of the run."""

    name: str
    one_row_per: str
    columns: Mapping[str, str]
    until: str = ""

    def allows(self, column: str) -> bool:
        """Whether the table may have this column."""
        return any(re.fullmatch(_pattern(name), column) for name in self.columns)

    def required(self) -> tuple[str, ...]:
        """The columns that the table has under every cascade."""
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
            "void": "text: always empty, because void certificates are rejected",
            "amends": "text: id of the certificate that this one amends",
        },
    ),
    Table(
        "encounter",
        "hospital stay or visit, or death recorded outside any stay",
        {
            "patient_id": "text",
            "kind": "text: hospital or ed",
            **_MOMENTS,
            "died_in_hospital": "yes/no",
            "organ_donor": "yes/no",
            "FIELD_text": "text: as written in the file; dropped when the whole column has been read",
        },
        until="weigh",
    ),
    Table(
        "last_seen",
        "patient with an encounter; kept only for the reference engine",
        {"patient_id": "text", "last_seen": "day"},
        until="reference",
    ),
    Table(
        "nickname",
        "short form of a first name",
        {"name": "text", "formal": "text: the formal names that it can be short for, separated by bars"},
    ),
    *(
        Table(
            f"{name}_bearers",
            f"{what}; only if a rule requires a rare one",
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
        "patient record of a person with several records",
        {"patient_id": "text", "person_id": "text: the lowest patient_id of the person"},
    ),
    Table(
        "death_person",
        "certificate of a person with several certificates",
        {"death_id": "text", "person_id": "text: the lowest death_id of the person"},
    ),
    Table(
        "contact",
        "patient with encounters",
        {
            "patient_id": "text",
            "hospital_death_date": "day: the hospital's date of death, if plausible",
            "died_in_stay": "yes/no",
            "hospital_death_stood_in": "day: the discharge date used because the time of death is missing",
            "died_in_hospital": "yes/no",
            "death_in_doubt": "yes/no: the hospital recorded a death, but not plausibly",
            "first_contact": "day",
            "last_contact": "day",
            "anchor_date": "day: the discharge from which the year of follow-up is counted",
        },
    ),
    Table("doubtful_date", "hospital date of death that was set aside", _DATE_IN_DOUBT),
    Table(
        "repaired",
        "patient with encounters that were not used exactly as recorded",
        {"patient_id": "text", **_REPAIRS},
    ),
    *(
        Table(
            f"{side}_alike",
            f"{record} in a large group of records that are identical in every value that affects a decision",
            {
                f"{side}_id": "text",
                "kept_id": "text: the record that represents it in pairs",
                "is_own": "yes/no: it counts as a separate person",
            },
        )
        for side, record in (("patient", "patient record"), ("death", "certificate"))
    ),
    Table("candidate_patient", "patient who shares a blocking key with at least one death", {"patient_id": "text"}),
    Table("pair", "candidate pair that a rule could accept", _PAIR),
    Table("evidence", "candidate pair; only if the cascade weighs evidence", {**_PAIR, **_WEIGHTS}),
    Table(
        "decided",
        "pair that satisfies a rule",
        {
            **_PAIR,
            "rule_position": "whole number: position of the first rule that it satisfies",
            "impossible": "text: why its dates rule it out",
            "FIELD_closeness": "whole number: lower is closer",
            **_AGREEMENT,
        },
    ),
    Table(
        "qualified",
        "pair of persons that satisfies a rule and has possible dates",
        {
            **_PAIR,
            "patient_record": "text: the record whose values were compared",
            "death_record": "text",
            "rule_position": "whole number",
            "rank": "whole number: priority in assignment, 1 first; pairs of equal rank tie",
        },
    ),
    Table("assigned", "link between persons", {**_PAIR, "tie": "yes/no: a tie that was resolved by the lowest id"}),
    Table("held", "pair in an unresolved tie", _PAIR),
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
            "margin_rules": "whole number: number of rules between the link and its runner-up",
            "margin_field": "text: the field that decided, if both satisfied the same rule",
        },
    ),
    Table(
        "runner_up",
        "link whose patient or death also belongs to another qualified pair",
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
        "patient with at least one candidate",
        {"patient_id": "text", "stage": "whole number: see decide.FATES"},
    ),
    Table("review_patient", "unlinked patient who needs manual review", {"patient_id": "text", "kind": "text: why"}),
    Table(
        "certificate",
        "certificate of a linked patient whose date of death is used or differs from the date used",
        {**_PAIR, "dates_the_death": "yes/no: its date is used", "differs": "yes/no: its date differs"},
    ),
    Table(
        "outcome",
        "patient",
        {
            "patient_id": "text",
            "status": "text: see censor.STATUSES",
            "dod": "day: the date of death for release",
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
            "followup_time_days": "number: followup_days, but 0.5 instead of 0",
            "death_observed": "yes/no",
            "coverage_first": "day",
            "coverage_last": "day",
        },
    ),
    Table("implausible_date", "hospital date of death that was not used", _DATE_IN_DOUBT),
    Table(
        "review",
        "pair or date for manual review",
        {
            "kind": "text",
            **_PAIR,
            "rule": "text",
            **_AGREEMENT,
            "probability": "number",
            "hospital_date": "day: the hospital's date of death",
            "registry_date": "text: the registry's date",
            "doubt": "text: why",
        },
    ),
)
"""Every table that later steps read, in the order in which they are made."""
