"""How each field is written the same way in both files.

`names`, `ssn` and `dates` say it for one value, in Python. For whole tables most of it is done in SQL while a file
is read (`as_read`); what is then not `plain` goes through those functions, each distinct value once (`odd_values`).
"""
