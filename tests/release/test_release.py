"""A release has no identifiers, keeps every interval, and is not written if a check fails."""

import csv
import gzip
import json
import shutil
import stat
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from scipy.stats import spearmanr

import linkage
from linkage.errors import InputError, OutputError, RulesError
from linkage.release import Release, check_release, make_release
from linkage.release.policy import read_policy, shipped_policies
from linkage.rules.file import read_rules
from tests.release.conftest import PEOPLE, changed, letters, numbers, rows_of

Rows = list[dict[str, str]]


def test_every_check_passes_and_is_written(made: Release) -> None:
    assert not made.failed
    with (made.folder / "checks.csv").open() as file:
        written = list(csv.DictReader(file))
    assert [row["check"] for row in written] == [check.claim for check in made.checks]
    assert {row["result"] for row in written} == {"pass", "reported"}
    assert {row["kind"] for row in written} == {"integrity", "consistency", "identifiers"}


def test_no_identifier_and_no_true_date_stands_in_any_file(made: Release, hospital: Path) -> None:
    text = ""
    for path in made.folder.iterdir():
        content = path.read_bytes()
        text += (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8")
    for path in hospital.glob("*.csv"):
        with path.open() as file:
            for row in csv.DictReader(file):
                for column in ("subject_id", "hadm_id", "stay_id", "transfer_id", "ssn", "first_name", "phone", "dob"):
                    assert not row.get(column) or row[column] not in text
                for column in ("admittime", "intime", "death_date"):
                    assert not row.get(column) or row[column][:10] not in text


def test_columns_that_are_not_listed_are_dropped_and_named(made: Release) -> None:
    assert list(rows_of(made.folder, "patients")[0]) == [
        "subject_id", "gender", "anchor_age", "anchor_year", "anchor_year_group", "dod"
    ]  # fmt: skip
    assert made.dropped["patients"] == ("first_name", "last_name", "dob", "ssn", "phone")
    assert made.dropped["admissions"] == ("doctor",)
    assert "doctor" in (made.folder / "release.md").read_text()


def test_each_person_moves_by_one_offset_of_whole_days(made: Release, hospital: Path, crosswalk: Path) -> None:
    subjects, stays = numbers(crosswalk, "subject_id"), numbers(crosswalk, "hadm_id")
    offsets = numbers(crosswalk, "offset_days")
    released = {row["hadm_id"]: row for row in rows_of(made.folder, "admissions")}
    with (hospital / "admissions.csv").open() as file:
        for row in csv.DictReader(file):
            one = released[str(stays[row["hadm_id"]])]
            assert one["subject_id"] == str(subjects[row["subject_id"]])
            for column in ("admittime", "dischtime"):
                moved = datetime.fromisoformat(one[column]) - datetime.fromisoformat(row[column])
                assert moved.total_seconds() == 86_400 * offsets[row["subject_id"]]
    assert 0 not in offsets.values()
    assert len(set(offsets.values())) > PEOPLE / 2


def test_dates_of_death_are_censored_before_they_are_moved(made: Release, run: Path, crosswalk: Path) -> None:
    subjects, offsets = numbers(crosswalk, "subject_id"), numbers(crosswalk, "offset_days")
    true = {row["patient_id"]: row["dod"] for row in rows_of(run, "release")}
    released = {row["subject_id"]: row["dod"] for row in rows_of(made.folder, "patients")}
    within = 0
    for patient, dod in true.items():
        found = released[str(subjects[patient])]
        assert bool(dod) == bool(found)
        if dod:
            within += 1
            assert (datetime.fromisoformat(found) - datetime.fromisoformat(dod)).days == offsets[patient]
    assert 0 < within < PEOPLE / 2  # some died within a year of the last discharge, some later


def test_an_id_that_looks_like_a_formula_is_that_of_the_patient(hospital: Path, tmp_path: Path) -> None:
    """In the CSV files of a run, an apostrophe before it protects spreadsheets."""
    name = {"subject_id": "+fX9aQ2b"}
    patients, admissions = (
        changed(hospital / f"{table}.csv", tmp_path, lambda place, _: name if place == 0 else {})
        for table in ("patients", "admissions")
    )
    with linkage.link(patients, hospital / "deaths.csv", encounters=admissions) as run:
        run.write(tmp_path / "out")
        (dod,) = run.outcomes.loc[run.outcomes["patient_id"] == name["subject_id"], "dod"]
    made = make_release(tmp_path / "out", tmp_path / "shared", crosswalk_file=tmp_path / "crosswalk.csv")
    released = numbers(tmp_path / "crosswalk.csv", "subject_id")[name["subject_id"]]
    (found,) = (row for row in rows_of(made.folder, "patients") if row["subject_id"] == str(released))
    assert bool(found["dod"]) == (dod is not None and dod == dod)


def test_rows_stand_in_the_order_of_random_numbers(made: Release) -> None:
    for name, key in (("patients", "subject_id"), ("admissions", "hadm_id"), ("edstays", "stay_id")):
        found = [int(row[key]) for row in rows_of(made.folder, name)]
        assert found == sorted(found)


def test_nobody_is_found_again_by_order_number_or_offset(made: Release, hospital: Path, crosswalk: Path) -> None:
    with (hospital / "admissions.csv").open() as file:
        true = {row["subject_id"]: row["admittime"] for row in csv.DictReader(file)}
    people = sorted(true)
    released, offsets = numbers(crosswalk, "subject_id"), numbers(crosswalk, "offset_days")
    place = {row["subject_id"]: at for at, row in enumerate(rows_of(made.folder, "patients"))}
    known: dict[str, list[float]] = {
        "order in the source": [float(person) for person in people],
        "time of admission": [datetime.fromisoformat(true[person]).timestamp() for person in people],
    }
    shown: dict[str, list[float]] = {
        "released number": [released[person] for person in people],
        "row in the release": [place[str(released[person])] for person in people],
        "released time": [
            datetime.fromisoformat(true[person]).timestamp() / 86_400 + offsets[person] for person in people
        ],
    }
    # By chance, the rank correlation of 120 people exceeds 0.5 once in 100 million releases.
    for what, values in known.items():
        for name, others in shown.items():
            assert abs(spearmanr(values, others).statistic) < 0.5, (what, name)


def test_a_person_whose_dates_do_not_move_is_found(run: Path, crosswalk: Path, tmp_path: Path) -> None:
    spoiled = tmp_path / "crosswalk.csv"
    lines = crosswalk.read_text().splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("offset_days,"))
    lines[first] = ",".join([*lines[first].split(",")[:2], "0"])
    spoiled.write_text("\n".join(lines) + "\n")
    with pytest.raises(OutputError, match="no offset of dates is 0"):
        make_release(run, tmp_path / "shared", crosswalk_file=spoiled)
    assert not (tmp_path / "shared").exists()


def test_ages_over_89_are_91_also_for_those_who_reach_them_later(
    made: Release, hospital: Path, run: Path, crosswalk: Path
) -> None:
    def of(name: str) -> Rows:
        with (hospital / f"{name}.csv").open() as file:
            return list(csv.DictReader(file))

    days: dict[str, list[date]] = {}
    for table, columns in (("admissions", ("admittime", "dischtime")), ("edstays", ("intime", "outtime"))):
        for row in of(table):
            found = [datetime.fromisoformat(row[column]).date() for column in columns]
            days.setdefault(row["subject_id"], []).extend(found)
    for row in rows_of(run, "release"):
        if row["dod"]:
            days[row["patient_id"]].append(date.fromisoformat(row["dod"]))
    ages = {row["subject_id"]: int(row["anchor_age"]) for row in rows_of(made.folder, "patients")}
    subjects = numbers(crosswalk, "subject_id")
    later = 0
    for row in of("patients"):
        born, lived = date.fromisoformat(row["dob"]), days[row["subject_id"]]
        first, last = (
            day.year - born.year - ((day.month, day.day) < (born.month, born.day)) for day in (min(lived), max(lived))
        )
        later += first <= 89 < last
        assert ages[str(subjects[row["subject_id"]])] == (91 if last > 89 else first)
    assert later > 0  # one person turns 90 between two days of the release


@pytest.mark.parametrize(
    ("names", "written"),
    [(["dob"], ["%d/%m/%Y"]), (["YEAR", "MONTH", "DAY"], ["%Y", "%m", "%d"])],
    ids=["day first, not declared", "in parts"],
)
def test_birth_dates_are_read_as_the_run_read_them(
    made: Release, hospital: Path, crosswalk: Path, tmp_path: Path, names: list[str], written: list[str]
) -> None:
    with (hospital / "patients.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        born = date.fromisoformat(row.pop("dob"))
        row |= dict(zip(names, map(born.strftime, written), strict=True))
    with (tmp_path / "patients.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    patients = linkage.source(tmp_path / "patients.csv", columns={"birth_date": names if len(names) > 1 else names[0]})
    stays = [hospital / "admissions.csv", hospital / "edstays.csv"]
    with linkage.link(patients, hospital / "deaths.csv", encounters=stays) as run:
        run.write(tmp_path / "out")
    copied = shutil.copy(crosswalk, tmp_path / "crosswalk.csv")
    transfers = {"transfers": hospital / "transfers.csv"}
    again = make_release(tmp_path / "out", tmp_path / "shared", tables=transfers, crosswalk_file=copied)
    ages = [
        [(row["subject_id"], row["anchor_age"]) for row in rows_of(one.folder, "patients")] for one in (made, again)
    ]
    assert ages[0] == ages[1]


def test_a_placeholder_is_not_a_birth_date(hospital: Path, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    shipped = read_rules("mimic_iv").path
    assert shipped
    shutil.copy(shipped, rules)
    unknown = {0: "1900-01-01", 1: "12/31/1899"}
    patients = changed(hospital / "patients.csv", tmp_path, lambda place, _: {"dob": unknown.get(place, "1950-06-07")})
    with linkage.link(patients, hospital / "deaths.csv", rules, encounters=hospital / "admissions.csv") as run:
        run.write(tmp_path / "out")
    made = make_release(tmp_path / "out", tmp_path / "shared", crosswalk_file=tmp_path / "c.csv")
    subjects = numbers(tmp_path / "c.csv", "subject_id")
    ages = {int(row["subject_id"]): row["anchor_age"] for row in rows_of(made.folder, "patients")}
    assert [ages[subjects[str(70_000_001 + place)]] for place in unknown] == ["", ""]
    assert sum(not age for age in ages.values()) == len(unknown)
    rules.write_text(rules.read_text() + "# changed\n")
    with pytest.raises(OutputError, match="rule file has changed"):
        make_release(tmp_path / "out", tmp_path / "shared", crosswalk_file=tmp_path / "c.csv")


def test_files_can_be_read_by_their_owner_alone(made: Release, crosswalk: Path) -> None:
    for path in (*made.folder.iterdir(), crosswalk):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_page_and_the_manifest_claim_nothing_that_an_expert_has_to_determine(made: Release) -> None:
    manifest, page = (made.folder / name for name in ("release.json", "release.md"))
    for text in (manifest.read_text(), page.read_text()):
        assert "de-identified" not in text.lower()
        assert "Safe Harbor" in text
    content = json.loads(manifest.read_text())
    assert content["rows"]["patients"] == PEOPLE
    assert not {"coverage", "inputs", "path"} & set(str(content).replace("'", " ").split())


def test_a_second_release_keeps_numbers_and_gives_new_patients_others(
    made: Release, run: Path, hospital: Path, crosswalk: Path, tmp_path: Path
) -> None:
    before = {kind: numbers(crosswalk, kind) for kind in ("subject_id", "hadm_id", "stay_id", "offset_days")}
    kept = tmp_path / "crosswalk.csv"
    lines = crosswalk.read_text().splitlines()
    # As if the last ten patients were new: a crosswalk of an earlier release without them.
    gone = {str(70_000_001 + number) for number in range(PEOPLE - 10, PEOPLE)}
    kept.write_text("\n".join(line for line in lines if line.split(",")[1] not in gone) + "\n")
    again = make_release(run, tmp_path / "shared", crosswalk_file=kept)
    after = {kind: numbers(kept, kind) for kind in before}
    for kind, known in before.items():
        for true, released in known.items():
            assert true in gone or after[kind][true] == released
    assert len(set(after["subject_id"].values())) == PEOPLE
    assert (again.known_people, again.new_people) == (PEOPLE - 10, 10)


def test_without_the_crosswalk_a_release_cannot_be_joined_to_an_earlier_one(
    made: Release, run: Path, crosswalk: Path, tmp_path: Path
) -> None:
    make_release(run, tmp_path / "shared", crosswalk_file=tmp_path / "new.csv")
    first, second = numbers(crosswalk, "subject_id"), numbers(tmp_path / "new.csv", "subject_id")
    assert sum(first[true] == second[true] for true in first) < 3


@pytest.mark.parametrize("keep", [("weekday",), ("season",), ("weekday", "season")])
def test_weekdays_and_seasons_can_be_kept(run: Path, tmp_path: Path, keep: tuple[str, ...]) -> None:
    policy = replace(read_policy("mimic_iv"), keep=keep)
    make_release(run, tmp_path / "shared", policy, crosswalk_file=tmp_path / "c.csv")
    for offset in numbers(tmp_path / "c.csv", "offset_days").values():
        if "weekday" in keep:
            assert offset % 7 == 0
        if "season" in keep:
            away = offset % 365.2425
            assert min(away, 365.2425 - away) <= (4 if "weekday" in keep else 1)
    page = (tmp_path / "shared" / "release.md").read_text()
    assert ("true weekday" in page) == ("weekday" in keep)
    assert ("true season" in page) == ("season" in keep)


def test_the_time_of_day_can_be_dropped(run: Path, tmp_path: Path) -> None:
    policy = replace(read_policy("mimic_iv"), drop_time_of_day=True)
    made = make_release(run, tmp_path / "shared", policy, crosswalk_file=tmp_path / "c.csv")
    assert {row["admittime"][10:] for row in rows_of(made.folder, "admissions")} == {" 00:00:00"}


def test_records_of_one_person_get_one_number_and_one_offset(run: Path, tmp_path: Path) -> None:
    (tmp_path / "persons.csv").write_text("patient_id,person_id\n70000001,A\n70000002,A\n")
    made = make_release(run, tmp_path / "shared", persons=tmp_path / "persons.csv", crosswalk_file=tmp_path / "c.csv")
    assert made.rows["patients"] == PEOPLE - 1
    assert "70000002" not in numbers(tmp_path / "c.csv", "subject_id")
    assert made.rows["admissions"] == PEOPLE


def test_records_that_the_run_linked_together_are_one_person(hospital: Path, tmp_path: Path) -> None:
    with (hospital / "patients.csv").open(newline="") as file:
        known = list(csv.DictReader(file))[1]
    same = {name: known[name] for name in ("first_name", "last_name", "dob", "ssn", "gender")}
    patients = changed(hospital / "patients.csv", tmp_path, lambda place, _: same if place == 3 else {})
    rules = replace(read_rules("mimic_iv"), duplicates="link_together")
    with linkage.link(patients, hospital / "deaths.csv", rules, encounters=hospital / "admissions.csv") as run:
        run.write(tmp_path / "out")
    made = make_release(tmp_path / "out", tmp_path / "shared", crosswalk_file=tmp_path / "c.csv")
    assert made.rows["patients"] == PEOPLE - 1
    subjects = numbers(tmp_path / "c.csv", "subject_id")
    assert "70000002" in subjects
    assert "70000004" not in subjects
    admissions = [row["subject_id"] for row in rows_of(made.folder, "admissions")]
    assert admissions.count(str(subjects["70000002"])) == 2


def test_ids_of_persons_are_not_record_numbers(run: Path, tmp_path: Path) -> None:
    merged = ["70000001,70000005", "70000002,70000005", "70000005,70000001"]
    rows = ["patient_id,person_id", *merged, merged[-1], "99999999,B", "70000009,"]
    (tmp_path / "persons.csv").write_text("\n".join(rows))
    made = make_release(run, tmp_path / "shared", persons=tmp_path / "persons.csv", crosswalk_file=tmp_path / "c.csv")
    known = set(numbers(tmp_path / "c.csv", "subject_id"))
    assert made.rows["patients"] == len(known) == PEOPLE - 1
    assert {"70000001", "70000005"} <= known
    assert [check.found for check in made.checks if "not in the run" in check.claim] == [1]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("70000001,70000005\n70000002,70000005\n", "1 person_id is also the patient_id of a patient who is not in"),
        ("70000001,A\n70000002,A\n70000002,B\n", "1 patient has more than one person_id"),
        ("070000001,A\n070000002,A\n", "none of its 2 rows has a patient_id of the run"),
    ],
    ids=["number of another patient", "patient of two persons", "numbers written in another way"],
)
def test_a_file_that_leaves_open_who_is_one_person_is_refused(run: Path, tmp_path: Path, rows: str, said: str) -> None:
    (tmp_path / "persons.csv").write_text(f"patient_id,person_id\n{rows}")
    with pytest.raises(InputError, match=said):
        make_release(run, tmp_path / "shared", persons=tmp_path / "persons.csv", crosswalk_file=tmp_path / "c.csv")


# Each leak: a table of the source, the column to change, the value, and the expected message.
LEAKS = [
    ("transfers", "careunit", "Medicine 70000003", "careunit has only listed values"),
    ("transfers", "eventtype", "walked", "eventtype has only listed values"),
    ("admissions", "subject_id", "99999999", "patients who are not in the run"),
    ("transfers", "transfer_id", "90000002", "transfer_id are unique"),
    ("transfers", "intime", "", "intime is never empty"),
    ("transfers", "hadm_id", "1", "every hadm_id is in admissions"),
]


@pytest.mark.parametrize(("table", "column", "value", "said"), LEAKS)
def test_a_fault_of_the_source_is_found_and_nothing_is_written(
    run: Path, hospital: Path, tmp_path: Path, table: str, column: str, value: str, said: str
) -> None:
    with (hospital / f"{table}.csv").open() as file:
        rows = list(csv.DictReader(file))
    rows[0][column] = value
    spoiled = tmp_path / "spoiled.csv"
    with spoiled.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    tables = {"transfers": hospital / "transfers.csv", table: spoiled}
    with pytest.raises(OutputError, match=said):
        make_release(run, tmp_path / "shared", tables=tables, crosswalk_file=tmp_path / "c.csv")
    assert not (tmp_path / "shared").exists()
    assert not (tmp_path / "c.csv").exists()


# Each leak in a finished release: a table, a change of its rows, and the check that detects it.
def _set(column: str, value: str):
    def spoil(rows: Rows) -> Rows:
        return [{**rows[0], column: value}, *rows[1:]]

    return spoil


PLANTED = [
    ("admissions", _set("admittime", "2013-05-06 10:00:00"), "every admittime is in 2100 or later"),
    ("transfers", _set("careunit", "70000003"), "careunit has only listed values"),
    ("patients", _set("anchor_age", "95"), "no age over 89"),
    ("admissions", _set("race", "MARTIAN"), "race has only listed values"),
    ("admissions", _set("subject_id", "10000000"), "every subject_id is in patients"),
    ("admissions", lambda rows: sorted(rows, key=lambda row: row["admittime"]), "does not follow admittime"),
    ("patients", lambda rows: [{**row, "name": letters(1)} for row in rows], "only listed columns"),
    ("patients", lambda rows: [*rows, rows[0]], "subject_id are unique"),
    ("edstays", _set("outtime", "2100-01-01 00:00:00"), "outtime is not before intime"),
]


def test_a_copy_of_a_release_passes_its_checks(made: Release, tmp_path: Path) -> None:
    shutil.copytree(made.folder, tmp_path / "theirs")
    assert not check_release(tmp_path / "theirs").failed


@pytest.mark.parametrize(("table", "spoil", "said"), PLANTED)
def test_a_leak_planted_in_a_release_is_found(
    made: Release,
    tmp_path: Path,
    table: str,
    spoil,
    said: str,
) -> None:
    folder = tmp_path / "theirs"
    shutil.copytree(made.folder, folder)
    rows = spoil(rows_of(folder, table))
    with gzip.open(folder / f"{table}.csv.gz", "wt", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    failed = [check.claim for check in check_release(folder).failed]
    assert [claim for claim in failed if said in claim], failed


@pytest.mark.parametrize(
    ("days", "failed", "early"),
    [(366, "", 0), (367, "at most 366 days after", 0), (0, "", 0), (-30, "", 1), (-31, "at most 30 days before", 0)],
)
def test_a_date_of_death_has_its_time_beside_the_last_discharge(
    made: Release, tmp_path: Path, days: int, failed: str, early: int
) -> None:
    folder = tmp_path / "theirs"
    shutil.copytree(made.folder, folder)
    ends: dict[str, date] = {}
    for table, column in (("admissions", "dischtime"), ("edstays", "outtime")):
        for row in rows_of(folder, table):
            day = datetime.fromisoformat(row[column]).date()
            ends[row["subject_id"]] = max(day, ends.get(row["subject_id"], day))
    rows = rows_of(folder, "patients")
    chosen = next(row for row in rows if row["dod"])
    chosen["dod"] = str(ends[chosen["subject_id"]] + timedelta(days=days))
    with gzip.open(folder / "patients.csv.gz", "wt", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    stated = replace(read_policy("mimic_iv"), days_before_discharge=31)
    assert not [check for check in check_release(folder, stated).failed if "days before" in check.claim]
    found = check_release(folder)
    claims = [check.claim for check in found.failed]
    assert all(failed and failed in claim for claim in claims)
    assert bool(claims) == bool(failed)
    assert next(check.found for check in found.checks if "by fewer days" in check.claim) == early


def test_an_output_that_holds_something_else_is_left_alone(run: Path, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "thesis.txt").write_text("mine")
    with pytest.raises(OutputError, match="not a release"):
        make_release(run, tmp_path / "shared", crosswalk_file=tmp_path / "c.csv")
    assert (tmp_path / "shared" / "thesis.txt").read_text() == "mine"


def test_the_crosswalk_may_not_lie_in_the_shared_folder(run: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="shared"):
        make_release(run, tmp_path / "shared", crosswalk_file=tmp_path / "shared" / "c.csv")


def test_a_folder_without_patients_cannot_be_checked(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no patients table"):
        check_release(tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("format = 1", "format = 1 is missing"),
        ('gender            = { values = ["F", "M"], required = true }', "exactly one of"),
        ("subject_id = [10_000_000, 19_999_999]", "is not allowed"),
        ("years       = [2100, 2200]", "not a range"),
        ("days_before_discharge = 30", "days_before_discharge = -1 is not a whole number"),
    ],
)
def test_a_policy_that_says_nothing_sensible_is_refused(tmp_path: Path, change: str, said: str) -> None:
    text = shipped_policies()["mimic_iv"].read_text()
    other = {
        "format": "",
        "gender": 'gender = { type = "time", values = [] }',
        "years": "years = [2200]",
        "days_before_discharge": "days_before_discharge = -1",
    }
    replaced = text.replace(change, other.get(change.split(" ")[0], "other_id = [1, 2]"), 1)
    (tmp_path / "ours.toml").write_text(replaced)
    with pytest.raises(RulesError, match=said):
        read_policy(tmp_path / "ours.toml")
