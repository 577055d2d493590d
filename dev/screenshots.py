"""The screenshots of the documentation, taken anew from a copy of the demo: ``make screenshots``.

They are written to ``docs/images``, some to the addon's page in the list of applications too. The demo is made
first when there is none; words after the command name those to take (``python3 dev screenshots run register``). The
copy is dropped at the end.
"""

import datetime
import http.cookiejar
import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

import psycopg2

from . import databases, demo, serving, tools
from .browser import Browser
from .console import SetupError, say, step
from .paths import DATABASE_PREFIX, ROOT
from .screens import SHOTS

DATABASE = f"{DATABASE_PREFIX}screenshots"
IMAGES = ROOT / "docs" / "images"
#: Where Odoo looks for the pictures of an addon's page: files of the addon itself.
APPS_IMAGES = ROOT / "relance_fr" / "static" / "description"

#: The accountant of the demo, whose password is her login.
_LOGIN = "compta"

_READY = (
    "document.querySelector('.o_action_manager :is(.o_view_controller, .o_relance_dashboard, .o_relance_onboarding)"
    ", .o_portal_wrap')"
    " && !document.querySelector('.o_loading_indicator, .o_view_sample_data')"
)

#: Seconds an animation or a late request may take once everything waited for is there.
_PAUSE = 0.8

#: How far ahead the run of the pictures looks (days).
_RUN_DAYS = 6

#: Dots per inch of the pages of letters.
_RESOLUTION = 96


def main(names):
    """Take the screenshots named, or all of them."""
    shots = [shot for shot in SHOTS if not names or shot.name in names]
    if unknown := set(names) - {shot.name for shot in SHOTS}:
        raise SetupError(f"no such screenshot: {', '.join(sorted(unknown))}")
    _copy_demo()
    try:
        with tempfile.TemporaryDirectory() as folder:
            server = serving.Server(DATABASE, Path(folder, "odoo.log"), "--max-cron-threads=0")
            try:
                _take(shots, Client(server.url), Client(server.url, "admin"))
            finally:
                server.stop()
    finally:
        databases.drop(DATABASE)


def _copy_demo():
    """Make our database a copy of the demo's, which is made when there is none."""
    if not databases.exists(demo.DATABASE):
        demo.main(["--no-serve"])
    databases.drop(DATABASE)
    try:
        databases.create(DATABASE, demo.DATABASE)
    except psycopg2.errors.ObjectInUse as error:
        raise SetupError(f"database {demo.DATABASE} is in use; stop the demo first") from error


def _prepare_run(client, administrator):
    """Make the draft of a run of the next days, and debtors that may be contacted again at once.

    The demo has sent everything that is due today; there would be nothing to show.
    """
    # What several companies share is the administrator's to change.
    calendars = administrator.call("relance.calendar", "search", [])
    administrator.call("relance.calendar", "write", calendars, {"min_days": 0})
    day = str(datetime.date.today() + datetime.timedelta(days=_RUN_DAYS))
    run = client.call("relance.run", "create", [{"date": day}])
    client.call("relance.run", "action_preview", run)


def _take(shots, client, administrator):
    IMAGES.mkdir(parents=True, exist_ok=True)
    _prepare_run(client, administrator)
    with Browser() as browser:
        browser.set_cookie(client.url, "session_id", client.session)
        for shot in shots:
            with step(shot.name):
                target = IMAGES / f"{shot.name}.png"
                for model, method, domain in shot.calls:
                    client.call(model, method, client.call(model, "search", domain))
                record = client.find(*shot.record) if shot.record else None
                if shot.letter:
                    _draw_letter(client, record, target)
                else:
                    _photograph(browser, client.url + shot.path.format(id=record), shot, target)
                if shot.apps:
                    shutil.copy(target, APPS_IMAGES)
    say(f"{len(shots)} screenshots in {IMAGES}")


def _photograph(browser, url, shot, target):
    browser.resize(shot.phone, shot.height)
    browser.open(url, _READY)
    time.sleep(_PAUSE)
    for text in shot.steps:
        _act(browser, *text.split(" ", 1))
        time.sleep(_PAUSE)
    browser.wait(_READY)
    time.sleep(_PAUSE)
    browser.screenshot(target)


def _act(browser, verb, what):
    """Take one step of a :class:`dev.screens.Shot`."""
    if verb == "wait":
        browser.wait(what)
    elif verb == "run":
        browser.evaluate(f"(() => {{ {what} }})()")
    else:
        element = f"document.querySelector({json.dumps(what)})"
        browser.wait(element)
        if verb != "see":
            browser.evaluate(element + {"click": ".click()", "center": ".scrollIntoView({block: 'center'})"}[verb])


def _draw_letter(client, notice, target):
    """Draw the first page of the stored letter of a notice."""
    with tempfile.TemporaryDirectory() as folder:
        letter = Path(folder, "letter.pdf")
        letter.write_bytes(client.get(f"/relance_fr/letters?ids={notice}"))
        page = Path(folder, "page")
        command = [tools.which("pdftoppm"), "-png", "-r", str(_RESOLUTION), "-singlefile", letter, page]
        subprocess.run(command, check=True, env=tools.environment())
        target.write_bytes(page.with_suffix(".png").read_bytes())


class Client:
    """The accountant, or another user of the demo, logged in to the server.

    :raise SetupError: when the demo has no such user or no such record
    """

    def __init__(self, url, login=_LOGIN):
        self.url = url
        cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
        self._json("/web/session/authenticate", db=DATABASE, login=login, password=login)
        self.session = next(cookie.value for cookie in cookies if cookie.name == "session_id")

    def find(self, model, domain, order="id"):
        """Return the id of the first record of a search."""
        found = self.call(model, "search", domain, limit=1, order=order)
        if not found:
            raise SetupError(f"the demo has no {model} such as {domain}")
        return found[0]

    def call(self, model, method, *args, **kwargs):
        """Call a public method of a model and return its result."""
        return self._json("/web/dataset/call_kw", model=model, method=method, args=args, kwargs=kwargs)

    def get(self, path):
        """Return the body of a page."""
        with self._opener.open(self.url + path, timeout=120) as answer:
            return answer.read()

    def _json(self, path, **parameters):
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": parameters}).encode()
        request = urllib.request.Request(self.url + path, body, {"Content-Type": "application/json"})
        with self._opener.open(request, timeout=120) as answer:
            content = json.load(answer)
        if "error" in content:
            raise SetupError(f"{path}: {content['error'].get('data', {}).get('message') or content['error']}")
        return content["result"]
