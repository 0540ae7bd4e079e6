"""Coded columns: only a known word makes a certificate void or a patient deceased."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import linkage
import linkage.sources.reading
from linkage.engines.duck.engine import DuckDBEngine
from linkage.job.check import check
from linkage.method.encounters import load_encounters
from linkage.method.records import Loaded, load_people
from linkage.method.rejected import start_rejected
from linkage.sources.make_source import as_source, source
from linkage.sources.source import Source

NAMES = ["ABEL", "BURT", "CARL", "DORA", "ELLA", "FAYE"]


def read_deaths(void: list[Any], deaths: Source | None = None) -> tuple[Loaded, list[str]]:
    """The result of reading certificates with these words, and the ids of the valid ones."""
    table = pd.DataFrame({"death_id": range(len(void)), "last_name": NAMES[: len(void)], "void": void})
    engine = DuckDBEngine(threads=1)
    try:
        start_rejected(engine)
        loaded = load_people(engine, "death", deaths or as_source(table, name="registry"))
        return loaded, [id for (id,) in engine.rows("SELECT death_id FROM death ORDER BY death_id")]
    finally:
        engine.close()


def read_flags(column: str, held: list[Any], **reading: Any) -> tuple[Loaded, list[bool | None]]:
    """The result of reading stays with these words in a flag column, and the value of each flag."""
    rows = {"patient_id": [str(n) for n in range(len(held))], "start": "2015-01-01", column: held}
    stays = Source("stays", frame=pd.DataFrame(rows, dtype=object), reading=linkage.sources.reading.Reading(**reading))
    engine = DuckDBEngine(threads=1)
    try:
        start_rejected(engine)
        engine.create("patient", "SELECT CAST(range AS STRING) AS patient_id FROM range(100)")
        (loaded,) = load_encounters(engine, [stays])
        return loaded, [flag for (flag,) in engine.rows(f"SELECT {column} FROM encounter ORDER BY rowid")]
    finally:
        engine.close()


@pytest.mark.parametrize(
    ("void", "standing", "whose"),
    [
        (["0", "1", None, "0"], ["0", "2", "3"], "IJE"),
        ([0.0, 1.0, None, 0.0], ["0", "2", "3"], "IJE as pandas keeps it"),
        (["V", "", "VOID", "X"], ["1"], "words for void"),
        (["A", "C", "D", None], ["0", "1", "3"], "the Death Master File"),
        (["no", "yes", "n/a", "N"], ["0", "2", "3"], "yes and no"),
        ([True, False, None, False], ["1", "2", "3"], "a program"),
    ],
)
def test_void_certificates_are_known_by_many_words(void: list[Any], standing: list[str], whose: str) -> None:
    loaded, ids = read_deaths(void)
    assert ids == standing
    assert loaded.rejected == len(void) - len(standing)


def test_a_mark_that_is_not_understood_refuses_the_file_and_the_error_names_no_person() -> None:
    with pytest.raises(linkage.InputError) as refused:
        read_deaths(["0", "ABEL'S", "1", "cancelled?", "ABEL'S"])
    said = str(refused.value)
    assert "registry: 3 rows of void (read as void) have words that are not understood (2 different), first" in said
    assert "first in row 3. Declare the words of this file" in said
    assert 'words = { void = { WORD = "yes" } }' in said
    assert "ABEL" not in said


def test_words_of_ones_own_say_which_certificates_are_void() -> None:
    table = pd.DataFrame({"death_id": ["1", "2"], "last_name": ["ABEL", "BURT"], "void": ["gone", "V"]})
    words = {"void": {"GONE": "yes", "v": "no"}}
    own = Source("registry", frame=table, reading=linkage.sources.reading.Reading(words=words))
    assert read_deaths([], own)[1] == ["2"]


def test_certificates_of_one_number_that_differ_in_the_word_for_valid_are_the_same() -> None:
    table = pd.DataFrame({"death_id": ["7", "7", "7"], "last_name": ["ABEL", "ABEL", "CARL"], "void": ["N", "0", "D"]})
    loaded, ids = read_deaths([], as_source(table, name="registry"))
    assert (ids, loaded.rejected) == (["7"], 2)


def test_a_mark_that_says_not_known_leaves_a_certificate_standing_and_is_counted() -> None:
    loaded, ids = read_deaths(["U", "0", None, "9"])
    assert len(ids) == 4
    assert loaded.codes_not_known == {"void": {"coded as not known": 2}}


@pytest.mark.parametrize(
    ("column", "words", "flags"),
    [
        ("died_in_hospital", ["1", "0", None, "0"], [True, False, None, False]),
        ("died_in_hospital", [1.0, 0.0, None, None], [True, False, None, None]),
        ("died_in_hospital", ["Expired", "Home", "", "DIED"], [True, False, None, True]),
        ("died_in_hospital", ["20", "01", "1", "41"], [True, False, False, True]),
        ("died_in_hospital", ["1", "9", "UNK", "0"], [True, None, None, False]),
        ("organ_donor", ["Y", "n", "", "X"], [True, False, None, True]),
    ],
)
def test_flags_of_stays_are_known_by_many_words(column: str, words: list[Any], flags: list[bool | None]) -> None:
    assert read_flags(column, words)[1] == flags


def test_a_flag_of_stays_that_is_not_understood_refuses_the_file() -> None:
    said = r"stays: 2 rows of died_in_hospital .* have words that are not understood \(1 different\), first in row 3\."
    with pytest.raises(linkage.InputError, match=said):
        read_flags("died_in_hospital", ["1", "perhaps", "0", "perhaps"])
    own = {"died_in_hospital": {"perhaps": "not known"}}
    loaded, flags = read_flags("died_in_hospital", ["1", "perhaps", "0", "perhaps"], words=own)
    assert flags == [True, None, False, None]
    assert loaded.codes_not_known == {"died_in_hospital": {"coded as not known": 2}}


def test_the_rows_of_one_file_do_not_decide_what_the_words_of_another_mean() -> None:
    engine = DuckDBEngine(threads=1)
    first = pd.DataFrame({"patient_id": ["1", "2"], "start": "2015-01-01", "died_in_hospital": ["1", "0"]})
    second = pd.DataFrame({"patient_id": ["1", "2"], "start": "2016-01-01", "died_in_hospital": ["1", "20"]})
    start_rejected(engine)
    engine.create("patient", "SELECT CAST(range AS STRING) AS patient_id FROM range(9)")
    load_encounters(engine, [Source("flags", frame=first), Source("statuses", frame=second)])
    flags = [flag for (flag,) in engine.rows("SELECT died_in_hospital FROM encounter ORDER BY rowid")]
    engine.close()
    assert flags == [True, False, False, True]


PATIENTS = {
    "patient_id": ["1", "NULL", "3", "\\N", "5", "n/a"],
    "first_name": ["Ann Elizabeth", "Bill", "Bill James", "Dora", "George", "Faye"],
    "last_name": ["Lee", "Burt", "Carr", "Dunn", "Not Stated", "Null"],
    "birth_date": "1950-02-11",
    "sex": ["F", "m", "1.0", "x", "MALE", "F"],
}
DEATHS = {
    "death_id": ["11", "12", "13", "15", "16"],
    "first_name": ["ANN", "BILL", "WILLIAM", "GEORGIA", "FAYE"],
    "middle_name": ["ELIZABETH", None, None, None, None],
    "last_name": ["LEE", "BURT", "CARR", "NOT STATED", "NULL"],
    "birth_date": "1950-02-11",
    "sex": ["F", "M", "M", "F", "qq"],
}


def test_words_for_nothing_are_no_ids_and_no_names_and_what_is_lost_is_reported() -> None:
    with linkage.link(pd.DataFrame(PATIENTS), pd.DataFrame(DEATHS), threads=1) as run:
        assert run.links[["patient_id", "death_id", "rule"]].to_numpy().tolist() == [
            ["1", "11", "R2"],
            ["3", "13", "R2"],
        ]
        assert run.loaded[0].rejected == 3
        assert run.counts["cleaned"]["patient"]["last_name"] == {"placeholder": 1}
        assert run.counts["cleaned"]["death"]["sex"] == {"not understood": 1}
        summary = str(run)
        assert "patients  last_name" in summary
        hint = 'deaths: words = { sex = { WORD = "F" } } declares the meaning of a word for the sex: M, F, not known'
        assert hint in summary


def sexes(held: list[str], **reading: Any) -> tuple[list[str | None], dict[str, int]]:
    """The sexes of patients after reading, and how many are not known, by reason."""
    table = pd.DataFrame({"patient_id": [str(n) for n in range(len(held))], "last_name": "LEE", "sex": held})
    engine = DuckDBEngine(threads=1)
    try:
        start_rejected(engine)
        patients = Source("patients", frame=table, reading=linkage.sources.reading.Reading(**reading))
        loaded = load_people(engine, "patient", patients)
        found = [sex for (sex,) in engine.rows("SELECT sex FROM patient ORDER BY rowid")]
    finally:
        engine.close()
    return found, dict(loaded.codes_not_known.get("sex", {}))


def test_a_stray_word_for_the_sex_is_not_known_and_counted() -> None:
    found, lost = sexes(["M", "female", "1", "2.0", "zz", "U", "zz"])
    assert found == ["M", "F", "M", "F", None, None, None]
    assert lost == {"not understood": 2, "coded as not known": 1}


def test_a_column_whose_codes_may_mean_men_or_women_is_refused_until_somebody_says_so() -> None:
    with pytest.raises(linkage.InputError, match=r"4 rows of sex .* have words that are ambiguous \(next to H or V, M"):
        sexes(["H", "M", "H", "M"])
    assert sexes(["H", "M", "H"], words={"sex": {"H": "M", "M": "F"}}) == (["M", "F", "M"], {})


def test_check_says_of_codes_what_a_run_says(tmp_path: Path) -> None:
    pd.DataFrame(PATIENTS).to_csv(tmp_path / "p.csv", index=False)
    pd.DataFrame(DEATHS).to_csv(tmp_path / "d.csv", index=False)
    job = tmp_path / "job.toml"
    job.write_text('format = 1\n[patients]\nfile = "p.csv"\n[deaths]\nfile = "d.csv"\n[output]\nfolder = "o"\n')
    said = check(linkage.read_job(job)).text
    assert "not understood 20.0 %" in said
    job.write_text(job.read_text() + "[deaths.words.sex]\nQQ = 'F'\n")
    assert "not understood" not in check(linkage.read_job(job)).text
    assert source(tmp_path / "d.csv", words={"sex": {"QQ": "F"}}).reading.declared() == {"words": {"sex": {"QQ": "F"}}}


NULLS = [
    # last names of a file, its other columns, last names that are known, reason
    (["NULL", "LEE"], {}, ["NULL", "LEE"], "one person of that name"),
    (["NULL", "NULL", "LEE"], {}, [None, None, "LEE"], "more than one person in so small a file"),
    (["Null", "LEE"], {"middle_name": ["A", "NULL"]}, [None, "LEE"], "the file writes NULL for no middle name"),
    (["None", "LEE"], {"birth_date": [None, "1950-02-11"]}, [None, "LEE"], "no birth date"),
    (["True", "LEE"], {"first_name": ["", "ANN"]}, [None, "LEE"], "no first name"),
    (["TEST", "LEE"], {"first_name": ["ANN", "TEST"]}, [None, "LEE"], "a test elsewhere in the file"),
    (["NA", "LEE"], {"ssn": ["212345678", "NA"]}, [None, "LEE"], "R writes NA for no number"),
]


@pytest.mark.parametrize(("last_names", "others", "known", "reason"), NULLS, ids=[row[-1] for row in NULLS])
def test_a_surname_that_is_a_word_for_nothing_is_one_where_the_file_shows_it(
    last_names: list[str], others: dict[str, Any], known: list[str | None], reason: str
) -> None:
    people = {"first_name": "ANN", "last_name": last_names, "birth_date": "1950-02-11"} | others
    patients = pd.DataFrame({"patient_id": [str(n) for n in range(len(last_names))], **people})
    deaths = pd.DataFrame(
        {"death_id": ["1"], "last_name": ["ROE"], "first_name": ["ZOE"], "birth_date": ["1950-02-11"]}
    )
    with linkage.link(patients, deaths, threads=1) as run:
        found = [name for (name,) in run.engine.rows("SELECT last_name FROM patient ORDER BY patient_id")]
        lost = run.counts["cleaned"]["patient"].get("last_name", {}).get("a null word", 0)
    assert found == known
    assert lost == known.count(None)


WITNESSES = [
    # last names of three patients, of the same people in the registry, which of the patients' names are known, reason
    (["NULL", "NULL", "LEE"], ["NULL", "NULL", "LEE"], ["NULL", "NULL", "LEE"], "a family of that name"),
    (["NULL", "NULL", "LEE"], ["NULL", "ROE", "LEE"], [None, None, "LEE"], "as many by another name"),
    (["NULL", "NULL", "LEE"], ["KOE", "ROE", "LEE"], [None, None, "LEE"], "all by another name"),
    (["TRUE", "LEE", "LEE"], ["ROE", "LEE", "LEE"], [None, "LEE", "LEE"], "one, and by another name"),
    (["NONE", "NONE", "LEE"], [None, "NONE", "LEE"], ["NONE", "NONE", "LEE"], "one, and nothing of the other"),
]


@pytest.mark.parametrize("engine", ["duckdb", "reference"])
@pytest.mark.parametrize(("last_names", "registry", "known", "reason"), WITNESSES, ids=[row[-1] for row in WITNESSES])
def test_the_other_file_shows_whether_a_surname_is_a_word_for_nothing(
    engine: str, last_names: list[str], registry: list[str | None], known: list[str | None], reason: str
) -> None:
    people = {"first_name": ["ANN", "BEA", "CAL"], "birth_date": "1950-02-11", "ssn": ["212345671", "313345672", ""]}
    patients = pd.DataFrame({"patient_id": ["1", "2", "3"], "last_name": last_names, **people})
    deaths = pd.DataFrame({"death_id": ["1", "2", "3"], "last_name": registry, **people})
    with linkage.link(patients, deaths, engine=engine, threads=1) as run:
        assert [name for (name,) in run.engine.rows("SELECT last_name FROM patient ORDER BY patient_id")] == known
        links = run.links.set_index("patient_id")["rule"]
        assert links["1"] == ("R1" if known[0] and registry[0] else "R3"), reason


def test_encounters_of_a_kind_that_is_not_understood_are_counted_in_a_run_too() -> None:
    stays = {"patient_id": ["1", "1", "1"], "start": "2015-01-01", "kind": ["ED", "spa", None]}
    engine = DuckDBEngine(threads=1)
    try:
        start_rejected(engine)
        engine.create("patient", "SELECT '1' AS patient_id")
        (loaded,) = load_encounters(engine, [Source("stays", frame=pd.DataFrame(stays))])
    finally:
        engine.close()
    assert loaded.codes_not_known == {"kind": {"counts as a hospital stay": 1}}


def test_visits_without_a_stay_anchor_no_year_and_are_rejected_with_their_reason() -> None:
    patients = pd.DataFrame(
        {"patient_id": ["1", "2"], "last_name": ["LEE", "ROE"], "birth_date": "1950-02-11", "ssn": ""}
    )
    deaths = patients.rename(columns={"patient_id": "death_id"}).assign(
        ssn=["212345671", "212345672"], death_date=["2016-06-01", "2016-03-02"]
    )
    patients["ssn"] = deaths["ssn"]
    stays = pd.DataFrame(
        {
            "patient_id": ["1", "1", "2", "2"],
            "kind": ["Inpatient", "Outpatient", "IMP", "9202"],
            "start": ["2015-01-02", "2016-03-02", "2015-01-02", "2016-03-02"],
            "discharge": ["2015-01-09", "2016-03-02", "2015-01-09", "2016-03-02"],
            "died_in_hospital": ["0", "0", "0", "1"],
        }
    )
    with linkage.link(patients, deaths, encounters=stays) as run:
        outcomes = run.outcomes.set_index("patient_id")
        assert outcomes.loc["1", ["status", "anchor_date"]].tolist() == ["died_later", pd.Timestamp("2015-01-09")]
        assert outcomes.loc["2", ["status", "dod"]].tolist() == ["died_within_one_year", pd.Timestamp("2016-03-02")]
        assert run.rejected[["row_number", "reason"]].to_numpy().tolist() == [[3, "a visit without a stay"]]
        assert run.loaded[2].codes_not_known == {}
