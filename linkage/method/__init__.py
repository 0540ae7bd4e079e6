"""The method, step by step, as the Methods section of a paper describes it. Start at `steps`.

`steps.STEPS` lists the steps in order: read, standardize, contacts, block, weigh, compare, assign, limit, reasons,
censor, review, account. `*_sql` modules contain only SQL text; the other modules run it.
"""
