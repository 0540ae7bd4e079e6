"""Coverage-guided fuzzing: `python -m tests.fuzz TARGET -max_total_time=60`, with libFuzzer's own options.

Needs atheris (`pip install atheris`). Input that breaks a promise is written to a file `crash-...`; add it as a test
to `test_fuzz` before fixing the code.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["linkage"]):
    from tests.fuzz.targets import SEEDS


def main() -> None:
    """Fuzz one target, from its seeds."""
    if len(sys.argv) < 2 or sys.argv[1] not in SEEDS:
        sys.exit(f"usage: python -m tests.fuzz {{{','.join(SEEDS)}}} [libFuzzer options]")
    target, seeds = SEEDS[sys.argv.pop(1)]
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(seeds):
            (Path(corpus) / str(number)).write_bytes(seed)
        # A target that takes longer counts as hanging.
        atheris.Setup([*sys.argv, "-timeout=20", corpus], target)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
