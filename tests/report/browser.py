"""A real browser, controlled by its debugging pipe: console messages, requests and appearance of a page.

The pipe is two file descriptors and JSON that ends in a zero byte (Chrome DevTools Protocol), so no driver is needed.
"""

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
COMPLAINTS = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")


def browser() -> str | None:
    """The path of Chromium, if it is installed."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@dataclass
class Page:
    """An open page: `events` are the browser's messages about it, in order."""

    to_browser: int
    from_browser: Any
    session: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    _asked: int = 0

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and wait for its answer."""
        self._asked += 1
        message = {"id": self._asked, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to_browser, json.dumps(message).encode() + b"\0")
        while (answer := self._receive()).get("id") != self._asked:
            pass
        assert "error" not in answer, answer["error"]
        result: dict[str, Any] = answer["result"]
        return result

    def wait_for(self, event: str) -> None:
        """Wait until the browser reports an event."""
        while not any(message["method"] == event for message in self.events):
            self._receive()

    def _receive(self) -> dict[str, Any]:
        received = bytearray()
        while (byte := self.from_browser.read(1)) != b"\0":
            assert byte, "The browser has gone."
            received += byte
        message: dict[str, Any] = json.loads(received)
        if "method" in message:
            self.events.append(message)
        return message

    def value(self, script: str) -> Any:
        """The value of a script in the page."""
        return self.ask("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    @property
    def complaints(self) -> list[str]:
        """Everything on the console."""
        return [json.dumps(message["params"]) for message in self.events if message["method"] in COMPLAINTS]

    @property
    def requests(self) -> list[str]:
        """Every address that the page requested."""
        sent = [message["params"] for message in self.events if message["method"] == "Network.requestWillBeSent"]
        return [message["request"]["url"] for message in sent]


@contextmanager
def opened(path: Path, profile: Path, width: int = 1000) -> Iterator[Page]:
    """A page opened from a file in a separate browser, with its profile in `profile`."""
    program = browser()
    assert program
    # The browser reads descriptor 3 and writes 4, so move ours to other numbers first.
    ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for pair in (os.pipe(), os.pipe()) for end in pair]
    # In a container, shared memory may be too small for a page.
    options = "--headless --no-sandbox --disable-gpu --disable-dev-shm-usage"
    options += f" --remote-debugging-pipe --user-data-dir={profile}"
    command = f"exec {program} {options} about:blank 3<&{ends[0]} 4>&{ends[3]}"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(["bash", "-c", command], pass_fds=(ends[0], ends[3]), **quiet)
    os.close(ends[0])
    os.close(ends[3])
    try:
        with os.fdopen(ends[2], "rb") as heard:
            page = Page(ends[1], heard)
            target = page.ask("Target.createTarget", url="about:blank")["targetId"]
            page.session = page.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Runtime", "Log", "Network", "Page"):
                page.ask(f"{domain}.enable")
            page.ask("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
            page.ask("Page.navigate", url=path.as_uri())
            page.wait_for("Page.loadEventFired")
            yield page
    finally:
        process.terminate()
        process.wait(timeout=60)
        os.close(ends[1])
