"""A real browser for tests: headless Chromium, spoken to through its DevTools protocol."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
import websocket

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--hide-scrollbars",
    "--no-first-run",
    "--remote-debugging-port=0",
    "--remote-allow-origins=*",
)
_SECONDS: Final = 60


def executable() -> str:
    """Chromium, installed from Debian's archive where it is missing, or else the test is skipped."""
    for name in _NAMES:
        if found := shutil.which(name):
            return found
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        pytest.skip("no Chromium here, and no right to install one: apt-get install chromium")
    install = f"{apt} update -qq && {apt} install -qq -y --no-install-recommends chromium"
    done = subprocess.run(["sh", "-c", install], capture_output=True, text=True, check=False, timeout=600)
    found = shutil.which("chromium")
    if found is None:
        pytest.skip(f"Chromium can't be installed: {done.stderr.strip()[-300:]}")
    return found


@dataclass
class Tab:
    """One tab: what it was asked and what it told of."""

    socket: websocket.WebSocket
    events: list[dict[str, Any]] = field(default_factory=list)
    _last: int = 0

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """The result of one command; events that arrive before it are kept."""
        self._last += 1
        self.socket.send(json.dumps({"id": self._last, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == self._last:
                assert "error" not in message, message
                result: dict[str, Any] = message["result"]
                return result
            self.events.append(message)

    def evaluate(self, script: str) -> Any:
        """The value of a script; a promise's when it is kept."""
        done = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")

    def show(
        self,
        page: Path,
        *,
        width: int = 1280,
        scheme: str = "light",
        media: str = "screen",
        height: int = 900,
    ) -> None:
        """Open a page as it looks at a width (in CSS pixels), in light or dark, on screen or in print."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", media=media, features=features)
        self.events.clear()
        self.call("Page.navigate", url=page.as_uri())
        self._await("Page.loadEventFired")

    def happened(self, *methods: str) -> list[dict[str, Any]]:
        """The events of these kinds since the page was opened."""
        self.evaluate("new Promise(done => setTimeout(done, 50))")
        return [event["params"] for event in self.events if event["method"] in methods]

    def _await(self, method: str) -> None:
        while not any(event["method"] == method for event in self.events):
            self.events.append(json.loads(self.socket.recv()))


@contextmanager
def open_tab(profile: Path) -> Iterator[Tab]:
    """A tab in a browser of its own, which is gone afterwards."""
    with subprocess.Popen(
        [executable(), *_FLAGS, f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as browser:
        try:
            with urllib.request.urlopen(f"http://{_address(browser)}/json/list", timeout=_SECONDS) as answer:
                tabs = json.load(answer)
            url = next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page")
            socket = websocket.create_connection(url, timeout=_SECONDS)
            try:
                tab = Tab(socket)
                for domain in ("Page", "Runtime", "Log", "Network"):
                    tab.call(f"{domain}.enable")
                yield tab
            finally:
                socket.close()
        finally:
            browser.kill()


def _address(browser: subprocess.Popen[str]) -> str:
    """Where the browser listens, as it says on standard error."""
    assert browser.stderr is not None
    for line in browser.stderr:
        if line.startswith("DevTools listening on ws://"):
            return line.removeprefix("DevTools listening on ws://").split("/")[0]
    raise AssertionError("Chromium ended before it listened")
