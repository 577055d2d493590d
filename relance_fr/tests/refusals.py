from contextlib import contextmanager

from odoo.tools import mute_logger
from psycopg2 import IntegrityError


class RefusalsMixin:
    """Assertions on what the addon refuses, for a TransactionCase; what the block did is undone."""

    @contextmanager
    def assert_refused(self, error, pattern):
        """Assert that the block raises `error` with a message that `pattern` (regular expression) finds."""
        with self.assertRaises(error) as caught:
            yield
        self.assertRegex(str(caught.exception), pattern)

    @contextmanager
    def assert_violates(self, constraint):
        """Assert that the database refuses the block by the constraint or unique index of that name."""
        with self.assertRaises(IntegrityError) as caught, mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            yield
        self.assertEqual(caught.exception.diag.constraint_name, constraint)
