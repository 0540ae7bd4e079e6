"""Read a person's names, SSN, sex, and full or partial dates from the resources of a FHIR certificate.

Extensions are recognized by the last part of their URL, because versions of the guide use different URLs for the same
extension.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from linkage.values.dates import differ, standard_date

_DEATH_DATE = "81956-5"
_WITHDRAWN = ("entered-in-error", "cancelled")
_ISO = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})(?:T.*)?)?)?")
_IN_UTC = re.compile(r"T(?!00:00(?::00(?:\.0+)?)?(?:Z|[+-]00:00)$).*(?:Z|[+-]00:00)$")
_NO_YEAR = "0000||"  # counted as a year that is not known

UTC = "a time of death in UTC, read as the clock time that is written, so the local day may differ"
SEVERAL = "several dates of death that differ, of which the first observed one is used"
NOT_DECEASED = "deceasedBoolean = false, and is used like any other"
ONLY_TEXT = "a name, or a part of it, only as text, which is not read"
"""What looks wrong in a certificate, as the end of a sentence."""
NULL_NAMES = ("UNKNOWN", "UNK")


def last_part(address: Any) -> str:
    """The last part of a URL, in lower case.

    >>> last_part("http://hl7.org/fhir/us/vrdr/StructureDefinition/Date-Year")
    'date-year'
    """
    return str(address or "").rstrip("/").rpartition("/")[2].lower()


def listed(value: Any) -> list[Any]:
    """A value that should be a list as one: some systems write a single element without its list.

    Raises TypeError for a number.

    >>> listed(["Ann"]), listed("Ann"), listed(None)
    (['Ann'], ['Ann'], [])
    """
    if isinstance(value, str | dict):
        return [value]
    return [] if value is None else list(value)


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
    """The columns of a name; empty parts and words for an unknown name (`NULL_NAMES`) are left out.

    Raises TypeError for a part that is no text. FHIR of 2015 lists family names.
    """
    given = _texts(name.get("given"))
    columns = {
        "first_name": given[0] if given else "",
        "middle_name": " ".join(given[1:]),
        "last_name": " ".join(_texts(name.get("family"))),
        "suffix": " ".join(_texts(name.get("suffix"))),
    }
    return {ours: value for ours, value in columns.items() if value and value.upper() not in NULL_NAMES}


def _texts(value: Any) -> list[str]:
    """The texts of a list, or of a single one.

    >>> _texts([" Ann ", None, ""]), _texts("Lee")
    (['Ann'], ['Lee'])
    """
    texts = [one for one in listed(value) if one]
    if not all(isinstance(one, str) for one in texts):
        raise TypeError
    return [stripped for one in texts if (stripped := one.strip())]


def is_only_text(name: Mapping[str, Any]) -> bool:
    """Whether the text of a name holds a first or last name that its parts lack.

    >>> is_only_text({"text": "Ann Lee"}), is_only_text({"text": "Ann Lee", "family": "Lee"})
    (True, True)
    >>> is_only_text({"text": "Ms. LEE", "family": "Lee", "prefix": ["Ms."]}), is_only_text({"text": "Unknown"})
    (False, False)
    """
    if {"first_name", "last_name"} <= name_of(name).keys():
        return False
    parts = (one for part in ("family", "given", "prefix", "suffix") for one in listed(name.get(part)))
    known = {word for one in parts for word in _words(one)}
    return bool(_words(name.get("text")) - known - {*NULL_NAMES})


def _words(text: Any) -> set[str]:
    return set(re.findall(r"\w+", str(text or "").upper()))


def is_withdrawn(resources: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the document in these resources says of itself that it was entered in error."""
    return any(one.get("resourceType") == "Composition" and _is_status_withdrawn(one) for one in resources)


def _is_status_withdrawn(resource: Mapping[str, Any]) -> bool:
    return str(resource.get("status")).strip().lower() in _WITHDRAWN


def ssn_of(person: Mapping[str, Any]) -> str:
    """The SSN of a person as written, or an empty text."""
    for one in listed(person.get("identifier")):
        if one is None or not one.get("value") or one.get("use") == "old":
            continue
        kinds = [coding.get("code") for coding in one.get("type", {}).get("coding", [])]
        if last_part(one.get("system")) == "us-ssn" or {"SS", "SB"} & set(kinds):
            return str(one.get("value") or "").strip()
    return ""


def sex_of(person: Mapping[str, Any]) -> str:
    """The sex at death; if not given, the sex at birth; if neither is given, the administrative gender."""
    codes = {last_part(one.get("url")): code_of(value_of(one)) for one in person.get("extension", [])}
    sex = next((codes[key] for key in ("nvss-sexatdeath", "us-core-birthsex") if key in codes), person.get("gender"))
    return {"male": "M", "m": "M", "female": "F", "f": "F"}.get(str(sex).lower(), "")


def died(resources: Sequence[Mapping[str, Any]], person: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """The full or partial date of death in a certificate, and what looks wrong in it.

    The date of an observation takes precedence over the patient's `deceasedDateTime`.
    """
    observed = [one for one in resources if _is_of_death(one)]
    dates = [date for date in (*map(_observed_date, observed), date_of(person, "deceasedDateTime")) if date]
    written = [str(value) for one in (*observed, person) for name, value in one.items() if name in _INSTANTS]
    doubts = {
        UTC: any(_IN_UTC.search(text) for text in written),
        SEVERAL: any(_disagree(dates[0], other) for other in dates[1:]),
        NOT_DECEASED: person.get("deceasedBoolean") is False,
    }
    return (dates[0] if dates else ""), tuple(doubt for doubt, applies in doubts.items() if applies)


_INSTANTS = ("valueDateTime", "valueInstant", "valueString", "deceasedDateTime")


def _is_of_death(one: Mapping[str, Any]) -> bool:
    codes = [coding.get("code") for coding in one.get("code", {}).get("coding", [])] if "code" in one else []
    is_observation = one.get("resourceType") == "Observation" and not _is_status_withdrawn(one)
    return is_observation and _DEATH_DATE in codes


def _observed_date(one: Mapping[str, Any]) -> str:
    """The date in an observation, whatever its type."""
    if isinstance(period := one.get("valuePeriod"), dict):
        return within(period)
    names = dict.fromkeys(name.lstrip("_") for name in one if name.lstrip("_").startswith("value"))
    return next((date for name in names if (date := date_of(one, name))), "")


def _disagree(one: str, other: str) -> bool:
    """Whether two dates as written differ in a part that both know; a text that is no date contradicts nothing.

    >>> _disagree("2015|06|", "2015|07|01"), _disagree("20150601", "2015|06|01"), _disagree("soon", "2015|06|01")
    (True, False, False)
    """
    dates = [date for text in (one, other) if (date := standard_date(text).digits)]
    return len(dates) == 2 and differ(*dates)


def date_of(holder: Mapping[str, Any], name: str) -> str:
    """A date as `year|month|day`; unknown parts are empty. A text in another form is returned unchanged.

    A timestamp with a time zone gives the local day as written.

    >>> date_of({"birthDate": "1940-02"}, "birthDate"), date_of({"x": "2019-02-19T23:48:06-05:00"}, "x")
    ('1940|02|', '2019|02|19')
    >>> date_of({"birthDate": "20190219"}, "birthDate")
    '20190219'
    """
    value = holder.get(name)
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if written := _ISO.fullmatch(text):
        return "|".join(part or "" for part in written.groups())
    parts = {"year": "", "month": "", "day": ""}
    for extension in holder.get(f"_{name}", {}).get("extension", []):
        for part in extension.get("extension", []):
            which = next((one for one in parts if last_part(part.get("url")).endswith(one)), None)
            number = re.sub("[.]0+$", "", str(value_of(part)))
            if which and number.isdigit():
                parts[which] = f"{int(number):0{4 if which == 'year' else 2}}"
    return "|".join(parts.values()) if any(parts.values()) else text


def within(period: Mapping[str, Any]) -> str:
    """The parts of a date on which the start and end of a period agree, from the year down.

    >>> within({"start": "2020-03-01", "end": "2020-03-05"}), within({"start": "2019-12-31", "end": "2020-01-02"})
    ('2020|03|', '0000||')
    """
    start, end = (date_of(period, name).split("|") for name in ("start", "end"))
    if len(start) != 3 or len(end) != 3:
        return _NO_YEAR if any((*start, *end)) else ""
    same = [one if start[: place + 1] == end[: place + 1] else "" for place, one in enumerate(start)]
    return "|".join(same) if same[0] else _NO_YEAR
