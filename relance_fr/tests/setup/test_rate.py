import runpy
from datetime import date
from decimal import Decimal
from pathlib import Path

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import TransactionCase, freeze_time, new_test_user, tagged

from ...law import MissingRateError, Semester
from ...models.setup.relance_rate import ACTIVITY_ENTER_RATES
from ..refusals import RefusalsMixin


class RateCase(RefusalsMixin, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rates = cls.env["relance.rate"]
        cls.shipped = cls.env.ref("relance_fr.relance_rate_2026_s1")
        cls.s1_2027 = {
            "date_from": "2027-01-01",
            "legal_rate_private": 6.9,
            "legal_rate_business": 2.8,
            "ecb_rate": 2.4,
        }

    @classmethod
    def _drop_rates_after(cls, day):
        """Leave no row newer than `day`, whatever the release ships or the database holds."""
        cls.rates.search([("date_from", ">", day)]).unlink()


@tagged("post_install", "-at_install")
class TestRate(RateCase):
    def test_shipped_rows(self):
        self.assertRecordValues(
            self.env.ref("relance_fr.relance_rate_2024_s2") | self.shipped,
            [
                {
                    "name": "2024 S2",
                    "legal_rate_private": 8.16,
                    "legal_rate_business": 4.92,
                    "ecb_rate": 4.25,
                    "floor_rate": 14.76,
                    "default_rate": 14.25,
                    "public_rate": 12.25,
                    "status": "confirmed",
                },
                {
                    "name": "2026 S1",
                    "legal_rate_private": 6.67,
                    "legal_rate_business": 2.62,
                    "ecb_rate": 2.15,
                    "floor_rate": 7.86,
                    "default_rate": 12.15,
                    "public_rate": 10.15,
                    "status": "confirmed",
                },
            ],
        )
        self.assertEqual(self.shipped.source, "Arrêté du 15/12/2025 (JO 26/12)")
        self.assertRecordValues(
            self.env.ref("relance_fr.relance_rate_2026_s2"),
            [
                {
                    "status": "confirmed",
                    "source": "Arrêté du 26/06/2026 (JO 30/06)",
                    "legal_rate_private": 6.84,
                    "legal_rate_business": 2.75,
                    "ecb_rate": 2.4,
                }
            ],
        )

    def test_every_confirmed_row_has_its_source(self):
        known = self.env["ir.model.data"].search([("module", "=", "relance_fr"), ("model", "=", "relance.rate")])
        rows = self.rates.browse(known.mapped("res_id"))
        self.assertEqual(len(rows), 26)
        self.assertEqual(set(rows.mapped("status")), {"confirmed"})
        self.assertTrue(all(rows.mapped("source")))

    def test_ecb_rate_alone(self):
        self._drop_rates_after("2026-07-01")
        row = self.rates.create({"date_from": "2027-01-01", "ecb_rate": 2.65, "status": "unconfirmed"})
        self.assertRecordValues(
            row, [{"legal_missing": True, "default_rate": 12.65, "public_rate": 10.65, "floor_rate": 0.0}]
        )
        table, semester = self.rates._get_rate_table(), Semester(2027, 1)
        self.assertEqual(table.ecb(semester), Decimal("2.65"))
        for asked in (table.legal, table.floor):
            with self.assertRaises(MissingRateError) as caught:
                asked(semester)
            self.assertIn(
                "legal interest rate of 2027 S1 is missing", self.rates._get_missing_message(caught.exception)
            )
        with freeze_time("2026-12-20"):
            self.assertEqual(self.rates._get_missing_semesters(), [semester])
        row.legal_rate_business = 2.8
        self.assertEqual(self.rates._get_rate_table().floor(semester), Decimal("8.40"))
        with freeze_time("2026-12-20"):
            self.assertEqual(self.rates._get_missing_semesters(), [])

    def test_migration_confirms_what_nobody_changed(self):
        path = Path(__file__).parents[2] / "migrations" / "19.0.1.3.0" / "post-legal-rates.py"
        migrate = runpy.run_path(str(path))["migrate"]
        autumn, old = (self.env.ref(f"relance_fr.relance_rate_{name}") for name in ("2026_s2", "2023_s1"))
        self.env.cr.execute(
            "UPDATE relance_rate SET source = NULL, status = 'unconfirmed' WHERE id = ANY(%s)", [[autumn.id, old.id]]
        )
        self.env.cr.execute("UPDATE relance_rate SET legal_rate_business = 2.07 WHERE id = %s", [old.id])
        migrate(self.env.cr, "19.0.1.2.0")
        self.env.invalidate_all()
        self.assertRecordValues(
            autumn | old,
            [
                {"status": "confirmed", "source": "Arrêté du 26/06/2026 (JO 30/06)"},
                {"status": "unconfirmed", "source": False},
            ],
        )
        self.env.cr.execute(
            "UPDATE relance_rate SET source = 'Read in the JO', status = 'unconfirmed' WHERE id = %s", [autumn.id]
        )
        migrate(self.env.cr, "19.0.1.2.0")
        self.env.invalidate_all()
        self.assertRecordValues(autumn, [{"status": "unconfirmed", "source": "Read in the JO"}])

    def test_shipped_rows_have_no_gap(self):
        semester, last = Semester(2014, 1), Semester(2026, 2)
        table = self.rates._get_rate_table()
        while semester <= last:
            self.assertGreaterEqual(table.ecb(semester), 0)
            self.assertGreater(table.legal(semester), 0)
            semester = semester.next()

    def test_only_a_semester_starts(self):
        for day in ("2027-01-02", "2027-03-01", "2027-06-30"):
            with self.subTest(day=day), self.assert_refused(ValidationError, "1 January and on 1 July"):
                self.rates.create(dict(self.s1_2027, date_from=day))

    def test_one_row_a_semester(self):
        with self.assert_violates("relance_rate_date_from_unique"):
            self.rates.create(dict(self.s1_2027, date_from="2026-01-01"))

    def test_no_negative_rate(self):
        for field in ("legal_rate_private", "legal_rate_business", "ecb_rate"):
            with self.subTest(field=field), self.assert_violates("relance_rate_rates_positive"):
                self.rates.create(dict(self.s1_2027, **{field: -0.01}))

    def test_rate_table_follows_the_rows(self):
        self._drop_rates_after("2026-07-01")
        with self.assertRaises(MissingRateError):
            self.rates._get_rate_table().ecb(Semester(2027, 1))
        row = self.rates.create(self.s1_2027)
        self.assertIs(self.rates._get_rate_table(), self.rates._get_rate_table())
        self.assertEqual(self.rates._get_rate_table().floor(Semester(2027, 1)), Decimal("8.40"))
        row.ecb_rate = 2.65
        self.assertEqual(self.rates._get_rate_table().ecb(Semester(2027, 1)), Decimal("2.65"))
        row.unlink()
        with self.assertRaises(MissingRateError):
            self.rates._get_rate_table().ecb(Semester(2027, 1))

    def test_missing_rate_names_the_semester(self):
        with self.assert_refused(UserError, "rates of 2099 S2 are missing.*Configuration"):
            with self.rates._explain_missing_rate():
                self.rates._get_rate_table().legal(Semester(2099, 2))

    def test_release_adopts_the_row_of_a_user(self):
        self._drop_rates_after("2026-07-01")
        row = self.rates.create(self.s1_2027)
        xml_id = "relance_fr.relance_rate_2027_s1"
        shipped = {"xml_id": xml_id, "noupdate": True, "values": dict(self.s1_2027, ecb_rate=9.99)}
        self.rates._load_records([shipped], update=True)
        self.assertEqual(self.env.ref(xml_id), row)
        self.assertEqual(row.ecb_rate, 2.4)

    def test_rights(self):
        self._drop_rates_after("2026-07-01")
        clerk = new_test_user(self.env, "relance_clerk", groups="account.group_account_invoice")
        manager = new_test_user(self.env, "relance_manager", groups="account.group_account_manager")
        self.assertEqual(self.shipped.with_user(clerk).default_rate, 12.15)
        with self.assertRaises(AccessError):
            self.shipped.with_user(clerk).ecb_rate = 3
        with self.assertRaises(AccessError):
            self.rates.with_user(clerk).create(self.s1_2027)
        row = self.rates.with_user(manager).create(self.s1_2027)
        with self.assertRaises(AccessError):
            row.with_user(clerk).unlink()
        row.unlink()
        self.assertFalse(row.exists())

    def test_table_needs_no_right(self):
        employee = new_test_user(self.env, "relance_employee", groups="base.group_user")
        self.env.registry.clear_cache()
        self.assertEqual(
            self.rates.with_user(employee)._get_rate_table().legal(Semester(2026, 1)),
            Decimal("2.62"),
        )


@tagged("post_install", "-at_install")
class TestRateRequest(RateCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._drop_rates_after("2026-07-01")
        cls.rates._get_rate_requests().unlink()
        cls.signatory = new_test_user(
            cls.env,
            "relance_signatory",
            groups="account.group_account_manager",
            lang="en_US",
        )
        cls.env["res.company"].search([]).write({"relance_contact_id": False, "relance_signatory_id": False})
        cls.env.company.relance_signatory_id = cls.signatory

    def _run_cron(self):
        with self.enter_registry_test_mode():
            self.env.ref("relance_fr.ir_cron_ask_missing_rates").method_direct_trigger()
        return self.rates._get_rate_requests()

    def test_asks_once_from_one_month_before(self):
        with freeze_time("2026-11-30"):
            self.assertFalse(self._run_cron())
        with freeze_time("2026-12-01"):
            request = self._run_cron()
        self.assertRecordValues(
            request,
            [
                {
                    "res_model": "relance.rate",
                    "res_id": self.env.ref("relance_fr.relance_rate_2026_s2").id,
                    "activity_type_id": self.env.ref(ACTIVITY_ENTER_RATES).id,
                    "summary": "Enter the rates of 2027 S1",
                    "date_deadline": date(2027, 1, 1),
                    "user_id": self.signatory.id,
                }
            ],
        )
        request.date_deadline = "2027-01-15"
        with freeze_time("2026-12-02"):
            self.assertEqual(self._run_cron(), request)

    def test_asks_for_all_that_is_missing(self):
        with freeze_time("2027-06-01"):
            self.assertRecordValues(
                self._run_cron(),
                [
                    {"summary": "Enter the rates of 2027 S1, 2027 S2", "date_deadline": date(2027, 1, 1)},
                ],
            )

    def test_closed_when_the_row_is_created(self):
        with freeze_time("2026-12-10"):
            self._run_cron()
            self.rates.create(dict(self.s1_2027, date_from="2013-07-01"))
            self.assertTrue(self.rates._get_rate_requests())
            self.rates.create(self.s1_2027)
            self.assertFalse(self.rates._get_rate_requests())
            self.assertFalse(self._run_cron())

    def test_closed_by_whoever_creates_the_row(self):
        colleague = new_test_user(self.env, "relance_colleague", groups="account.group_account_manager")
        with freeze_time("2026-12-10"):
            self._run_cron()
            self.rates.with_user(colleague).create(self.s1_2027)
            self.assertFalse(self.rates._get_rate_requests())

    def test_closed_when_a_row_is_moved(self):
        with freeze_time("2026-12-10"):
            self._run_cron()
            self.rates.create(dict(self.s1_2027, date_from="2028-01-01")).date_from = "2027-01-01"
            self.assertFalse(self.rates._get_rate_requests())

    def test_responsible(self):
        managers = self.env["res.users"].search(
            [
                ("all_group_ids", "in", self.env.ref("account.group_account_manager").id),
                ("share", "=", False),
            ],
            order="id",
        )
        self.assertEqual(self.rates._get_rate_responsible(), self.signatory)
        # A signatory who may not enter rates is not asked.
        self.signatory.group_ids = self.env.ref("base.group_user")
        self.assertEqual(self.rates._get_rate_responsible(), (managers - self.signatory)[:1])
        contact = new_test_user(self.env, "relance_contact", groups="account.group_account_manager")
        self.env.company.relance_contact_id = contact.partner_id
        self.assertEqual(self.rates._get_rate_responsible(), contact)
