"""What the resources of a FHIR certificate say of a person: names, SSN, sex, and dates as far as they are known.

Addresses are known by their last part alone: older and newer guides write the same extensions under other ones.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

_DEATH_DATE = "81956-5"
NULL_NAMES = ("UNKNOWN", "UNK")


def last_part(address: Any) -> str:
    """The last part of an address, in small letters.

    >>> last_part("http://hl7.org/fhir/us/vrdr/StructureDefinition/Date-Year")
    'date-year'
    """
    return str(address or "").rstrip("/").rpartition("/")[2].lower()


def value_of(holder: Mapping[str, Any]) -> Any:
    """The value of an extension or a parameter, of whatever type it is."""
    return next((value for name, value in holder.items() if name.startswith("value")), None)


def code_of(value: Any) -> Any:
    """The code of a value that may be coded."""
    if isinstance(value, dict):
        coding = value.get("coding") or [value]
        return coding[0].get("code")
    return value


def name_of(name: Mapping[str, Any]) -> dict[str, str]:
    """The columns that a name gives, without words for none."""
    given = [str(one).strip() for one in name.get("given", []) if one]
    told = {
        "first_name": given[0] if given else "",
        "middle_name": " ".join(given[1:]),
        "last_name": str(name.get("family") or "").strip(),
        "suffix": " ".join(str(one).strip() for one in name.get("suffix", []) if one),
    }
    return {ours: value for ours, value in told.items() if value and value.upper() not in NULL_NAMES}


def ssn_of(person: Mapping[str, Any]) -> str:
    """The SSN of a person, as it is written; empty where there is none."""
    for one in person.get("identifier", []):
        kinds = [coding.get("code") for coding in one.get("type", {}).get("coding", [])]
        if last_part(one.get("system")) == "us-ssn" or {"SS", "SB"} & set(kinds):
            return str(one.get("value") or "").strip()
    return ""


def sex_of(person: Mapping[str, Any]) -> str:
    """The sex at death; only where a certificate says neither that nor the sex at birth, the administrative gender."""
    said = {last_part(one.get("url")): code_of(value_of(one)) for one in person.get("extension", [])}
    told = next((said[key] for key in ("nvss-sexatdeath", "us-core-birthsex") if key in said), person.get("gender"))
    return {"male": "M", "m": "M", "female": "F", "f": "F"}.get(str(told).lower(), "")


def died(resources: Sequence[Mapping[str, Any]]) -> str:
    """The date of death among the resources of a certificate, as far as it is known."""
    for one in resources:
        codes = [coding.get("code") for coding in one.get("code", {}).get("coding", [])] if "code" in one else []
        if one.get("resourceType") == "Observation" and _DEATH_DATE in codes:
            period = one.get("valuePeriod")
            return within(period) if isinstance(period, dict) else date_of(one, "valueDateTime")
    return ""


def date_of(holder: Mapping[str, Any], name: str) -> str:
    """A date with its parts between bars; what is not known of it is left empty.

    A time of day with its zone says the local day as it is written.

    >>> date_of({"birthDate": "1940-02"}, "birthDate"), date_of({"x": "2019-02-19T23:48:06-05:00"}, "x")
    ('1940|02|', '2019|02|19')
    """
    written = re.match("([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?", str(holder.get(name) or ""))
    if written:
        return "|".join(part or "" for part in written.groups())
    parts = {"year": "", "month": "", "day": ""}
    for extension in holder.get(f"_{name}", {}).get("extension", []):
        for part in extension.get("extension", []):
            which = next((one for one in parts if last_part(part.get("url")).endswith(one)), None)
            value = value_of(part)
            if which and str(value).isdigit():
                parts[which] = f"{int(value):0{4 if which == 'year' else 2}}"
    return "|".join(parts.values()) if any(parts.values()) else ""


def within(period: Mapping[str, Any]) -> str:
    """What is certain of a day within a period: its day, its month, its year, or nothing.

    >>> within({"start": "2020-03-01", "end": "2020-03-05"}), within({"start": "2019-12-31", "end": "2020-01-02"})
    ('2020|03|', '')
    """
    start, end = (date_of(period, name).split("|") for name in ("start", "end"))
    if len(start) != 3 or len(end) != 3:
        return ""
    same = [one if start[: place + 1] == end[: place + 1] else "" for place, one in enumerate(start)]
    return "|".join(same) if same[0] else ""
