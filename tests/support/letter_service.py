"""A service of registered letters on 127.0.0.1, as well- or ill-behaved as a test wants it."""

import hashlib
import hmac
import json
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class LetterService:
    """Takes letters over HTTP, one for each idempotency key, and calls back.

    ``behaviours`` are consumed one a submission, the last one stays: ``accept``, ``refuse`` (422), ``error`` (500),
    ``slow`` (takes the letter, then answers after the client gave up), ``hang`` (takes it, answers after ``release``).
    """

    def __init__(self, *behaviours):
        self.behaviours = list(behaviours) or ["accept"]
        self.keys = []
        self.letters = {}
        self.events = []
        self.taken = threading.Event()
        self.release = threading.Event()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, content = service._take(self.headers["Idempotency-Key"], body)
                self._answer(status, content)

            def do_GET(self):
                references = parse_qs(urlsplit(self.path).query)["references"][0].split(",")
                self._answer(200, [event for event in service.events if event["reference"] in references])

            def _answer(self, status, content):
                data = json.dumps(content).encode()
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data)
                except OSError:
                    """The client gave up: that is what the test is about."""

            def log_message(self, *_arguments):
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_exception):
        self.release.set()
        self._server.shutdown()
        self._server.server_close()

    def _take(self, key, body):
        self.keys.append(key)
        behaviour = self.behaviours.pop(0) if len(self.behaviours) > 1 else self.behaviours[0]
        if behaviour == "error":
            return 500, {"error": "out of order"}
        if behaviour == "refuse":
            return 422, {"error": "address incomplete"}
        rank = len(self.letters) + 1
        letter = self.letters.setdefault(key, {"reference": f"T-{rank}", "tracking": f"1A {rank:03d}", **body})
        self.taken.set()
        if behaviour in ("slow", "hang"):
            self.release.wait(4 if behaviour == "slow" else 60)
        return 200, {name: letter[name] for name in ("reference", "tracking")}

    def call_back(self, url, *events, secret=b"shared", token=None):
        """Post events to ``url`` and return the status and the body of the answer."""
        body = json.dumps(events).encode()
        headers = {
            "Content-Type": "application/json",
            "X-Signature": hmac.new(secret, body, hashlib.sha256).hexdigest(),
        }
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        request = urllib.request.Request(url, body, headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()
