"""The house functions in DuckDB: functions with names of our own, because engines spell them differently.

Spark defines functions of the same names (see `linkage.engines.spark.functions`), and runs these macros where its own
functions would give different results.
"""

from linkage.values.floating import EXACT_TO, EXACT_TO_32

_BLANKS = r"\x01-\x20\x7f-\xa0\x{2000}-\x{200f}\x{2028}-\x{202f}\x{2060}\x{3000}\x{feff}"
FORMULA = rf"(?s)^([{_BLANKS}]*[=+@\x{{ff0b}}\x{{ff0d}}\x{{ff1d}}\x{{ff20}}-].|[\t\r\n].)"
"""An RE2 pattern of text that a spreadsheet may run as a formula: one of = + - @ followed by something."""

HOUSE_FUNCTIONS = (
    "CREATE MACRO full_match(value, pattern) AS regexp_full_match(value, pattern)",
    # The signs are those that OWASP lists under CSV injection, including their East Asian full-width forms; some
    # spreadsheets remove blanks and control characters before them. The comparisons come first because they are cheap
    # and exclude nearly all texts. (DuckDB would turn a list of signs into a table and join it.)
    "CREATE MACRO inert_text(value) AS CASE"
    " WHEN value < '0' OR value >= '=' AND value < 'A' OR value >= chr(127) AND value < chr(192) OR value >= chr(8192)"
    f" THEN CASE WHEN regexp_matches(value, '{FORMULA}') AND try_cast(value AS DOUBLE) IS NULL"
    " THEN '''' || value ELSE value END ELSE value END",
    "CREATE MACRO without_guard(value) AS"
    " CASE WHEN starts_with(value, '''') AND inert_text(substr(value, 2)) = value THEN substr(value, 2) ELSE value END",
    # A number used as an id is written as an integer, whatever the type of its column. From 2^53 (FLOAT: 2^24) on, a
    # floating number may stand for several integers: it is written like 1.23E+17, by which ids are rejected as rounded.
    # BLOB is text without a string type, as some Parquet writers store it.
    "CREATE MACRO text_of(value) AS CASE WHEN typeof(value) = 'BLOB' THEN decode(TRY_CAST(value AS BLOB))"
    " WHEN typeof(value) LIKE 'DECIMAL%' THEN regexp_replace(CAST(value AS VARCHAR), '[.]0+$', '')"
    " WHEN typeof(value) NOT IN ('DOUBLE', 'FLOAT') THEN CAST(value AS VARCHAR)"
    " WHEN isnan(TRY_CAST(value AS DOUBLE)) THEN NULL"
    f" WHEN abs(TRY_CAST(value AS DOUBLE)) >= CASE WHEN typeof(value) = 'FLOAT' THEN {EXACT_TO_32} ELSE {EXACT_TO} END"
    " AND NOT isinf(TRY_CAST(value AS DOUBLE)) THEN format('{:.16e}', TRY_CAST(value AS DOUBLE))"
    " WHEN TRY_CAST(value AS DOUBLE) = floor(TRY_CAST(value AS DOUBLE)) AND NOT isinf(TRY_CAST(value AS DOUBLE))"
    " THEN CAST(TRY_CAST(value AS HUGEINT) AS VARCHAR) ELSE CAST(value AS VARCHAR) END",
    # Rounded, because engines add the bonus for a common prefix in different orders.
    "CREATE MACRO jaro_winkler(these, those) AS round(jaro_winkler_similarity(these, those), 9)",
    "CREATE MACRO share_any(these, those) AS list_has_any(these, those)",
    "CREATE MACRO words_of(barred) AS string_split(barred, '|')",
    "CREATE MACRO digits_changed(these, those) AS hamming(these, those)",
    # Damerau-Levenshtein is much slower, and few pairs need it.
    "CREATE MACRO digits_transposed(these, those) AS CASE WHEN hamming(these, those) = 2"
    " THEN damerau_levenshtein(these, those) = 1 WHEN hamming(these, those) <> 2 THEN FALSE END",
    "CREATE MACRO row_hash(a, b, c, d) AS hash(a, b, c, d)",
    "CREATE MACRO days_between(later, earlier) AS date_diff('day', earlier, later)",
    "CREATE MACRO middle_day(earliest, latest) AS"
    " CAST(earliest + CAST(date_diff('day', earliest, latest) // 2 AS INTEGER) AS DATE)",
    "CREATE MACRO one_year_after(day) AS CAST(day + INTERVAL 1 YEAR AS DATE)",
    # Dates of eight digits, in which 00 is a month or day that is not known.
    "CREATE MACRO day_of(digits) AS make_date("
    "CAST(substr(digits, 1, 4) AS INT), CAST(substr(digits, 5, 2) AS INT), CAST(substr(digits, 7, 2) AS INT))",
    "CREATE MACRO earliest_day(digits) AS day_of("
    "substr(digits, 1, 4) || replace(substr(digits, 5, 2), '00', '01') || replace(substr(digits, 7, 2), '00', '01'))",
    "CREATE MACRO latest_day(digits) AS CASE WHEN substr(digits, 7, 2) <> '00' THEN day_of(digits)"
    " ELSE last_day(day_of(substr(digits, 1, 4) || replace(substr(digits, 5, 2), '00', '12') || '01')) END",
    # A fast path for the most common formats, with the same result as `standardize.dates`, which reads all others.
    # Times are local clock times; the time zone is ignored.
    "CREATE MACRO odd_timestamp_of(value) AS CASE"
    " WHEN full_match(value, '(1[89]|[2-9][0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}([T ]([01][0-9]|2[0-3]):[0-5][0-9]"
    "(:[0-5][0-9]([.][0-9]{1,6})?)?(Z|[+-](0[0-9]|1[0-2]):?00)?)?') THEN try_cast("
    "regexp_replace(value, '(Z|[+-][0-9]{2}:?00)$', '') AS TIMESTAMP)"
    " WHEN full_match(value, '(1[89]|[2-9][0-9])[0-9]{6}([0-9]{6})?') THEN"
    " try_strptime(value, ['%Y%m%d%H%M%S', '%Y%m%d']) END",
    # Nearly all times have this form, which is read in less than half the time of the patterns above.
    "CREATE MACRO timestamp_of(value) AS CASE"
    " WHEN value LIKE '____-__-__ __:__:__' AND value >= '18' AND value < '9998' AND substr(value, 12, 2) < '24'"
    " THEN try_cast(value AS TIMESTAMP) ELSE odd_timestamp_of(nullif(trim(value), '')) END",
)
