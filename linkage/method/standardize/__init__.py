"""Standardization: write each field the same way in both files.

`linkage.values` standardizes one value, in Python. For whole tables, `as_read` does most of the work in SQL while a
file is read. `plain_values` says which values are then finished; `odd_values` passes each other distinct value
through the functions of `linkage.values` once.
"""
