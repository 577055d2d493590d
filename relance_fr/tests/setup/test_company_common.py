from contextlib import ExitStack, contextmanager
from unittest.mock import _patch, patch

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.sql_db import db_connect
from odoo.tests import TransactionCase, tagged

from .. import company_common
from ..company_common import FrenchCompanyCommon, get_sequences, read_written, set_sequences

#: What differs each time core writes it: salts, the hour, the colours of an avatar and thus its file.
CHANGING = {
    "discuss_channel_member": {"last_interest_dt"},
    "ir_attachment": {"checksum", "file_size", "store_fname"},
    "res_users": {"password"},
}


def readable(tables):
    """Return rows without what differs each time."""
    return {
        table: [
            {
                key: value
                for key, value in row.items()
                if key not in company_common.STAMPS and key not in CHANGING.get(table, ())
            }
            for row in rows
        ]
        for table, rows in tables.items()
    }


@tagged("post_install", "-at_install")
class TestCompanyCopy(TransactionCase):
    """The copy holds what core makes."""

    def _get_copy(self):
        # The copy is made in a transaction of its own, beside the one of this test and its patches.
        with patch.object(_patch, "_active_patches", []):
            return company_common.get_copy()

    @contextmanager
    def _sequences(self, copy, moment):
        """Let core use the ids of the copy: from its first company (0) or from its second (1)."""
        known = get_sequences()
        values = {name: moments[moment] for name, moments in copy.sequences.items()}
        with db_connect(self.env.cr.dbname).cursor() as cr:
            set_sequences(cr, values, back=True)
        try:
            yield
        finally:
            with db_connect(self.env.cr.dbname).cursor() as cr:
                set_sequences(cr, known)

    def test_copy_is_what_core_makes(self):
        copy = self._get_copy()
        with ExitStack() as stack:
            stack.enter_context(self._sequences(copy, 0))
            for name in company_common.IN_TESTS:
                used = AssertionError(f"core's set-up uses {name}: a class that overrides it needs core")
                stack.enter_context(patch.object(AccountTestInvoicingCommon, name, side_effect=used))
            stack.enter_context(patch.object(_patch, "_active_patches", []))
            again = company_common.make_copy()
        self.maxDiff = None
        for name in ("tables", "changes", "others"):
            kept, made = readable(getattr(copy, name)), readable(getattr(again, name))
            self.assertEqual(kept.keys(), made.keys(), name)
            for table in kept:
                self.assertEqual(kept[table], made[table], table)
        self.assertEqual((copy.attributes, copy.user, copy.context), (again.attributes, again.user, again.context))
        self.assertGreater(len(copy.tables["account_account"]), 600)

    def test_every_class_takes_the_copy(self):
        """A class that overrides what core's set-up may use pays seconds for core's company: so would all below it."""
        classes, found = [FrenchCompanyCommon], []
        while classes:
            klass = classes.pop()
            classes += klass.__subclasses__()
            if not company_common._is_plain(klass):
                found.append(klass.__name__)
        self.assertEqual(found, [])

    def test_second_company_of_another_name(self):
        """What a class gets for a second company is what core makes for it."""
        copy = self._get_copy()
        made = []
        for from_copy in (True, False):
            source = type("_Source", (FrenchCompanyCommon,), {"__module__": __name__})
            with patch.object(_patch, "_active_patches", []), self._sequences(copy, 1):
                try:
                    source.setUpClass()
                    source._copy = source._copy if from_copy else None
                    source._create_company(name="Autre SA")
                    made.append(readable(read_written(source.env)[0]))
                finally:
                    source.doClassCleanups()
        self.maxDiff = None
        for table in made[1]:
            self.assertEqual(made[0].get(table), made[1][table], table)
        self.assertEqual(made[0].keys(), made[1].keys())


@tagged("post_install", "-at_install")
class TestCompanyRestored(FrenchCompanyCommon):
    """A class of tests starts from what the copy holds, and from nothing else."""

    @classmethod
    def _work_every_day(cls, company):
        """Nothing: what the copy holds is looked at."""

    def test_rows(self):
        tables, changes = read_written(self.env)
        self.assertEqual(readable(tables), readable(self._copy.tables))
        self.assertEqual(readable(changes), readable(self._copy.changes))

    def test_written_in_this_transaction(self):
        self.assertEqual(self.company.create_date, self.env.cr.now())

    def test_environment(self):
        self.assertEqual(self.env.user.login, "accountman")
        self.assertEqual(self.company_data["company"], self.env.company)
        self.assertEqual(self.company.env, self.env)
        self.assertEqual(self.product_a.env.user, self.env.user)
