"""A database of a test: made from a template in half a second, dropped afterwards."""

import itertools
import os
import tempfile
from pathlib import Path

from dev import databases, launcher, odoo_log, scripts

_numbers = itertools.count(1)


class Database:
    """A database of ours.

    :param template: the template it is copied from; by default the one with the addon installed
    """

    def __init__(self, template=None):
        self.name = f"{databases.DATABASE_PREFIX}system_{os.getpid()}_{next(_numbers)}"
        databases.drop(self.name)
        databases.create(self.name, template)

    @classmethod
    def adopt(cls, name):
        """Return the database of that name, which something else made."""
        database = cls.__new__(cls)
        database.name = name
        return database

    def drop(self):
        """Drop it, whoever is connected."""
        databases.drop(self.name)

    def query(self, sql, *parameters):
        """Run one SQL statement, committed at once, and return its rows (none when it gives none)."""
        with databases.connection(self.name) as connection, connection.cursor() as cursor:
            cursor.execute(sql, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def script(self, code, check_log=True, **values):
        """Run Python inside Odoo as :func:`dev.scripts.run` says, and return what it left in ``result``.

        :param check_log: a WARNING or ERROR in Odoo's log fails the test
        :raise dev.scripts.ScriptError: when the code fails
        """
        result, log = scripts.run(self.name, code, **values)
        if check_log:
            assert_quiet(log)
        return result

    def odoo(self, *arguments, check_log=True):
        """Run Odoo on it to its end (``"-u", "relance_fr"``...) and return its log.

        :raise AssertionError: when Odoo ends with an error, or its log holds a problem
        """
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder, "log")
            status = launcher.call("-d", self.name, *arguments, "--stop-after-init", "--no-http", log=log)
            text = log.read_text(encoding="utf-8", errors="replace")
        assert not status, text[-3000:]
        if check_log:
            assert_quiet(text)
        return text


def assert_quiet(text):
    """Fail when an Odoo log holds a WARNING or ERROR that ``dev/odoo_log.py`` does not explain."""
    found = odoo_log.problems(odoo_log.read(text))
    assert not found, "\n".join(map(str, found))[-3000:]
