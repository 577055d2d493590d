"""A local SMTP server that keeps every message as a file, for the demo and the tests.

It listens on 127.0.0.1 and sends nothing on. In a test::

    with Sink(folder, refuse={"unknown@example.com"}) as sink:
        ...                       # Odoo sends to 127.0.0.1, port sink.port
        sink.wait(2)              # two messages, or an error after ten seconds
        sink.messages()[0]["To"]

By hand: ``python3 dev smtp FOLDER [PORT]``.
"""

import asyncio
import email
import email.policy
import itertools
import signal
import socket
import time
from collections import Counter
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from .console import SetupError, say

HOST = "127.0.0.1"


class Sink:
    """An SMTP server on a free port that keeps messages as ``0001.eml``, ``0002.eml``... in a folder.

    :param folder: where the messages go; made when missing, what it holds is kept
    :param port: 0 for a free one
    :param refuse: addresses answered ``550``, or a function of the address that tells so
    :param delay: seconds to wait before a message is accepted (it is kept before the answer)
    :param greylist: how often each address is answered ``451`` before it is accepted
    :param drop: how many messages are cut off after their first line: not kept, the connection is closed
    :param kept: called after a message was kept and before it is accepted, with the number of messages kept so far
    """

    def __init__(self, folder, port=0, refuse=(), delay=0.0, greylist=0, drop=0, kept=None):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.refuse = refuse if callable(refuse) else set(refuse).__contains__
        self.delay = delay
        self.refused = []
        self.greylist = greylist
        self.delayed = Counter()
        self.drop = drop
        self.dropped = []
        self.kept = kept
        self._controller = _Controller(_Handler(self), hostname=HOST, port=port or free_port())

    @property
    def port(self):
        """The port it listens on."""
        return self._controller.port

    def start(self):
        """Listen; the server runs in a thread of its own."""
        self._controller.start()
        return self

    def stop(self):
        """Stop listening."""
        self._controller.stop()

    __enter__ = start

    def __exit__(self, *_exception):
        self.stop()

    def files(self):
        """Return the files kept, in the order the messages came."""
        return sorted(self.folder.glob("*.eml"))

    def messages(self):
        """Return the messages kept, as ``email.message.EmailMessage``.

        The addresses of the envelope are in the headers ``X-Envelope-From`` and ``X-Envelope-To``.
        """
        parse = email.message_from_bytes
        return [parse(path.read_bytes(), policy=email.policy.default) for path in self.files()]

    def wait(self, count, timeout=10.0):
        """Wait until ``count`` messages are kept and return them.

        :raise TimeoutError: when fewer came in ``timeout`` seconds
        """
        limit = time.monotonic() + timeout
        while len(self.files()) < count:
            if time.monotonic() > limit:
                came = len(self.files())
                raise TimeoutError(f"{came} of {count} messages after {timeout} s in {self.folder}")
            time.sleep(0.05)
        return self.messages()

    def keep(self, envelope):
        """Write one message to the next free number, whole or not at all."""
        lines = [f"X-Envelope-From: {envelope.mail_from}", f"X-Envelope-To: {', '.join(envelope.rcpt_tos)}"]
        content = "\r\n".join(lines).encode() + b"\r\n" + envelope.original_content
        partial = self.folder / "incoming.partial"
        partial.write_bytes(content)
        for number in itertools.count(len(self.files()) + 1):
            target = self.folder / f"{number:04}.eml"
            if not target.exists():
                partial.rename(target)
                return


class _Server(SMTP):
    """The protocol, which hangs up in the middle of the messages it is to drop."""

    async def smtp_DATA(self, arg):
        """Take a message, or its beginning."""
        sink = self.event_handler.sink
        if len(sink.dropped) >= sink.drop or not self.envelope.rcpt_tos:
            await super().smtp_DATA(arg)
            return
        sink.dropped.append(self.envelope.rcpt_tos[0])
        await self.push("354 go ahead")
        await self._reader.readline()
        self.transport.abort()
        raise ConnectionResetError("hung up on purpose")


class _Controller(Controller):
    def factory(self):
        return _Server(self.handler, **self.SMTP_kwargs)


class _Handler:
    """What the server does with a message; the names are those aiosmtpd calls."""

    def __init__(self, sink):
        self.sink = sink

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        """Refuse the recipients the sink refuses, put off those it does not know yet."""
        if self.sink.refuse(address):
            self.sink.refused.append(address)
            return "550 5.1.1 no such mailbox"
        if self.sink.delayed[address] < self.sink.greylist:
            self.sink.delayed[address] += 1
            return "451 4.7.1 greylisted, try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):
        """Keep the message, wait if asked to, then accept it."""
        self.sink.keep(envelope)
        if self.sink.kept:
            self.sink.kept(len(self.sink.files()))
        await asyncio.sleep(self.sink.delay)
        return "250 kept"


def free_port():
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def main(arguments):
    """Keep messages until interrupted: ``FOLDER [PORT]``."""
    if not arguments:
        raise SetupError("usage: python3 dev smtp FOLDER [PORT]")
    port = int(arguments[1]) if arguments[1:] else 0
    with Sink(arguments[0], port=port) as sink:
        say(f"SMTP server on {HOST}:{sink.port}, messages in {sink.folder}")
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
