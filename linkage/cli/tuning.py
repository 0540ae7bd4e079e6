"""The commands for changing rules: `tune`, `weights`, `compare` and `rules diff`."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from linkage.errors import InputError, OutputError

if TYPE_CHECKING:
    from linkage.rules.cascade import Cascade


def add_tune(parser: argparse.ArgumentParser) -> None:
    """`linkage tune`."""
    parser.add_argument("folder", type=Path, metavar="OUT", help="the output folder of a finished run")
    parser.add_argument("--output", required=True, type=Path, metavar="FILE", help="the rule file to write (.toml)")
    parser.add_argument("--floor", type=float, default=0.995, metavar="PPV", help="the lowest PPV (default: 0.995)")
    parser.add_argument("--truth", metavar="FILE", help="which patient is which death; may label only a sample")
    add_unlisted(parser)
    parser.add_argument(
        "--pool",
        metavar="RULES",
        help="rules and limits to choose from (default: those of the run; without --truth, rules are learned instead)",
    )
    parser.add_argument("--at-most", type=int, default=300, metavar="N", help="most cascades to try (default: 300)")
    parser.add_argument("--chart", type=Path, metavar="FILE", help="draw the cascades tried (.svg or .png)")
    add_trust(parser)
    parser.set_defaults(verb=_tune)


def add_weights(parser: argparse.ArgumentParser) -> None:
    """`linkage weights`."""
    parser.add_argument("folder", type=Path, metavar="OUT", help="the output folder of a finished run")
    parser.set_defaults(verb=_weights)


def _weights(parsed: argparse.Namespace) -> None:
    from linkage.run.expected_summary import weights_table
    from linkage.run.output import read_manifest

    recorded = read_manifest(parsed.folder)
    if "evidence" not in recorded:
        raise InputError(
            f"{parsed.folder}: the cascade {recorded['rules']['name']} does not use probabilities, so there are no"
            " weights. Run a cascade that does, such as evidence."
        )
    print(weights_table(recorded["evidence"]))


def add_unlisted(parser: argparse.ArgumentParser) -> None:
    """The argument for patients whom `--truth` does not list."""
    parser.add_argument(
        "--unlisted",
        choices=("unknown", "no_match"),
        default="unknown",
        help="patients whom the truth does not list: left out (unknown, the default), or without a death (no_match)",
    )


def add_trust(parser: argparse.ArgumentParser) -> None:
    """The argument that allows queries in the manifest to be run again."""
    parser.add_argument(
        "--trust-queries",
        action="store_true",
        help="run the queries in the manifest of OUT again; read them first if the folder is not your own",
    )


def _tune(parsed: argparse.Namespace) -> None:
    from linkage.rules.file import read_rules
    from linkage.run.repeat import repeat_run
    from linkage.tuning import believe_model, believe_truth, compare_once, learn, loosened, rule_text, search

    if parsed.chart is not None and not (parsed.truth or parsed.pool):
        raise InputError("--chart draws the cascades that a search tried. Give --pool or --truth, or omit --chart.")
    if parsed.pool is not None and parsed.truth is None:
        _require_no_probability(read_rules(parsed.pool))
    with repeat_run(parsed.folder, trust_queries=parsed.trust_queries) as run:
        pool = run.cascade if parsed.pool is None else read_rules(parsed.pool)
        if parsed.truth is None and parsed.pool is None:
            learned = learn(run, floor=parsed.floor)
            write_private(parsed.output, rule_text(learned.cascade))
            print(f"{learned}\nWritten to {parsed.output}.")
            return
        kept = compare_once(run, loosened(pool))
        belief = (
            believe_model(kept) if parsed.truth is None else believe_truth(kept, parsed.truth, unlisted=parsed.unlisted)
        )
        found = search(belief, pool, floor=parsed.floor, at_most=parsed.at_most)
        write_private(parsed.output, found.text)
        print(
            f"The pool: {belief.judge(pool)}\nFound:    {found.judged}, by {found.source}\nWritten to {parsed.output}."
        )
        if parsed.chart is not None:
            found.chart().savefig(parsed.chart)


def _require_no_probability(pool: "Cascade") -> None:
    asking = [rule.id for rule in pool.rules if rule.probability is not None]
    if asking:
        raise InputError(
            f"{pool.name} cannot be tuned without truth: {', '.join(asking)} require a probability, which is already"
            " estimated from the files. Write ppv = 0.995 into the rule file, and the run itself chooses the limits; or"
            " give --truth, or a pool without probability, such as mimic_iv."
        )


def write_private(path: Path, text: str) -> None:
    """Write a text file that only its owner can read. Raises OutputError."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as problem:
        raise OutputError(f"{path} cannot be written: {problem.strerror}.") from None


def add_compare(parser: argparse.ArgumentParser) -> None:
    """`linkage compare`."""
    parser.add_argument("before", type=Path, metavar="OUT_A", help="the output folder of a finished run")
    parser.add_argument("after", type=Path, metavar="OUT_B", help="the output folder of the run to compare it with")
    add_trust(parser)
    parser.set_defaults(verb=_compare)


def _compare(parsed: argparse.Namespace) -> None:
    from linkage.run.comparison import compare
    from linkage.run.repeat import repeat_run

    trust = parsed.trust_queries
    with (
        repeat_run(parsed.before, trust_queries=trust) as before,
        repeat_run(parsed.after, trust_queries=trust) as after,
    ):
        print(compare(before, after))


def add_rules_diff(parser: argparse.ArgumentParser) -> None:
    """`linkage rules diff`."""
    parser.add_argument("before", metavar="A", help="a shipped cascade or the path of a rule file")
    parser.add_argument("after", metavar="B", help="the cascade to compare it with")
    parser.set_defaults(verb=_rules_diff)


def _rules_diff(parsed: argparse.Namespace) -> None:
    from linkage.rules.diff import rules_diff
    from linkage.rules.file import read_rules

    differences = rules_diff(read_rules(parsed.before), read_rules(parsed.after))
    print("\n".join(differences) or "No difference.")
