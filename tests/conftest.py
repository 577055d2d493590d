"""Fixtures of the system tests.

``database``         a fresh database with the addon installed, for one test
``bare_database``    the same without the addon
``shared_database``  one for all the tests of a file, for those that only read
``charted_database`` a fresh one whose company has its chart of accounts already, which takes seconds to load
``serve``            starts servers: ``serve(database, "--max-cron-threads=0", smtp=smtp)``; at the end
                     each is stopped and its log checked
``login``            logs a user in to a server: ``login(server, database).call("res.partner", "search", [])``
``smtp``             an SMTP server that keeps what it receives

The tests of ``tests/law`` use none of them: they need neither Odoo nor a database.
"""

import pytest

#: Addons that tests install: Odoo's to import.
collect_ignore = ["addons"]


@pytest.fixture
def database():
    """Return a fresh database with the addon installed."""
    yield from _database()


@pytest.fixture(scope="module")
def shared_database():
    """Return a database with the addon installed, the same for all the tests of the file."""
    yield from _database()


@pytest.fixture(scope="session")
def charted_template():
    """Return a database with the addon installed and the French chart loaded, to be copied."""
    from support.database import Database

    made = Database()
    made.script("env['account.chart.template'].try_loading('fr', company=env.company, install_demo=False)")
    yield made.name
    made.drop()


@pytest.fixture
def charted_database(charted_template):
    """Return a fresh database with the addon installed, whose company has its chart of accounts."""
    yield from _database(charted_template)


@pytest.fixture
def bare_database():
    """Return a fresh database with accounting for France, without the addon."""
    from dev import databases

    yield from _database(databases.base_template())


def _database(template=None):
    from support.database import Database

    made = Database(template)
    yield made
    made.drop()


@pytest.fixture
def serve(tmp_path):
    """Return a function that starts a :class:`dev.serving.Server` on a database.

    ``check_log=False`` when what the server will say is part of the test.
    """
    from dev.serving import Server
    from support.database import assert_quiet

    started = []

    def start(database, *arguments, check_log=True, **options):
        log = tmp_path / f"server-{len(started)}.log"
        server = Server(database.name, log, *arguments, **options)
        started.append((server, check_log))
        return server

    yield start
    for server, _check in started:
        if server.process.poll() is None:
            server.stop()
    for server, check in started:
        if check:
            assert_quiet(server.log())


@pytest.fixture
def login():
    """Return a function that logs a user in and gives a :class:`support.session.Session`."""
    from support.session import Session

    def open_session(server, database, user="admin", password="admin"):
        return Session(server.url, database.name, user, password)

    return open_session


@pytest.fixture
def smtp(tmp_path):
    """Return a running SMTP server, as :class:`dev.smtp.Sink` says."""
    from dev.smtp import Sink

    with Sink(tmp_path / "mail") as sink:
        yield sink
