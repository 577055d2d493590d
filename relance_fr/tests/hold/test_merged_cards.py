from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import SQL

from ..common import day
from ..insolvency_common import InsolvencyCommon

DUE, TODAY = "2026-06-01", "2026-06-20"


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestMergedCards(InsolvencyCommon):
    """Two cards of one debtor become one: nothing the register knows is lost, nothing is asked twice."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.relance_score_min_invoices = 1
        cls.twin = cls._create_debtor("Menuiserie Lefevre")
        cls.invoice = cls._invoice(1000, DUE)
        cls.other = cls._invoice(500, DUE, partner=cls.twin)

    def _merge(self, kept=None):
        wizard = self.env["base.partner.merge.automatic.wizard"].sudo().create({})
        wizard._merge((self.debtor | self.twin).ids, kept or self.debtor)
        self.env.flush_all()
        self.env.invalidate_all()

    def _alert(self, partner, **vals):
        values = {"partner_id": partner.id, "company_id": self.company.id, "kind": "order_block"}
        return self.env["relance.alert"].sudo().create(values | {"date": TODAY} | vals)

    def _proceedings(self, partner=None):
        return self.env["relance.hold"].search(
            [("partner_id", "=", (partner or self.debtor).id), ("reason", "=", "insolvency")], order="id"
        )

    # === SCORING === #

    def test_profiles_of_the_night(self):
        for partner in (self.debtor, self.twin):
            self._pay(self._invoice(100, "2026-05-01", partner=partner), "2026-05-11")
        self.company._relance_refresh_profiles()
        profiles = self.env["relance.partner.profile"].search([("partner_id", "in", (self.debtor | self.twin).ids)])
        self.assertRecordValues(profiles.sorted("id"), [{"paid_count": 1}, {"paid_count": 1}])
        self._merge()
        profile = profiles.search([("partner_id", "=", self.debtor.id)])
        # Two paid invoices, ten days late both; 1 000 + 500 overdue.
        self.assertRecordValues(profile, [{"paid_count": 2, "average_delay": 10.0, "overdue_amount": 1500.0}])
        self.company._relance_refresh_profiles()
        self.assertEqual(profiles.search([("partner_id", "=", self.debtor.id)]), profile)

    def test_profile_of_the_merged_card_alone(self):
        self.company._relance_refresh_profiles()
        self.env["relance.partner.profile"].search([("partner_id", "=", self.debtor.id)]).sudo().unlink()
        self._merge()
        profile = self.env["relance.partner.profile"].search([("partner_id", "=", self.debtor.id)])
        self.assertRecordValues(profile, [{"overdue_amount": 1500.0}])

    def test_alerts(self):
        kept, twin = self._alert(self.debtor), self._alert(self.twin)
        closed = self._alert(self.twin, state="closed")
        own = self._alert(self.twin, kind="credit_limit")
        twin._ask_to_look(self.company)
        self.assertTrue(twin.activity_ids)
        self._merge()
        self.assertRecordValues(
            kept | twin | closed | own,
            [
                {"state": "open", "partner_id": self.debtor.id},
                {"state": "closed", "partner_id": self.debtor.id},
                {"state": "closed", "partner_id": self.debtor.id},
                {"state": "open", "partner_id": self.debtor.id},
            ],
        )
        self.assertEqual(str(twin.date_closed), TODAY)
        self.assertFalse(twin.activity_ids)

    # === WHAT STOPS DUNNING === #

    def test_same_proceedings_on_both_cards(self):
        own = self._open()
        twin = self._open(partner_id=self.twin.id)
        later = self._invoice(200, "2026-07-15", partner=self.twin, invoice_date="2026-06-15")
        twin.sudo().earlier_move_ids = later
        # Eight days late on the eve of the judgment: 1 000 x 12.15 % x 8 / 365 = 2.663, and 40.
        self.assertEqual(own.declaration["total"], 1042.66)
        self._merge()
        self.assertRecordValues(
            self._proceedings(),
            [
                {"insolvency_outcome": False, "date_to": False},
                {"insolvency_outcome": "mistake", "date_to": day("2026-06-09")},
            ],
        )
        self.assertEqual(self._proceedings(), own | twin)
        # 1 042.66 of one card, 500 + 1.33 + 40 of the other, and 200 delivered before the judgment, due later.
        self.assertEqual(own.declaration["total"], 1783.99)
        self.assertEqual(own.earlier_move_ids, later)
        for invoice in (self.invoice, self.other, later):
            self.assertEqual(self._explain(invoice, TODAY)[1], "insolvent")
        self.assertIn(f'data-oe-id="{own.id}"', str(twin.message_ids.mapped("body")))

    def test_declared_proceedings_stay(self):
        self._open()
        twin = self._open(partner_id=self.twin.id)
        twin.declared_on = TODAY
        declared = twin.declaration
        self._merge()
        self.assertRecordValues(twin, [{"partner_id": self.debtor.id, "insolvency_outcome": False}])
        self.assertEqual(twin.declaration, declared, "what was declared stays")

    def test_two_judgments_are_for_a_person(self):
        self._open()
        twin = self._open(partner_id=self.twin.id, date_from="2026-06-12")
        with self.assertRaisesRegex(UserError, "Menuiserie Lefevre.*entered by mistake"):
            self._merge()
        self._step(twin, "mistake", TODAY)
        self._merge()
        self.assertEqual(len(self._proceedings()), 2)

    def test_proceedings_of_one_card_stop_the_other(self):
        notice = self.other._relance_send_by_hand()
        draft = self.env["relance.run"].create({"company_id": self.company.id, "date": TODAY})
        draft.action_preview()
        self._open()
        promise = self._promise(self.other, "2026-07-01", 500)
        self._merge()
        self.assertEqual(notice.state, "sent", "a fact")
        self.assertTrue(promise.cancelled)
        self.assertEqual(self._explain(self.other, TODAY)[1], "insolvent")

    def test_never_dun_wins(self):
        self.twin.relance_exclude = True
        self.debtor.relance_exclude = False
        self._merge()
        self.assertTrue(self.debtor.relance_exclude)
        self.assertEqual(self._explain(self.invoice, TODAY)[1], "excluded")

    # === THE REGISTER, CAMPAIGNS, ANSWERS === #

    def test_register_follows_and_stays_sealed(self):
        notices = (self.invoice | self.other)._relance_send_by_hand()
        sealed = {notice.id: (notice.seal, notice.seal_payload) for notice in notices}
        self._merge()
        self.assertEqual(len(notices), 2)
        self.assertEqual(notices.partner_id, self.debtor)
        self.assertEqual({notice.id: (notice.seal, notice.seal_payload) for notice in notices}, sealed)
        self.assert_register()

    def test_campaign_makes_one_notice(self):
        run = self.env["relance.run"].create({"company_id": self.company.id, "date": TODAY})
        run.action_preview()
        self.assertEqual(len(run.debtor_ids), 2)
        self._merge()
        run.action_confirm()
        if run.state == "draft":
            # The sum of the debtor is another than the one seen.
            run.action_confirm()
        # Two invoices in one notice: 1 000 + 500.
        self.assertRecordValues(run.notice_ids, [{"partner_id": self.debtor.id, "principal_amount": 1500.0}])

    def test_answers_and_calls(self):
        values = {"company_id": self.company.id, "currency_id": self.company.currency_id.id, "kind": "paid"}
        answers = (
            self.env["relance.answer"]
            .sudo()
            .create([values | {"partner_id": partner.id} for partner in (self.debtor, self.twin)])
        )
        call = self.env["relance.call"].create(
            {"partner_id": self.twin.id, "company_id": self.company.id, "outcome": "message_left"}
        )
        self._merge()
        self.assertEqual((answers.partner_id, call.partner_id), (self.debtor, self.debtor))

    def test_merged_into_a_contact(self):
        """The entity owes what its contact's card owed."""
        entity = self._create_debtor("Holding")
        self.debtor.write({"parent_id": entity.id, "is_company": False})
        self.twin.is_company = False
        self.assertEqual(self.debtor.commercial_partner_id, entity)
        notice = self.other._relance_send_by_hand()
        self._merge()
        self.assertRecordValues(notice, [{"partner_id": entity.id}])
        self.assertEqual(self.other.commercial_partner_id, entity)
        self.assert_register()

    # === NOTHING IS FORGOTTEN === #

    def test_each_unique_index_on_a_card_is_settled(self):
        """A unique index on a column that names a card needs its place in `_relance_absorb` and a test here."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT class.relname
                  FROM pg_index index
                  JOIN pg_class class ON class.oid = index.indrelid
                  JOIN pg_constraint reference ON reference.conrelid = class.oid AND reference.contype = 'f'
                  JOIN pg_class target ON target.oid = reference.confrelid AND target.relname = 'res_partner'
                 WHERE index.indisunique AND reference.conkey[1] = ANY(index.indkey::int2[])
                   AND class.relname LIKE 'relance%%' AND class.relkind = 'r'
                   AND NOT index.indisprimary
                   AND (SELECT COUNT(*) FROM pg_attribute column_
                         WHERE column_.attrelid = class.oid AND attnum > 0 AND NOT attisdropped) > 2
                """
            )
        )
        self.assertEqual(
            sorted(row[0] for row in rows),
            ["relance_alert", "relance_answer", "relance_hold", "relance_partner_profile"],
        )
