"""The house functions as DuckDB knows them: the few that generated SQL calls by a name of our own.

Engines spell them differently. Spark has its own under the same names, see `spark_functions`, and asks these macros
where two spellings would not give the same answer.
"""

_BLANKS = r"\x01-\x20\x7f-\xa0\x{2000}-\x{200f}\x{2028}-\x{202f}\x{2060}\x{3000}\x{feff}"
FORMULA = rf"(?s)^([{_BLANKS}]*[=+@\x{{ff0b}}\x{{ff0d}}\x{{ff1d}}\x{{ff20}}-].|[\t\r\n].)"
"""What a spreadsheet may take for a formula, as RE2 writes it: one of = + - @ with something behind it."""

HOUSE_FUNCTIONS = (
    "CREATE MACRO full_match(value, pattern) AS regexp_full_match(value, pattern)",
    # The signs are those that OWASP names under CSV injection, also in the full width of East Asian writing; blanks
    # and controls before them are cut off by some spreadsheets. Nearly no text begins with one, or with a neighbour of
    # theirs, and the question costs next to nothing. (Of a list of signs DuckDB would make a table, and join it.)
    "CREATE MACRO inert_text(value) AS CASE"
    " WHEN value < '0' OR value >= '=' AND value < 'A' OR value >= chr(127) AND value < chr(192) OR value >= chr(8192)"
    f" THEN CASE WHEN regexp_matches(value, '{FORMULA}') AND try_cast(value AS DOUBLE) IS NULL"
    " THEN '''' || value ELSE value END ELSE value END",
    # A number that stands for a name is a whole one, whatever column type it was stored in.
    # Bytes are text that nobody has marked as such, as some writers of Parquet leave it.
    "CREATE MACRO text_of(value) AS CASE WHEN typeof(value) = 'BLOB' THEN decode(TRY_CAST(value AS BLOB))"
    " WHEN typeof(value) LIKE 'DECIMAL%' THEN regexp_replace(CAST(value AS VARCHAR), '[.]0+$', '')"
    " WHEN typeof(value) NOT IN ('DOUBLE', 'FLOAT') THEN CAST(value AS VARCHAR)"
    " WHEN isnan(TRY_CAST(value AS DOUBLE)) THEN NULL"
    " WHEN TRY_CAST(value AS DOUBLE) = floor(TRY_CAST(value AS DOUBLE)) AND abs(TRY_CAST(value AS DOUBLE)) < 1e18"
    " THEN CAST(TRY_CAST(value AS HUGEINT) AS VARCHAR) ELSE CAST(value AS VARCHAR) END",
    # Rounded, because engines add the bonus for a common beginning in another order.
    "CREATE MACRO jaro_winkler(these, those) AS round(jaro_winkler_similarity(these, those), 9)",
    "CREATE MACRO share_any(these, those) AS list_has_any(these, those)",
    "CREATE MACRO words_of(barred) AS string_split(barred, '|')",
    "CREATE MACRO digits_changed(these, those) AS hamming(these, those)",
    # Few pairs need the second question, which costs much more.
    "CREATE MACRO digits_transposed(these, those) AS CASE WHEN hamming(these, those) = 2"
    " THEN damerau_levenshtein(these, those) = 1 WHEN hamming(these, those) <> 2 THEN FALSE END",
    "CREATE MACRO row_hash(a, b, c, d) AS hash(a, b, c, d)",
    "CREATE MACRO days_between(later, earlier) AS date_diff('day', earlier, later)",
    "CREATE MACRO middle_day(earliest, latest) AS"
    " CAST(earliest + CAST(date_diff('day', earliest, latest) // 2 AS INTEGER) AS DATE)",
    "CREATE MACRO one_year_after(day) AS CAST(day + INTERVAL 1 YEAR AS DATE)",
    # Days as far as they are known: 00 stands for a month or day that is not.
    "CREATE MACRO day_of(digits) AS make_date("
    "CAST(substr(digits, 1, 4) AS INT), CAST(substr(digits, 5, 2) AS INT), CAST(substr(digits, 7, 2) AS INT))",
    "CREATE MACRO earliest_day(digits) AS day_of("
    "substr(digits, 1, 4) || replace(substr(digits, 5, 2), '00', '01') || replace(substr(digits, 7, 2), '00', '01'))",
    "CREATE MACRO latest_day(digits) AS CASE WHEN substr(digits, 7, 2) <> '00' THEN day_of(digits)"
    " ELSE last_day(day_of(substr(digits, 1, 4) || replace(substr(digits, 5, 2), '00', '12') || '01')) END",
    # The forms that most systems write, read as `standardise.dates` reads them, but quickly. That module reads all
    # other forms. A time counts as the clock on the wall showed it, whatever the zone.
    "CREATE MACRO odd_timestamp_of(value) AS CASE"
    " WHEN full_match(value, '(1[89]|[2-9][0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}([T ]([01][0-9]|2[0-3]):[0-5][0-9]"
    "(:[0-5][0-9]([.][0-9]{1,6})?)?(Z|[+-](0[0-9]|1[0-2]):?00)?)?') THEN try_cast("
    "regexp_replace(value, '(Z|[+-][0-9]{2}:?00)$', '') AS TIMESTAMP)"
    " WHEN full_match(value, '(1[89]|[2-9][0-9])[0-9]{6}([0-9]{6})?') THEN"
    " try_strptime(value, ['%Y%m%d%H%M%S', '%Y%m%d']) END",
    # Nearly all times are plain, and read at less than half the price of the patterns above.
    "CREATE MACRO timestamp_of(value) AS CASE"
    " WHEN value LIKE '____-__-__ __:__:__' AND value >= '18' AND value < '9998' AND substr(value, 12, 2) < '24'"
    " THEN try_cast(value AS TIMESTAMP) ELSE odd_timestamp_of(nullif(trim(value), '')) END",
)
