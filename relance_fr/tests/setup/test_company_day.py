from odoo.tests import freeze_time, tagged

from ..common import RelanceCommon, day


@tagged("post_install", "-at_install")
@freeze_time("2026-05-26 14:00:00")
class TestCompanyDay(RelanceCommon):
    """Every day is the company's: at four in the afternoon in Paris it is one in the morning of the 27th in Noumea."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.tz = "Europe/Paris"
        cls.company.partner_id.tz = "Europe/Paris"
        cls.noumea = cls.setup_other_company(name="Caillou")["company"]
        cls.noumea.partner_id.tz = "Pacific/Noumea"
        cls.env.user.company_ids |= cls.noumea

    def test_default_days(self):
        here, there = day("2026-05-26"), day("2026-05-27")
        for model, name in (
            ("relance.run", "date"),
            ("relance.run.wizard", "date"),
            ("relance.hold", "date_from"),
            ("relance.suspension", "date_from"),
            ("relance.commitment", "date"),
            ("relance.terms", "date_from"),
            ("relance.notice", "date"),
            ("relance.insolvency.step", "date"),
        ):
            with self.subTest(model=model):
                records = self.env[model]
                self.assertEqual(records.default_get([name])[name], here)
                self.assertEqual(records.with_company(self.noumea).default_get([name])[name], there)
                if "company_id" in records._fields and model != "relance.insolvency.step":
                    chosen = records.with_context(default_company_id=self.noumea.id)
                    self.assertEqual(chosen.default_get([name])[name], there)

    def test_campaign_of_noumea_made_from_paris(self):
        run = self.env["relance.run"].create({"company_id": self.noumea.id})
        self.assertEqual(run.date, day("2026-05-27"))
        run.action_preview()
        wizard = self.env["relance.run.wizard"].create({"company_ids": (self.company + self.noumea).ids})
        wizard.action_preview()
        runs = self.env["relance.run"].search([("company_id", "in", (self.company + self.noumea).ids)])
        self.assertEqual(
            {run.company_id: run.date for run in runs},
            {self.company: day("2026-05-26"), self.noumea: day("2026-05-27")},
        )

    def test_holds(self):
        hold = self.env["relance.hold"].create({"partner_id": self.debtor.id, "company_id": self.noumea.id})
        self.assertEqual(hold.date_from, day("2026-05-27"))
        hold.date_to = "2026-05-27"
        self.assertEqual(hold.state, "running")
        hold.write({"date_from": "2026-05-20", "date_to": "2026-05-26"})
        self.assertEqual(hold.state, "over")
        own = self.env["relance.hold"].create({"partner_id": self.debtor.id, "company_id": self.company.id})
        own.write({"date_from": "2026-05-20", "date_to": "2026-05-26"})
        self.assertEqual(own.state, "running")
        own.action_end()
        self.assertEqual(own.date_to, day("2026-05-25"))

    def test_late_invoices(self):
        """Due on the 26th: not late in Paris yet, late in Noumea."""
        self._invoice(100, "2026-05-26")
        journal = self.env["account.journal"].search([("company_id", "=", self.noumea.id), ("type", "=", "sale")])[:1]
        theirs = self._invoice(100, "2026-05-26", company_id=self.noumea.id, journal_id=journal.id)
        moves = self.env["account.move"].with_context(allowed_company_ids=(self.company + self.noumea).ids)
        domain = moves._get_relance_late_domain()
        self.assertEqual(moves.search(domain).filtered(lambda move: move.partner_id == self.debtor), theirs)
