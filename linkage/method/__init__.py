"""The method, one module per step, as the Methods section of a paper describes it.

Records are read and standardised, blocked, compared, decided, assigned, censored and accounted for. `*_sql` modules
hold SQL text alone; the modules beside them run it.
"""
