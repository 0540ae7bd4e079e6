"""Read a person's names, SSN, sex, and full or partial dates from the resources of a FHIR certificate.

Extensions are recognized by the last part of their URL, because versions of the guide use different URLs for the same
extension.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

_DEATH_DATE = "81956-5"
NULL_NAMES = ("UNKNOWN", "UNK")


def last_part(address: Any) -> str:
    """The last part of a URL, in lower case.

    >>> last_part("http://hl7.org/fhir/us/vrdr/StructureDefinition/Date-Year")
    'date-year'
    """
    return str(address or "").rstrip("/").rpartition("/")[2].lower()


def value_of(holder: Mapping[str, Any]) -> Any:
    """The value of an extension or parameter, whatever its type."""
    return next((value for name, value in holder.items() if name.startswith("value")), None)


def code_of(value: Any) -> Any:
    """The code of a coded value; any other value unchanged."""
    if isinstance(value, dict):
        coding = value.get("coding") or [value]
        return coding[0].get("code")
    return value


def name_of(name: Mapping[str, Any]) -> dict[str, str]:
    """The columns of a name; empty parts and words for an unknown name (`NULL_NAMES`) are left out."""
    given = [str(one).strip() for one in name.get("given", []) if one]
    columns = {
        "first_name": given[0] if given else "",
        "middle_name": " ".join(given[1:]),
        "last_name": str(name.get("family") or "").strip(),
        "suffix": " ".join(str(one).strip() for one in name.get("suffix", []) if one),
    }
    return {ours: value for ours, value in columns.items() if value and value.upper() not in NULL_NAMES}


def ssn_of(person: Mapping[str, Any]) -> str:
    """The SSN of a person as written, or an empty text."""
    for one in person.get("identifier", []):
        kinds = [coding.get("code") for coding in one.get("type", {}).get("coding", [])]
        if last_part(one.get("system")) == "us-ssn" or {"SS", "SB"} & set(kinds):
            return str(one.get("value") or "").strip()
    return ""


def sex_of(person: Mapping[str, Any]) -> str:
    """The sex at death; if not given, the sex at birth; if neither is given, the administrative gender."""
    codes = {last_part(one.get("url")): code_of(value_of(one)) for one in person.get("extension", [])}
    sex = next((codes[key] for key in ("nvss-sexatdeath", "us-core-birthsex") if key in codes), person.get("gender"))
    return {"male": "M", "m": "M", "female": "F", "f": "F"}.get(str(sex).lower(), "")


def died(resources: Sequence[Mapping[str, Any]]) -> str:
    """The full or partial date of death among the resources of a certificate."""
    for one in resources:
        codes = [coding.get("code") for coding in one.get("code", {}).get("coding", [])] if "code" in one else []
        if one.get("resourceType") == "Observation" and _DEATH_DATE in codes:
            period = one.get("valuePeriod")
            return within(period) if isinstance(period, dict) else date_of(one, "valueDateTime")
    return ""


def date_of(holder: Mapping[str, Any], name: str) -> str:
    """A date as `year|month|day`; unknown parts are empty.

    A timestamp with a time zone gives the local day as written.

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
    """The parts of a date on which the start and end of a period agree, from the year down.

    >>> within({"start": "2020-03-01", "end": "2020-03-05"}), within({"start": "2019-12-31", "end": "2020-01-02"})
    ('2020|03|', '')
    """
    start, end = (date_of(period, name).split("|") for name in ("start", "end"))
    if len(start) != 3 or len(end) != 3:
        return ""
    same = [one if start[: place + 1] == end[: place + 1] else "" for place, one in enumerate(start)]
    return "|".join(same) if same[0] else ""
