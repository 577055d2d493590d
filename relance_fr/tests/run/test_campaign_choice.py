from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from ..campaign import TODAY, CampaignCommon


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestCampaignChoice(CampaignCommon):
    """What a person may choose on a notice to come, and what stops him."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.steps = cls._calendar(
            {"kind": "preventive", "delay": -3},
            "courtesy",
            {"kind": "firm", "deadline_days": 8},
            {"kind": "formal", "channel_registered": True, "deadline_days": 15},
        )
        cls.preventive, cls.courtesy, cls.firm, cls.formal = cls.steps.level_ids.sorted("delay")
        cls.debtor.relance_calendar_id = cls.steps

    # === TICKS === #

    def test_unticked_is_not_sent(self):
        other = self._create_debtor("Boulangerie du Pont")
        kept, left = self._invoice(100, "2026-05-16"), self._invoice(200, "2026-05-16", other)
        run = self._campaign()
        self._row(run, other).action_unselect()
        self.assertFalse(self._row(run, other).line_ids.selected)
        self.assertEqual((run.send_count, run.debtor_count, run.unselected_count), (1, 1, 1))
        self.assertEqual([row["notices"] for row in run.summary["unselected"]], [1])
        run.action_confirm()
        self.assertEqual(run.notice_ids.line_ids.move_id, kept)
        self.assertFalse(left.relance_notice_ids)

    def test_an_instalment_left_out_leaves_the_figures(self):
        first, second = self._invoice(100, "2026-05-16"), self._invoice(250, "2026-05-18")
        run = self._campaign()
        row = self._row(run)
        lines = {line.move_id: line for line in row.line_ids}
        lines[first].selected = False
        self.assertRecordValues(row, [{"total_amount": 250, "line_count": 1, "selected": True, "days_late": 33}])
        lines[second].selected = False
        self.assertRecordValues(row, [{"total_amount": 350, "line_count": 2, "selected": False}])
        row.selected = True
        self.assertRecordValues(row, [{"total_amount": 350, "line_count": 2, "selected": True}])
        lines[first].selected = False
        run.action_confirm()
        self.assertRecordValues(run.notice_ids, [{"total_amount": 250}])
        self.assertEqual(run.notice_ids.line_ids.move_id, second)

    # === LEVEL === #

    def test_chosen_level_is_charged_and_kept(self):
        self._invoice(1850, "2026-05-16")
        run = self._campaign()
        row = self._row(run)
        self.assertEqual((row.level_id, row.total_amount), (self.courtesy, 1850))
        self.assertEqual(row.allowed_level_ids, self.courtesy | self.firm | self.formal)
        row.level_id = self.formal
        # 1 850 x 12.15 % x 35 / 365 and 40.
        self.assertRecordValues(
            row,
            [{"level_id": self.formal.id, "level_chosen": True, "channel": "registered",
              "penalty_amount": 21.55, "indemnity_amount": 40, "total_amount": 1911.55}],
        )  # fmt: skip
        figures = self._figures(row)
        run.action_confirm()
        notice = run.notice_ids
        self.assertRecordValues(
            notice,
            [{"level_id": self.formal.id, "kind": "formal", "channel": "registered", "level_chosen": True,
              "state": "ready", **figures}],
        )  # fmt: skip
        self.assertEqual(notice.line_ids.level_id, self.formal)
        notice.action_dispatch()
        self.assertEqual(notice.state, "sent")
        self.assert_register()

    def test_back_to_the_level_of_the_calendar(self):
        self._invoice(1850, "2026-05-16")
        row = self._row(self._campaign())
        row.level_id = self.formal
        row.level_id = self.courtesy
        self.assertRecordValues(
            row, [{"level_id": self.courtesy.id, "level_chosen": False, "channel": "email", "total_amount": 1850}]
        )
        row.level_id = self.firm
        row.level_id = False
        self.assertRecordValues(row, [{"level_id": self.courtesy.id, "level_chosen": False}])

    def test_never_back_to_a_level_that_was_sent(self):
        self._invoice(1850, "2026-05-16")
        self.steps.min_days = 0
        notice = self._send(self._row(self._campaign()).line_ids.move_id, "2026-05-24")
        self.assertEqual(notice.kind, "courtesy")
        row = self._row(self._campaign())
        self.assertEqual(row.level_id, self.firm)
        self.assertEqual(row.allowed_level_ids, self.firm | self.formal)
        for level, message in ((self.courtesy, "has had courtesy"), (self.preventive, "late")):
            with self.subTest(level=level.name), self.assertRaisesRegex(UserError, message):
                row.level_id = level
        self.assertEqual(row.level_id, self.firm)

    def test_never_before_the_deadline_that_was_given(self):
        invoice = self._invoice(1850, "2026-05-16")
        self.steps.catch_up = "age"
        self._send(invoice, "2026-06-01")
        self.assertEqual(invoice.relance_notice_ids.deadline.isoformat(), "2026-06-09")
        row = self._row(self._campaign())
        self.assertTrue(row.allowed_level_ids)
        self.env.cr.execute("UPDATE relance_notice SET deadline = '2026-07-01'")
        self.env.invalidate_all()
        [options] = row._get_level_options().values()
        [levels] = options.values()
        obstacles = {level_id: option["obstacle"] for level_id, option in levels.items()}
        self.assertEqual(obstacles[self.courtesy.id], "passed")
        self.assertEqual(obstacles[row.level_id.id], None)

    def test_nothing_is_claimed_before_it_is_due(self):
        self._invoice(500, "2026-06-22")
        row = self._row(self._campaign())
        self.assertEqual(row.level_id, self.preventive)
        self.assertEqual(row.allowed_level_ids, self.preventive)
        with self.assertRaisesRegex(UserError, "not due yet"):
            row.level_id = self.courtesy

    def test_level_of_another_calendar(self):
        self._invoice(500, "2026-05-16")
        with self.assertRaisesRegex(UserError, "not a level of the calendar"):
            self._row(self._campaign()).level_id = self.levels["firm"]

    def test_an_instalment_that_cannot_follow_keeps_its_own_level(self):
        """One had the courtesy reminder, the other not: the firm level suits both, courtesy would step back."""
        older, newer = self._invoice(1000, "2026-05-16"), self._invoice(300, "2026-06-12")
        self.steps.min_days = 0
        self._send(older, "2026-05-24")
        row = self._row(self._campaign())
        self.assertEqual(
            {line.move_id: line.level_id for line in row.line_ids}, {older: self.firm, newer: self.courtesy}
        )
        with self.assertRaisesRegex(UserError, "courtesy"):
            row.level_id = self.courtesy
        row.level_id = self.formal
        self.assertEqual(row.line_ids.level_id, self.formal)
        row.level_id = self.firm
        self.assertEqual(
            {line.move_id: line.level_id for line in row.line_ids}, {older: self.firm, newer: self.courtesy}
        )
        self.assertFalse(row.level_chosen)

    def test_chosen_level_survives_the_check_before_sending(self):
        self._invoice(1850, "2026-05-16")
        self.courtesy.minimum_amount = 100
        run = self._campaign()
        self._row(run).level_id = self.formal
        run.action_confirm()
        # What the calendar asks for its own next level is no longer the question.
        self.courtesy.minimum_amount = 5000
        self.courtesy.delay = 14
        with freeze_time("2026-06-21"):
            run.notice_ids.action_dispatch()
        self.assertEqual(run.notice_ids.state, "sent")

    def test_paid_meanwhile_is_dropped_whatever_was_chosen(self):
        invoice = self._invoice(1850, "2026-05-16")
        run = self._campaign()
        self._row(run).level_id = self.formal
        run.action_confirm()
        self._bank_pays(invoice, TODAY, 1850)
        run.notice_ids.action_dispatch()
        self.assertEqual(run.notice_ids.state, "cancelled")

    def test_a_stale_preview_does_not_go_back(self):
        """Somebody sent the formal notice meanwhile: the courtesy reminder of another campaign is not made."""
        self._invoice(1850, "2026-05-16")
        self.steps.write({"min_days": 0, "catch_up": "age"})
        self.formal.deadline_days = 1
        stale, run = self._campaign(), self._campaign()
        self._row(stale).level_id = self.firm
        self._row(run).level_id = self.formal
        run.action_confirm()
        run.notice_ids.action_dispatch()
        run.notice_ids.posted_date = TODAY
        stale.action_confirm()
        self.assertFalse(stale.notice_ids)

    # === CHANNEL === #

    def test_chosen_channel(self):
        self._invoice(1850, "2026-05-16")
        for channel, with_email in (("letter", True), ("registered", True), ("call", False), ("email", True)):
            with self.subTest(channel=channel):
                run = self._campaign()
                self._row(run).channel = channel
                self.assertTrue(self._row(run).channel_chosen)
                run.action_confirm()
                self.assertRecordValues(run.notice_ids, [{"channel": channel, "with_email": with_email}])
                run.notice_ids.action_dispatch()
                self.assertEqual((run.notice_ids.state, bool(run.notice_ids.mail_id)), ("sent", with_email))
                self.assertEqual(run.notice_ids.to_post, channel in ("letter", "registered"))
                calls = run.notice_ids.activity_ids.filtered(lambda activity: activity.summary == "Call the debtor")
                self.assertEqual(len(calls), 1 if channel == "call" else 0)
                run.notice_ids.posted_date = TODAY if run.notice_ids.to_post else False
                self.env.cr.execute("UPDATE relance_notice SET state = 'failed'")
                self.env.cr.execute("UPDATE relance_notice_line SET state = 'failed'")
                self.env.cr.execute("UPDATE relance_notice SET date = '2026-01-01'")
                self.env.invalidate_all()

    def test_letter_only_level_keeps_no_email_copy(self):
        self.courtesy.write({"channel_email": False, "channel_letter": True})
        self._invoice(1850, "2026-05-16")
        run = self._campaign()
        self.assertEqual(self._row(run).channel, "letter")
        run.action_confirm()
        self.assertRecordValues(run.notice_ids, [{"channel": "letter", "with_email": False}])

    def test_channel_that_cannot_reach(self):
        mailless = self._create_debtor("Transports Vasseur", email=False)
        homeless = self._create_debtor("Web SARL", street=False, city=False, zip=False)
        for debtor in mailless | homeless:
            self._invoice(100, "2026-05-16", debtor)
        run = self._campaign()
        with self.assertRaisesRegex(UserError, "Vasseur has no usable email"):
            self._row(run, mailless).channel = "email"
        for channel in ("letter", "registered"):
            with self.assertRaisesRegex(UserError, "Web SARL has no postal address"):
                self._row(run, homeless).channel = channel
        self._row(run, homeless).channel = "call"
        self._row(run, homeless).channel = False
        self.assertRecordValues(self._row(run, homeless), [{"channel": "email", "channel_chosen": False}])

    def test_channel_stays_when_the_level_changes(self):
        self._invoice(100, "2026-05-16")
        row = self._row(self._campaign())
        row.write({"level_id": self.formal.id, "channel": "letter"})
        row.level_id = self.firm
        self.assertRecordValues(row, [{"level_id": self.firm.id, "channel": "letter"}])

    def test_many_rows_at_once(self):
        debtors = [self._create_debtor(f"Debtor {rank}", relance_calendar_id=self.steps.id) for rank in range(3)]
        for debtor in debtors:
            self._invoice(100, "2026-05-16", debtor)
        rows = self._campaign().debtor_ids
        rows.write({"level_id": self.firm.id, "channel": "letter"})
        self.assertEqual(rows.mapped("channel"), ["letter"] * 3)
        self.assertEqual(rows.level_id, self.firm)
        rows.action_unselect()
        self.assertFalse(any(rows.line_ids.mapped("selected")))

    # === SENTENCE === #

    def test_personal_sentence_is_printed_and_sealed(self):
        self._invoice(1850, "2026-05-16")
        run = self._campaign()
        self._row(run).write(
            {"personal_note": "Merci pour notre appel <b>d'hier</b>.\nÀ bientôt.", "level_id": self.firm.id}
        )
        run.action_confirm()
        notice = run.notice_ids
        escaped = "Merci pour notre appel &lt;b&gt;d&#39;hier&lt;/b&gt;.<br>"
        self.assertIn(escaped, str(notice._get_personal_note_html()))
        self.assertIn(escaped, notice._get_letter_body_html())
        self.assertIn("personal_note", notice.seal_payload)
        notice.action_dispatch()
        self.assertIn("Merci pour notre appel &lt;b&gt;", notice.mail_id.body_html)
        self.assert_register()
        with self.assertRaises(UserError):
            notice.sudo().write({"personal_note": "Autre chose"})
        self.env.cr.execute("UPDATE relance_notice SET personal_note = 'Autre chose' WHERE id = %s", notice.ids)
        self.env.invalidate_all()
        self.assertEqual(self.env["relance.notice"]._verify_register(self.company)["broken"], notice.name)

    def test_without_a_sentence_the_seal_is_what_it_was(self):
        self._invoice(1850, "2026-05-16")
        run = self._campaign()
        run.action_confirm()
        self.assertNotIn("personal_note", run.notice_ids.seal_payload)
        self.assertEqual(run.notice_ids._get_personal_note_html(), "")
