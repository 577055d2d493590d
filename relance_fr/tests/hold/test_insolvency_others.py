from odoo.tests import freeze_time, new_test_user, tagged

from ..insolvency_common import InsolvencyCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30")
class TestInsolvencyOthers(InsolvencyCommon):
    """Proceedings closed for lack of assets end all dunning; those known to one company are told to the others."""

    def test_nothing_leaves_once_closed_for_lack_of_assets(self):
        """Judgment of 10 June, closed on 28 June; what was delivered between the two was dunned as usual."""
        hold = self._open(publication_date="2026-06-14")
        between = self._invoice(300, "2026-06-20", invoice_date="2026-06-12")
        self.assertEqual(self._explain(between, "2026-06-30")[:2], ("send", "due"))
        self._step(hold, "insufficient", "2026-06-28")
        self.assertEqual(self._explain(between, "2026-06-30")[:2], ("skip", "insolvent"))
        self.assertEqual(self._explain(between, "2027-06-30")[:2], ("skip", "insolvent"))
        self.assertFalse(self._run_on("2026-07-30").filtered(lambda notice: notice.partner_id == self.debtor))
        # Who goes on in business in his own name owes what he orders afterwards.
        after = self._invoice(200, "2026-07-05", invoice_date="2026-06-29")
        self.assertEqual(self._explain(after, "2026-07-20")[:2], ("send", "due"))

    def test_draft_on_its_way_is_stopped_by_the_closing(self):
        hold = self._open(publication_date="2026-06-14")
        between = self._invoice(300, "2026-06-20", invoice_date="2026-06-12")
        notice = between._relance_send_by_hand(send_now=False)
        self._step(hold, "insufficient", "2026-06-28")
        self.env["relance.run"]._cron_dispatch()
        self.assertEqual(notice.state, "cancelled")

    def test_other_closings_leave_later_debts_alone(self):
        hold = self._open(publication_date="2026-06-14")
        between = self._invoice(300, "2026-06-20", invoice_date="2026-06-12")
        self._step(hold, "settled", "2026-06-28")
        self.assertEqual(self._explain(between, "2026-06-30")[:2], ("send", "due"))

    # === OTHER COMPANIES === #

    def _other(self, name):
        data = self.setup_other_company(name=name)
        company = data["company"]
        person = new_test_user(
            self.env, f"insolvency_{name}", groups="account.group_account_manager", company_id=company.id,
            company_ids=company.ids,
        )  # fmt: skip
        company.relance_signatory_id = person
        return data, person

    def test_other_companies_are_told_once(self):
        creditor, person = self._other("Creancier")
        _idle, nobody = self._other("Etranger")
        company = creditor["company"]
        self._invoice(500, "2026-05-16", company_id=company.id, journal_id=creditor["default_journal_sale"].id)
        self._invoice(1850, "2026-05-16")
        hold = self._open()
        told = self.debtor.activity_ids.filtered(lambda activity: activity.user_id in person + nobody)
        self.assertRecordValues(told, [{"user_id": person.id}])
        self.assertIn("06/10/2026", told.note)
        self.assertIn("L622-7", told.note)
        hold._tell_other_companies()
        self.assertEqual(len(self.debtor.activity_ids.filtered(lambda activity: activity.user_id == person)), 1)

    def test_work_list_of_the_other_company(self):
        creditor, _person = self._other("Creancier")
        company = creditor["company"]
        self.env.user.company_ids |= company
        self._invoice(500, "2026-05-16", company_id=company.id, journal_id=creditor["default_journal_sale"].id)

        def get_kinds():
            self.env.flush_all()
            self.env.invalidate_all()
            return self.env["relance.debtor"].with_company(company)._get(self.debtor, company).kinds or ""

        self.assertNotIn("|insolvency|", get_kinds())
        hold = self._open()
        self.assertIn("|insolvency|", get_kinds())
        own = self.env["relance.hold"].sudo().create(
            {
                "partner_id": self.debtor.id, "company_id": company.id, "reason": "insolvency",
                "insolvency_kind": "receivership", "date_from": hold.date_from, "declared_on": "2026-06-20",
            }
        )  # fmt: skip
        self.assertTrue(own)
        self.assertNotIn("|insolvency|", get_kinds())

    def test_entered_once_for_a_legal_entity(self):
        """What the head office entered is entered for its branches, those in the archives too: they ask for nothing."""
        creditor, _person = self._other("Creancier")
        head = creditor["company"]
        branches = self.env["res.company"].create([{"name": f"Agence {rank}", "parent_id": head.id} for rank in (1, 2)])
        self._open()
        query = {company: company._relance_sql_foreign_proceedings() for company in head + branches}

        def get_debtors(company):
            self.env.flush_all()
            return [row[1] for row in self.env.execute_query(query[company])]

        for company in head + branches:
            self.assertIn(self.debtor.id, get_debtors(company))
        self.env["relance.hold"].sudo().create(
            {
                "partner_id": self.debtor.id, "company_id": branches[0].id, "reason": "insolvency",
                "insolvency_kind": "receivership", "date_from": "2026-06-10", "declared_on": "2026-06-20",
            }
        )  # fmt: skip
        branches[0].active = False
        for company in head + branches[1]:
            self.assertNotIn(self.debtor.id, get_debtors(company))
