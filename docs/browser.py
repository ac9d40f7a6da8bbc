"""A headless Chromium, spoken to over its debugging protocol: what the site is looked at with in `test_site.py`."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from websocket import create_connection

FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--no-first-run",
    "--remote-debugging-port=0",
]


class Browser:
    """One tab; `visit` opens a page and tells what went wrong in it."""

    def __enter__(self) -> Browser:
        program = next(p for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if p)
        self.home = Path(tempfile.mkdtemp())
        self.process = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={self.home}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        told, until = self.home / "DevToolsActivePort", time.monotonic() + 60
        while not (told.is_file() and "\n" in told.read_text()):
            assert time.monotonic() < until, "Chromium did not start"
            time.sleep(0.1)
        port = told.read_text().split()[0]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
            tab = next(t for t in json.load(answer) if t["type"] == "page")
        self.socket = create_connection(tab["webSocketDebuggerUrl"], timeout=60, suppress_origin=True)
        self.number, self.events = 0, []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")
        axe = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
        self.send("Page.addScriptToEvaluateOnNewDocument", source=axe)
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()
        self.process.terminate()
        self.process.wait(timeout=20)
        shutil.rmtree(self.home, ignore_errors=True)

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """Send one command and return its result; events that come meanwhile are kept."""
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == self.number:
                assert "error" not in message, message["error"]
                return message["result"]
            self.events.append(message)

    def evaluate(self, script: str) -> Any:
        """Return the value of a JavaScript expression, awaited."""
        got = self.send("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in got, got["exceptionDetails"]
        return got["result"].get("value")

    def visit(self, url: str, *, width: int = 1300, dark: bool = False) -> list[str]:
        """Open a page; return the errors of its console, requests that failed and requests to the network."""
        screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        self.send("Emulation.setDeviceMetricsOverride", **screen)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[scheme])
        self.events.clear()
        self.send("Page.navigate", url=url)
        until = time.monotonic() + 60
        while not any(e.get("method") == "Page.loadEventFired" for e in self.events):
            assert time.monotonic() < until, f"{url} does not load"
            self.events.append(json.loads(self.socket.recv()))
        self.evaluate("document.fonts.ready.then(() => new Promise(done => setTimeout(done, 150)))")
        return list(self._faults())

    def _faults(self) -> Iterator[str]:
        for event in self.events:
            method, p = event.get("method"), event.get("params", {})
            if method == "Runtime.exceptionThrown":
                yield f"exception: {p['exceptionDetails'].get('text')}"
            elif method == "Log.entryAdded" and p["entry"]["level"] == "error":
                yield f"log: {p['entry']['text']} {p['entry'].get('url', '')}"
            elif method == "Runtime.consoleAPICalled" and p["type"] == "error":
                yield f"console: {p['args'][0].get('value')}"
            elif method == "Network.requestWillBeSent" and p["request"]["url"].startswith(("http", "ws")):
                yield f"asks the network: {p['request']['url']}"
            elif method == "Network.loadingFailed" and not p.get("canceled"):
                yield f"failed: {p.get('errorText')}"

    def barriers(self) -> list[str]:
        """Return what axe-core calls a serious or critical fault of accessibility."""
        return self.evaluate(
            "axe.run(document, {resultTypes: ['violations']}).then(r => r.violations"
            ".filter(v => ['serious', 'critical'].includes(v.impact))"
            ".map(v => v.id + ': ' + v.help + ' ' + v.nodes.slice(0, 3).map(n => n.target.join(' ')).join('; ')))"
        )

    def picture(self, path: Path) -> None:
        """Write what is seen, the whole page, as PNG."""
        shot = self.send("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))
