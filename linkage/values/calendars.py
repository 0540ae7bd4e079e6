"""Years of other calendars than the Gregorian one: they are recognized and reported, and never converted.

A date that is read in the wrong calendar is centuries off, and one that is converted by mistake looks right.
"""

BUDDHIST_YEARS, FIRST_BUDDHIST = 543, 2423
"""How far the years of the Buddhist calendar are ahead, and the first that a living person can have been born in."""
HIJRI_YEARS = range(1300, 1500)
"""1883 to 2076 in the Gregorian calendar."""
HIJRI, BUDDHIST = "a year of the Hijri calendar", "in the future, probably a year of the Buddhist calendar"
"""The reasons for which a date is not known."""
_CONVERT = "Convert them to the Gregorian calendar: {}. No date is converted here."
ADVICE = {
    HIJRI: f"Years such as 1445 are those of the Hijri calendar. {_CONVERT.format('1445-06-12 is 2023-12-25')}",
    BUDDHIST: (
        f"Years such as 2567 are those of the Buddhist calendar, {BUDDHIST_YEARS} years ahead."
        f" {_CONVERT.format(f'subtract {BUDDHIST_YEARS} from the year')}"
    ),
}
"""What to do about dates that are not known for these reasons."""
