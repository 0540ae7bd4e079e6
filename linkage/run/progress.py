"""While a job runs: what it is doing and how much time is left, on a terminal, in a log, or as JSON.

What is told are steps, counts, seconds and bytes; no value of any record reaches this module.
"""

import json
import os
import resource
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter
from typing import Any, TextIO

from linkage.run.forecast import Forecast, in_bytes, in_words

_TRUSTED_SHARE = 0.1
"""How much the forecast weighs against what has been seen: as if this share of the job had kept to it."""


class Progress:
    """Hears what happens in a job, and says nothing; the other classes say it in their way."""

    def expect(self, seconds: Mapping[str, float]) -> None:
        """How long each step, in their order, is thought to take."""

    def begin(self, step: str) -> None:
        """A step begins."""

    def end(self, step: str, seconds: float) -> None:
        """A step has ended."""

    def foresee(self, forecast: Forecast) -> None:
        """What a large job will cost."""

    def notice(self, text: str) -> None:
        """Something that the user should know before the job goes on."""

    def finish(self, cost: Mapping[str, Mapping[str, float]]) -> None:
        """The job is done; `cost` is what was expected and what was found, as in the manifest."""

    def close(self) -> None:
        """No more will be said, perhaps because the job failed."""


class Lines(Progress):
    """A plain line for every step: for logs."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def end(self, step: str, seconds: float) -> None:
        self._say(f"{step}: {seconds:.1f} s")

    def foresee(self, forecast: Forecast) -> None:
        self._say(str(forecast))

    def notice(self, text: str) -> None:
        self._say(text)

    def finish(self, cost: Mapping[str, Mapping[str, float]]) -> None:
        self._say(how_right(cost))

    def _say(self, text: str) -> None:
        print(f"linkage: {text}", file=self.stream, flush=True)


class JsonLines(Progress):
    """One JSON object on a line for everything that happens: for programs."""

    def __init__(self, stream: TextIO) -> None:
        self.stream, self.begun = stream, perf_counter()

    def begin(self, step: str) -> None:
        self.say("step_began", step=step)

    def end(self, step: str, seconds: float) -> None:
        self.say("step_ended", step=step, seconds=seconds)

    def foresee(self, forecast: Forecast) -> None:
        self.say("forecast", pairs_by_key=forecast.pairs_by_key, pairs_by_rule=forecast.pairs_by_rule,
                 seconds=round(sum(forecast.seconds.values()), 1), memory_bytes=forecast.memory_bytes)  # fmt: skip

    def notice(self, text: str) -> None:
        self.say("notice", message=text)

    def finish(self, cost: Mapping[str, Mapping[str, float]]) -> None:
        self.say("finished", **cost)

    def say(self, event: str, **facts: Any) -> None:
        """Write one object."""
        told = {"event": event, "elapsed_seconds": round(perf_counter() - self.begun, 3), **facts}
        print(json.dumps(told), file=self.stream, flush=True)


class Terminal(Lines):
    """One line that is written anew twice a second, with the time left; it is gone when the job ends."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self.expected: dict[str, float] = {}
        self.done: dict[str, float] = {}
        self.step, self.since, self.begun = "", perf_counter(), perf_counter()
        self._lock, self._closing = threading.Lock(), threading.Event()
        self._clock = threading.Thread(target=self._tick, daemon=True)
        self._clock.start()

    def expect(self, seconds: Mapping[str, float]) -> None:
        self.expected = dict(seconds)

    def begin(self, step: str) -> None:
        self.step, self.since = step, perf_counter()
        self._show()

    def end(self, step: str, seconds: float) -> None:
        self.done[step] = self.done.get(step, 0.0) + seconds
        self.step = ""

    def close(self) -> None:
        self._closing.set()
        self._clock.join()
        self._write("")

    def _say(self, text: str) -> None:
        self._write(f"linkage: {text}\n")

    def _tick(self) -> None:
        while not self._closing.wait(0.5):
            self._show()

    def _show(self) -> None:
        step, now = self.step, perf_counter()
        if not step:
            return
        left = seconds_left(self.expected, self.done, step, now - self.since)
        about = f", about {in_words(left)} left" if left is not None else ""
        self._write(f"{step} ({len(self.done) + 1} of {max(len(self.expected), len(self.done) + 1)}),"
                    f" {now - self.begun:.0f} s so far{about}")  # fmt: skip

    def _write(self, text: str) -> None:
        with self._lock:
            self.stream.write(f"\r\x1b[K{text}")
            self.stream.flush()


def seconds_left(expected: Mapping[str, float], done: Mapping[str, float], step: str, running: float) -> float | None:
    """Seconds until the end: what is still expected, at the pace of what has been seen.

    `done` holds the seconds of finished steps, `running` those of the present one. None when a step is
    under way of which nothing is known.

    >>> seconds_left({"read": 10, "block": 20}, {"read": 20}, "block", 5)
    30.385
    >>> seconds_left({"read": 10}, {}, "reference", 5) is None
    True
    """
    if step not in expected:
        return None
    trusted = _TRUSTED_SHARE * sum(expected.values())
    seen = sum(seconds for name, seconds in done.items() if name in expected)
    planned = sum(expected[name] for name in done if name in expected)
    pace = (seen + trusted) / (planned + trusted) if planned + trusted else 1.0
    if running > expected[step] * pace:  # it takes longer than thought, and so may the rest
        pace = (seen + running + trusted) / (planned + expected[step] + trusted)
    later = sum(seconds for name, seconds in expected.items() if name not in done and name != step)
    return round(later * pace + max(expected[step] * pace - running, 0.0), 3)


def how_right(cost: Mapping[str, Mapping[str, float]]) -> str:
    """The cost that was found; of a job that is large enough for a forecast, also the one that was expected.

    >>> cost = {"expected": {"seconds": 12, "memory_bytes": 9e8}, "found": {"seconds": 10.2, "memory_bytes": 1e9}}
    >>> how_right(cost)
    'done in 10.2 s and 1.0 GB of memory.'
    >>> how_right(cost | {"expected": cost["expected"] | {"pairs_by_key": {}}})
    'done in 10.2 s and 1.0 GB of memory; 12.0 s and 0.9 GB were expected.'
    """
    expected, found = cost["expected"], cost["found"]
    done = f"done in {found['seconds']:.1f} s and {in_bytes(int(found['memory_bytes']))} of memory"
    if "pairs_by_key" not in expected:
        return f"{done}."
    return f"{done}; {expected['seconds']:.1f} s and {in_bytes(int(expected['memory_bytes']))} were expected."


def peak_memory() -> int:
    """The most memory that this process has held so far, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak  # Linux counts in kibibytes


@contextmanager
def shown(quiet: bool, as_json: bool, stream: TextIO) -> Iterator[Progress]:
    """The way of telling that suits a stream and the user's wishes."""
    progress = JsonLines(stream) if as_json else Progress() if quiet else _plain(stream)
    try:
        yield progress
    finally:
        progress.close()


def _plain(stream: TextIO) -> Progress:
    can_rewrite = stream.isatty() and os.environ.get("TERM") != "dumb"
    return Terminal(stream) if can_rewrite else Lines(stream)


class Stopwatch:
    """Wall seconds per step, of which somebody may be told while they pass.

    >>> watch = Stopwatch()
    >>> with watch.step("read"): pass
    >>> list(watch.seconds)
    ['read']
    """

    def __init__(self, progress: Progress | None = None) -> None:
        self.seconds: dict[str, float] = {}
        self.progress = progress or Progress()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time what happens in a `with` block."""
        begun = perf_counter()
        self.progress.begin(name)
        yield
        spent = perf_counter() - begun
        self.seconds[name] = round(self.seconds.get(name, 0.0) + spent, 3)
        self.progress.end(name, round(spent, 3))
