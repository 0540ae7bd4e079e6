"""Standardization: write each field the same way in both files.

`names`, `ssn` and `dates` do this for one value, in Python. For whole tables most of it is done in SQL while a file is
read (`as_read`); values that are not `plain` afterwards go through those functions, once per distinct value
(`odd_values`).
"""
