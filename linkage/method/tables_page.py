"""Print docs/tables.md: `python -m linkage.method.tables_page`."""

from linkage.method.steps import STEPS
from linkage.method.tables import TABLES


def page() -> str:
    """The text of docs/tables.md: the steps, and the tables between them."""
    lines = [
        "# The steps and their tables", "",
        "Generated from `linkage/method/steps.py` and `linkage/method/tables.py`"
        " by `python -m linkage.method.tables_page`.",
        "", "| step | what it does | reads | makes |", "|---|---|---|---|",
    ]  # fmt: skip
    for step in STEPS:
        lines.append(f"| {step.name} | {step.does} | {', '.join(step.reads) or 'files'} | {', '.join(step.makes)} |")
    for table in TABLES:
        made = [step.name for step in STEPS if table.name in step.makes]
        used = [step.name for step in STEPS if table.name in step.reads]
        until = f" Dropped after {table.until}." if table.until else ""
        lines += [
            "", f"## {table.name}", "",
            f"One row per {table.one_row_per}. Made by {', '.join(made)};"
            f" read by {', '.join(used) or 'the output'}.{until}",
            "", "| column | type and meaning |", "|---|---|",
            *(f"| {name} | {text} |" for name, text in table.columns.items()),
        ]  # fmt: skip
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")
