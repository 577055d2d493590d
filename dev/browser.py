"""A headless Chromium driven over its DevTools protocol: what the screenshots and nothing else need."""

import base64
import contextlib
import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import websocket

from . import launcher, tools
from .console import SetupError

#: Seconds a page may take to show what is waited for.
_TIMEOUT = 60

_DESKTOP = {"width": 1400, "height": 900, "deviceScaleFactor": 1, "mobile": False}
_PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}


class Browser:
    """A browser with one page. A context manager: it ends with the block.

    :raise SetupError: when Chromium does not start or a page does not show what is waited for
    """

    def __init__(self):
        self._folder = tempfile.mkdtemp(prefix="relance_fr_browser_")
        options = [
            "--headless",
            "--hide-scrollbars",
            "--disable-gpu",
            "--no-first-run",
            "--disable-dev-shm-usage",
            "--remote-debugging-address=127.0.0.1",
            "--remote-debugging-port=0",
            "--remote-allow-origins=*",
            f"--user-data-dir={self._folder}",
            "about:blank",
        ]
        self._process = subprocess.Popen(
            [tools.browser(), *options],
            env=launcher.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._number = 0
        try:
            self._socket = websocket.create_connection(self._address(), timeout=_TIMEOUT)
            target = self.send("Target.createTarget", url="about:blank")["targetId"]
            attached = self.send("Target.attachToTarget", targetId=target, flatten=True)
            self._session = attached["sessionId"]
            self.send("Page.enable")
        except BaseException:
            self.stop()
            raise

    _session = None
    _socket = None

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self.stop()

    def stop(self):
        """End the browser and remove what it kept."""
        if self._socket:
            with contextlib.suppress(OSError, websocket.WebSocketException):
                self._socket.close()
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _address(self):
        """Return the address Chromium writes once it listens."""
        port_file = Path(self._folder, "DevToolsActivePort")
        limit = time.monotonic() + _TIMEOUT
        while time.monotonic() < limit and self._process.poll() is None:
            if port_file.exists() and len(lines := port_file.read_text(encoding="utf-8").split()) == 2:
                return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
            time.sleep(0.1)
        raise SetupError("Chromium did not start; put a working one on PATH")

    def send(self, method, **parameters):
        """Call a method of the protocol and return its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._socket.send(json.dumps(message))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise SetupError(f"Chromium refused {method}: {answer['error']['message']}")
                return answer["result"]

    def evaluate(self, expression):
        """Return the value of a JavaScript expression in the page (a promise is awaited)."""
        result = self.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            raise SetupError(f"{expression}: {details.get('exception', details).get('description', details['text'])}")
        return result["result"].get("value")

    def wait(self, expression):
        """Wait until a JavaScript expression is true."""
        limit = time.monotonic() + _TIMEOUT
        while time.monotonic() < limit:
            with contextlib.suppress(SetupError):
                if self.evaluate(f"Boolean({expression})"):
                    return
            time.sleep(0.1)
        raise SetupError(f"{self.evaluate('location.href')} never showed: {expression}")

    def set_cookie(self, url, name, value):
        """Give the page a cookie, such as the one of a session."""
        self.send("Network.setCookie", url=url, name=name, value=value)

    def resize(self, phone=False, height=None):
        """Show pages as a desktop screen or as a phone does."""
        metrics = dict(_PHONE if phone else _DESKTOP)
        metrics["height"] = height or metrics["height"]
        self.send("Emulation.setDeviceMetricsOverride", **metrics)
        self.send("Emulation.setTouchEmulationEnabled", enabled=phone)

    def open(self, url, ready):
        """Open a page and wait until the JavaScript expression ``ready`` is true."""
        self.send("Page.navigate", url="about:blank")
        self.send("Page.navigate", url=url)
        self.wait(ready)

    def screenshot(self, path):
        """Write what the page shows as a PNG file."""
        shot = self.send("Page.captureScreenshot", format="png")
        Path(path).write_bytes(base64.b64decode(shot["data"]))
