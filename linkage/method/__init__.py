"""The method, one module per step, as the Methods section of a paper describes it.

Records are read and standardized, blocked, compared, decided, assigned, censored and accounted for. `*_sql` modules
contain only SQL text; the other modules run it.
"""
