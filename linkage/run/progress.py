"""Progress of a running job: its current step and the time left, on a terminal, in a log, or as JSON.

Only steps, counts, seconds and bytes are reported; no value of any record reaches this module.
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
"""The weight of the forecast relative to measured times: as if this share of the job had taken the forecast time."""


class Progress:
    """Receives the events of a job and reports nothing; subclasses report them."""

    def expect(self, seconds: Mapping[str, float]) -> None:
        """Set the expected seconds of each step, in the order of the steps."""

    def begin(self, step: str) -> None:
        """Called when a step starts."""

    def end(self, step: str, seconds: float) -> None:
        """Called when a step has ended, with its wall time."""

    def foresee(self, forecast: Forecast) -> None:
        """Report the forecast of a large job."""

    def notice(self, text: str) -> None:
        """Report something that the user should know before the job continues."""

    def finish(self, cost: Mapping[str, Mapping[str, float]]) -> None:
        """Called when the job is done; `cost` has the expected and the measured cost, as in the manifest."""

    def close(self) -> None:
        """Called after the last event, also if the job failed."""


class Lines(Progress):
    """Prints one plain line per step: for logs."""

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
    """Prints one JSON object per event and line: for programs."""

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
        """Write one event."""
        line = {"event": event, "elapsed_seconds": round(perf_counter() - self.begun, 3), **facts}
        print(json.dumps(line), file=self.stream, flush=True)


class Terminal(Lines):
    """Rewrites one line twice a second, with the time left, and erases it when the job ends."""

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
    """Estimated seconds until the end: the expected times of the remaining steps, scaled by the pace so far.

    `done` has the seconds of finished steps; `running` is the time of the current one so far. None if the current step
    has no expected time.

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
    if running > expected[step] * pace:  # the step takes longer than expected, so the rest probably will too
        pace = (seen + running + trusted) / (planned + expected[step] + trusted)
    later = sum(seconds for name, seconds in expected.items() if name not in done and name != step)
    return round(later * pace + max(expected[step] * pace - running, 0.0), 3)


def how_right(cost: Mapping[str, Mapping[str, float]]) -> str:
    """The measured cost of a job and, if it was large enough for a forecast, the expected cost.

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
    """The peak memory of this process so far, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak  # Linux counts in kibibytes


@contextmanager
def shown(quiet: bool, as_json: bool, stream: TextIO) -> Iterator[Progress]:
    """Yield the kind of progress report that suits the stream and the user's options."""
    progress = JsonLines(stream) if as_json else Progress() if quiet else _plain(stream)
    try:
        yield progress
    finally:
        progress.close()


def _plain(stream: TextIO) -> Progress:
    can_rewrite = stream.isatty() and os.environ.get("TERM") != "dumb"
    return Terminal(stream) if can_rewrite else Lines(stream)


class Stopwatch:
    """Measures the wall time of each step in seconds, and reports steps to `progress`.

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
        """Measure the time of a `with` block."""
        begun = perf_counter()
        self.progress.begin(name)
        yield
        spent = perf_counter() - begun
        self.seconds[name] = round(self.seconds.get(name, 0.0) + spent, 3)
        self.progress.end(name, round(spent, 3))
