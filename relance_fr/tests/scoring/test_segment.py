from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.tests import freeze_time, new_test_user, tagged

from ...models.scoring import res_company
from ..score_common import DAY, ScoreCommon


@tagged("post_install", "-at_install")
class TestSegment(ScoreCommon):
    """Which segment takes whom, and whose calendar is followed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gentle = cls._calendar({"kind": "courtesy", "delay": 20}, name="Gentle")
        cls.strict = cls._calendar({"kind": "firm", "delay": 5}, name="Strict")
        cls.invoice = cls._invoice(1000, "2026-06-10")
        cls.tag = cls.env["res.partner.category"].create({"name": "Key"})

    def _segment_of(self, partner=None):
        return self._profile(partner).segment_id

    # === WHAT A RULE MAY READ === #

    def _own_rule(self):
        """Return a segment of the company, edited by its manager."""
        manager = new_test_user(
            self.env, "segment_manager", groups="account.group_account_manager", company_id=self.company.id,
            company_ids=self.company.ids,
        )  # fmt: skip
        return self._segment("Rule", [], active=False, company_id=self.company.id).with_user(manager)

    def test_rule_reads_what_its_author_may_read(self):
        self.company.sudo().relance_provider_token = "secret"
        segment = self._own_rule()
        for rule in (
            [("create_uid.company_id.relance_provider_token", "=like", "s%")],
            [("create_uid", "any", [("login", "=like", "a%")])],
            [("create_uid", "=", 1)],
            [("company_id.relance_provider_token", "=like", "s%")],
            [("parent_id", "any", [("user_ids.login", "=like", "a%")])],
            [("signup_type", "!=", False)],
            [("user_id.name", "=", "Sales")],
            [("user_id.login", "=like", "a%")],
            [("user_id", "any", [("login", "=like", "a%")])],
            [("user_id", "not any", [("login", "=like", "a%")])],
            [("user_id", "ilike", "a")],
            [("user_id", "=", "admin")],
            [("user_id", "not in", ["admin"])],
            [("relance_user_id.login", "=like", "a%")],
            [("parent_id.user_id", "ilike", "a")],
            [("child_ids.user_id.partner_id.name", "ilike", "a")],
            [("invoice_ids.invoice_user_id.login", "=like", "a%")],
            [("invoice_ids", "any", [("line_ids.name", "ilike", "a")])],
            [("message_ids.body", "ilike", "secret")],
            [("message_ids", "!=", False)],
            [("invoice_ids.message_ids.body", "ilike", "secret")],
            [("activity_user_id", "=", 2)],
            [("message_follower_ids", "!=", False)],
            [("company_id", "child_of", 1)],
            [("category_id", "any!", [("name", "=", "x")])],
            [("parent_id", "any", [("category_id", "not any!", [])])],
            ["!", ("user_id.login", "=like", "a%")],
            ["|", ("city", "=", "Lyon"), "&", ("zip", "=", "69003"), ("user_id.active", "=", False)],
        ):
            with self.subTest(rule=rule), self.assertRaisesRegex(ValidationError, "cannot be applied"):
                segment.domain = repr(rule)
        for rule in (
            [("relance_overdue_amount", ">", 0), ("user_id", "in", self.env.user.ids)],
            [("user_id", "=", False), ("company_id", "!=", False)],
            [("category_id.name", "ilike", "key"), ("country_id.code", "=", "FR"), ("parent_id.city", "=", "Lyon")],
            [("invoice_ids", "any", [("amount_total", ">", 1000), ("state", "=", "posted")])],
            ["!", ("category_id", "ilike", "key")],
        ):
            with self.subTest(rule=rule):
                segment.domain = repr(rule)

    def test_no_relation_leads_beyond_the_facts_of_a_customer(self):
        segment = self._own_rule()
        facts = segment._get_fact_models()
        tried = 0
        for model_name in ("res.partner", "account.move"):
            start = "" if model_name == "res.partner" else "invoice_ids."
            for field in self.env[model_name]._fields.values():
                if not field.relational or field.comodel_name in facts:
                    continue
                tried += 1
                for rule in (
                    [(f"{start}{field.name}.id", ">", 0)],
                    [(f"{start}{field.name}", "any", [("id", ">", 0)])],
                    [(f"{start}{field.name}", "ilike", "a")],
                ):
                    with self.subTest(rule=rule), self.assertRaisesRegex(ValidationError, "cannot be applied"):
                        segment.domain = repr(rule)
        self.assertGreater(tried, 50)

    def test_rule_counts_what_its_company_knows(self):
        other = self.setup_other_company(name="Second")["company"]
        journal = self.env["account.journal"].search([("company_id", "=", other.id), ("type", "=", "sale")], limit=1)
        self._invoice(9000, "2026-06-10", journal_id=journal.id)
        self._refresh()
        rules = {
            repr([("invoice_ids.amount_total", ">", 5000)]): False,
            repr([("invoice_ids", "any", [("amount_total", ">", 5000)])]): False,
            repr([("invoice_ids", "not any", [("amount_total", ">", 5000)])]): True,
            repr(["!", ("invoice_ids.amount_total", ">", 5000)]): True,
            repr([("invoice_ids", "in", self.env["account.move"].search([("company_id", "=", other.id)]).ids)]): False,
            repr([("commercial_partner_id.invoice_ids.amount_total", ">", 5000)]): False,
            repr([("invoice_ids.amount_total", "=", 1000)]): True,
            repr([("invoice_ids", "!=", False)]): True,
            repr([("invoice_ids", "=", False)]): False,
        }
        with freeze_time(DAY):
            segment = self._segment("Rule", [])
            for rule, fits in rules.items():
                with self.subTest(rule=rule):
                    segment.domain = rule
                    self.assertEqual(self._segment_of() == segment, fits)

    def test_count_tells_of_the_debtors_one_sees(self):
        self._invoice(10, "2026-06-10", self.partner_a)
        self._refresh()
        rule = self.env["ir.rule"].create(
            {
                "name": "Not this one",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "domain_force": repr([("id", "!=", self.partner_a.id)]),
                "groups": self.env.ref("account.group_account_manager").ids,
            }
        )
        segment = self._own_rule()
        with freeze_time(DAY):
            counted = segment.action_count()["params"]["message"]
            rule.active = False
            self.assertNotEqual(counted, segment.action_count()["params"]["message"])

    def test_figures_behind_a_relation_are_figures(self):
        segment = self._segment("Rule", [("commercial_partner_id.relance_overdue_amount", ">", 0)], active=False)
        self.assertTrue(segment.uses_score)

    # === WHO === #

    def test_first_rule_that_fits_wins_by_order(self):
        self._refresh()
        with freeze_time(DAY):
            first = self._segment("First", [("name", "ilike", "menuiserie")], self.gentle, sequence=1)
            second = self._segment("Second", [("relance_overdue_amount", ">", 0)], self.strict, sequence=2)
            self.assertEqual(self._segment_of(), first)
            second.sequence = 0
            self.assertEqual(self._segment_of(), second)
            second.active = False
            self.assertEqual(self._segment_of(), first)
            first.domain = repr([("name", "=", "nobody")])
            self.assertFalse(self._segment_of())
            first.domain = "[]"
            first.unlink()
            self.assertFalse(self._segment_of())

    def test_edited_customer_changes_at_once_and_nobody_else(self):
        other = self._create_debtor("Autre")
        self._invoice(10, "2026-06-10", other)
        self._refresh()
        with freeze_time(DAY):
            key = self._segment("Key", [("category_id", "in", self.tag.ids)], self.gentle)
            company = self.env.registry["res.company"]
            with patch.object(company, "_relance_score_debtors", autospec=True) as score:
                self.debtor.phone = "01 02 03 04 05"
                score.assert_not_called()
                self.debtor.category_id = self.tag
                self.assertEqual(score.call_args.args[2], self.debtor.ids)
            self.assertEqual(self._segment_of(), key)
            self.assertFalse(self._segment_of(other))
            self.debtor.category_id = False
            self.assertFalse(self._segment_of())

    def test_set_by_hand_wins_over_the_rules(self):
        self._refresh()
        with freeze_time(DAY):
            rule = self._segment("Rule", [("is_company", "=", True)], self.gentle)
            hand = self._segment("Hand", [("name", "=", "nobody")], self.strict)
            self.assertEqual(self.debtor.relance_segment_id, rule)
            self.assertEqual(self.debtor.relance_segment_placeholder, "Rule, by the rules")
            self.debtor.relance_own_segment_id = hand
            self.assertEqual(self.debtor.relance_segment_id, hand)
            hand.active = False
            self.assertEqual(self._segment_of(), rule)
            hand.active = True
            self.debtor.relance_own_segment_id = False
            self.assertEqual(self._segment_of(), rule)

    def test_by_company(self):
        other = self.setup_other_company(name="Second")["company"]
        self._refresh()
        with freeze_time(DAY):
            self._segment("Theirs", [], self.gentle, company_id=other.id, calendar_id=False)
            self.assertFalse(self._segment_of())
            ours = self._segment("Ours", [], company_id=self.company.id)
            self.assertEqual(self._segment_of(), ours)
            with self.assertRaises(UserError):
                self.debtor.with_company(other).relance_own_segment_id = ours

    def test_rules_on_figures_leave_natural_persons_out(self):
        person = self._create_debtor("Jeanne Martin", is_company=False, relance_regime="consumer")
        self._invoice(10, "2026-06-10", person)
        self._refresh()
        with freeze_time(DAY):
            figures = self._segment("Figures", [("relance_overdue_amount", ">=", 0)])
            self.assertTrue(figures.uses_score)
            self.assertEqual((self._segment_of(), self._segment_of(person)), (figures, figures.browse()))
            card = self._segment("Card", [("city", "=", "Lyon")], sequence=2)
            self.assertFalse(card.uses_score)
            self.assertEqual(self._segment_of(person), card)

    def test_shipped_presets_are_off_and_apply_once_switched_on(self):
        presets = self.env["relance.segment"].with_context(active_test=False).search([])
        presets = presets.filtered(lambda segment: segment.get_external_id()[segment.id].startswith("relance_fr."))
        self.assertEqual(len(presets), 5)
        self.assertFalse(any(presets.mapped("active")))
        self.assertTrue(all(presets.mapped("calendar_id")))
        late = self._create_debtor("Retard")
        for _rank in range(3):
            self._paid_invoice(1000, "2026-01-01", "2026-04-01", late)
            self._paid_invoice(1000, "2025-01-01", "2025-01-01", self.partner_a)
        self.partner_a.write({"is_company": True, "relance_regime": "business"})
        self._invoice(1000, "2026-02-01", late)
        big = self._create_debtor("Grand")
        self._invoice(150000, "2026-06-10", big)
        self._refresh()
        with freeze_time(DAY):
            presets.active = True
        names = {partner: self._segment_of(partner).name for partner in (late, self.partner_a, big, self.debtor)}
        self.assertEqual(
            names,
            {late: "Uncooperative", self.partner_a: "Loyal", big: "Strategic", self.debtor: "New"},
        )

    # === WHICH CALENDAR === #

    def _next(self):
        self.invoice.invalidate_recordset()
        return self.invoice.relance_next_level_id.calendar_id

    def _decided(self):
        """Return the level and date the decision gives, whose calendar the stored next level must agree with."""
        return self._explain(self.invoice, DAY)[2:]

    def test_precedence_of_calendars(self):
        regime = self._calendar({"kind": "courtesy", "delay": 9}, name="Businesses")
        own = self._calendar({"kind": "courtesy", "delay": 3}, name="Own")
        self._refresh()
        with freeze_time(DAY):
            self.assertEqual(self._next(), self.standard)
            regime.segment = "business"
            self.assertEqual((self._next(), self._decided()), (regime, ("courtesy", "2026-06-19")))
            segment = self._segment("All", [], self.gentle)
            self.assertEqual((self._next(), self._decided()), (self.gentle, ("courtesy", "2026-06-30")))
            self.debtor.relance_calendar_id = own
            self.assertEqual((self._next(), self._decided()), (own, ("courtesy", "2026-06-13")))
            self.debtor.relance_calendar_id = False
            self.assertEqual(self._next(), self.gentle)
            segment.calendar_id = self.strict
            self.assertEqual((self._next(), self._decided()), (self.strict, ("firm", "2026-06-15")))
            segment.calendar_id = False
            self.assertEqual(self._next(), regime)
            segment.calendar_id = self.strict
            self.strict.active = False
            self.assertEqual((self._next(), self._decided()), (regime, ("courtesy", "2026-06-19")))

    def test_calendar_of_a_segment_set_by_hand(self):
        self._refresh()
        with freeze_time(DAY):
            hand = self._segment("Hand", [("name", "=", "nobody")], self.strict)
            self.debtor.relance_own_segment_id = hand
            self.assertEqual((self._next(), self._decided()), (self.strict, ("firm", "2026-06-15")))

    def test_daily_job_sends_by_the_segment(self):
        self._refresh()
        with freeze_time(DAY):
            self._segment("All", [], self.strict)
        notice = self._run_on(DAY)
        self.assertEqual(notice.level_id.calendar_id, self.strict)

    # === THE RULE ITSELF === #

    def test_a_rule_that_cannot_be_applied_is_refused(self):
        for domain in ("[('no_such_field', '=', 1)]", "[('name', '=', ", "[('name', 'resembles', 'x')]", "import os"):
            with self.subTest(domain=domain), self.assertRaisesRegex(ValidationError, "cannot be applied"):
                self.env["relance.segment"].create({"name": "Bad", "domain": domain})

    def test_a_rule_that_broke_since_stops_nobody_who_edits(self):
        self._refresh()
        with freeze_time(DAY):
            segment = self._segment("All", [("is_company", "=", True)])
            self.env.flush_all()
            gone = "[('gone', '=', 1)]"
            self.env.cr.execute("UPDATE relance_segment SET domain = %s WHERE id = %s", [gone, segment.id])
            segment.invalidate_recordset()
            self.debtor.is_company = False
            warned = self.company.partner_id.activity_ids
            self.assertIn("cannot be applied", warned.summary)
            with self.assertRaises(ValidationError):
                self.company._relance_refresh_profiles()

    def test_count(self):
        self._invoice(10, "2026-06-10", self.partner_a)
        self._refresh()
        with freeze_time(DAY):
            self._segment("Above", [("id", "=", self.partner_a.id)], sequence=1)
            everybody = self._segment("Everybody", [], sequence=2, active=False)
            message = everybody.action_count()["params"]["message"]
        debtors = len(self.env["relance.partner.profile"].search([("company_id", "=", self.company.id)]))
        self.assertIn(f"{debtors} debtors fit the rule; it would take {debtors - 1} of them", message)
        self.assertFalse(everybody.debtor_count)

    def test_many_debtors_are_left_to_the_job(self):
        self._refresh()
        job = self.env.ref("relance_fr.ir_cron_refresh_profiles")
        with freeze_time(DAY), patch.object(res_company, "DEBTORS_AT_ONCE", 0):
            segment = self._segment("All", [])
            self.assertFalse(self._segment_of())
            self.assertTrue(self.env["ir.cron.trigger"].search([("cron_id", "=", job.id)]))
        with freeze_time(DAY), self.enter_registry_test_mode():
            job.method_direct_trigger()
        self.assertEqual(self._segment_of(), segment)
