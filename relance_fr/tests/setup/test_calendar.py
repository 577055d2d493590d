from datetime import date

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, TransactionCase, new_test_user, tagged

from ..company_common import FrenchCompanyCommon
from ..refusals import RefusalsMixin

# Preset, segment, and the day and kind of each level.
PRESETS = {
    "standard": (False, [(-3, "preventive"), (7, "courtesy"), (15, "firm"), (30, "formal"), (45, "final")]),
    "gweva": (False, [(5, "courtesy"), (15, "firm"), (30, "formal")]),
    "codinf": (False, [(1, "courtesy"), (10, "firm"), (20, "firm"), (35, "formal")]),
    "acceor": (False, [(-3, "preventive"), (2, "courtesy"), (8, "firm"), (17, "firm"), (30, "formal"), (45, "final")]),
    "key_accounts": (False, [(-5, "preventive"), (8, "courtesy"), (20, "courtesy"), (35, "firm"), (60, "formal")]),
    "consumers": ("consumer", [(-3, "preventive"), (7, "courtesy"), (20, "firm"), (35, "formal"), (60, "final")]),
    "public_sector": ("public", [(7, "courtesy"), (21, "firm"), (45, "formal"), (75, "final")]),
}


class CalendarCase(RefusalsMixin, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.calendar = cls.env["relance.calendar"].create(
            {
                "name": "Test",
                "level_ids": [
                    Command.create({"name": "Courtesy", "delay": 7, "kind": "courtesy"}),
                    Command.create({"name": "Firm", "delay": 15, "kind": "firm"}),
                ],
            }
        )
        cls.courtesy, cls.firm = cls.calendar.level_ids


@tagged("post_install", "-at_install")
class TestPresets(TransactionCase):
    def test_levels_and_segments(self):
        for name, (segment, levels) in PRESETS.items():
            with self.subTest(name=name):
                calendar = self.env.ref(f"relance_fr.relance_calendar_{name}")
                self.assertEqual(calendar.segment, segment)
                self.assertEqual(calendar.level_ids.mapped(lambda level: (level.delay, level.kind)), levels)
                calendar._check_levels()

    def test_days_between_levels_leave_room(self):
        """The minimum between two notices never postpones a level of a single invoice."""
        for name in PRESETS:
            calendar = self.env.ref(f"relance_fr.relance_calendar_{name}")
            delays = calendar.level_ids.mapped("delay")
            gaps = [after - before for before, after in zip(delays, delays[1:], strict=False)]
            self.assertLessEqual(calendar.min_days, min(gaps), name)

    def test_standard(self):
        self.assertRecordValues(
            self.env.ref("relance_fr.relance_calendar_standard").level_ids,
            [
                {
                    "channel_email": True,
                    "channel_registered": False,
                    "channel_call": False,
                    "with_letter": False,
                    "charge_penalty": False,
                    "charge_indemnity": False,
                    "deadline_days": 0,
                    "automatic": True,
                },
                {
                    "channel_email": True,
                    "channel_registered": False,
                    "channel_call": False,
                    "with_letter": False,
                    "charge_penalty": False,
                    "charge_indemnity": False,
                    "deadline_days": 0,
                    "automatic": True,
                },
                {
                    "channel_email": True,
                    "channel_registered": False,
                    "channel_call": True,
                    "with_letter": False,
                    "charge_penalty": True,
                    "charge_indemnity": True,
                    "deadline_days": 0,
                    "automatic": True,
                },
                {
                    "channel_email": True,
                    "channel_registered": True,
                    "channel_call": False,
                    "with_letter": True,
                    "charge_penalty": True,
                    "charge_indemnity": True,
                    "deadline_days": 15,
                    "automatic": False,
                },
                {
                    "channel_email": True,
                    "channel_registered": True,
                    "channel_call": False,
                    "with_letter": True,
                    "charge_penalty": True,
                    "charge_indemnity": True,
                    "deadline_days": 8,
                    "automatic": False,
                },
            ],
        )

    def test_key_accounts_are_approved_by_a_person(self):
        levels = self.env.ref("relance_fr.relance_calendar_key_accounts").level_ids
        self.assertFalse(any(levels.mapped("automatic")))

    def test_consumers_claim_nothing_before_the_formal_notice(self):
        levels = self.env.ref("relance_fr.relance_calendar_consumers").level_ids
        self.assertFalse(any(levels.mapped("charge_indemnity")))
        self.assertEqual(levels.filtered("charge_penalty").mapped("kind"), ["formal", "final"])

    def test_email_templates(self):
        for level in self.env["relance.level"].search([("channel_email", "=", True)]):
            self.assertEqual(level._get_template().model, "relance.notice", level.name)


@tagged("post_install", "-at_install")
class TestLevel(CalendarCase):
    def _add_level(self, **values):
        return self.env["relance.level"].create(
            {
                "name": "New",
                "calendar_id": self.calendar.id,
                "delay": 30,
                "kind": "formal",
                **values,
            }
        )

    def test_defaults_by_kind(self):
        formal = self._add_level(channel_registered=True)
        self.assertRecordValues(
            self.courtesy | self.firm | formal,
            [
                {"automatic": True, "charge_penalty": False, "charge_indemnity": False, "with_letter": False},
                {"automatic": True, "charge_penalty": True, "charge_indemnity": True, "with_letter": False},
                {"automatic": False, "charge_penalty": True, "charge_indemnity": True, "with_letter": True},
            ],
        )
        self.assertEqual(self.firm.template_id, self.env.ref("relance_fr.mail_template_firm"))

    def test_values_given_win_over_the_defaults(self):
        self.assertRecordValues(
            self._add_level(automatic=True, charge_penalty=False, with_letter=True),
            [
                {"automatic": True, "charge_penalty": False, "with_letter": True},
            ],
        )

    def test_paper_makes_a_letter(self):
        self.courtesy.channel_letter = True
        self.assertTrue(self.courtesy.with_letter)
        with self.assert_refused(ValidationError, "need a PDF letter"):
            self.courtesy.with_letter = False

    def test_formal_needs_a_letter(self):
        with self.assert_refused(ValidationError, "need a PDF letter"):
            self._add_level(with_letter=False)

    def test_milder_after_harder(self):
        for delay, kind in ((20, "courtesy"), (3, "firm")):
            with self.subTest(kind=kind), self.assert_refused(ValidationError, "is milder than"):
                self._add_level(delay=delay, kind=kind)
        with self.assert_refused(ValidationError, "Courtesy .* is milder than Firm"):
            self.courtesy.delay = 20

    def test_same_day(self):
        with self.assert_refused(ValidationError, "Firm and New are on the same day"):
            self._add_level(delay=15, kind="firm")

    def test_preventive_before_the_due_date_only(self):
        for delay, kind in ((0, "preventive"), (2, "preventive"), (-1, "courtesy")):
            with self.subTest(delay=delay), self.assert_refused(ValidationError, "negative number of days"):
                self._add_level(delay=delay, kind=kind)
        self.assertTrue(self._add_level(delay=-1, kind="preventive"))

    def test_no_channel(self):
        with self.assert_refused(ValidationError, "at least one channel"):
            self.courtesy.channel_email = False

    def test_formal_and_final_give_a_deadline(self):
        for kind, days in (("formal", 15), ("final", 8)):
            level = self.env["relance.level"].create(
                {"name": kind, "calendar_id": self.calendar.id, "delay": 40 + days, "kind": kind}
            )
            self.assertEqual(level.deadline_days, days)
            with self.assert_refused(ValidationError, "give a deadline"):
                level.deadline_days = 0
            level.unlink()
        self.firm.deadline_days = 0

    def test_negative_deadline(self):
        with self.assert_refused(ValidationError, "deadline given cannot be negative"):
            self.firm.deadline_days = -1

    def test_negative_minimum(self):
        with self.assert_violates("relance_level_minimum_amount_positive"):
            self.firm.minimum_amount = -1

    def test_moved_to_another_calendar(self):
        other = self.env["relance.calendar"].create(
            {
                "name": "Other",
                "level_ids": [Command.create({"name": "Late", "delay": 30, "kind": "courtesy"})],
            }
        )
        with self.assert_refused(ValidationError, "Other: Late .* is milder than Firm"):
            self.firm.calendar_id = other

    def test_swapped_in_one_save(self):
        """Saving a form sends one command a level: only the result counts."""
        self.courtesy.kind = "firm"
        self.calendar.write(
            {
                "level_ids": [
                    Command.update(self.courtesy.id, {"delay": 15}),
                    Command.update(self.firm.id, {"delay": 7}),
                ]
            }
        )
        self.assertEqual(self.calendar.level_ids.sorted("delay"), self.firm | self.courtesy)
        with self.assert_refused(ValidationError, "same day"):
            self.calendar.write({"level_ids": [Command.update(self.courtesy.id, {"delay": 7})]})
        # What a client can put in a context does not switch the check off.
        with self.assert_refused(ValidationError, "same day"):
            self.courtesy.with_context(relance_check_levels="CHECK_LATER").delay = 7

    def test_main_channel(self):
        self.firm.channel_call = True
        self.assertEqual(self.firm._get_main_channel(), "email")
        self.firm.channel_letter = True
        self.assertEqual(self.firm._get_main_channel(), "letter")
        self.firm.channel_registered = True
        self.assertEqual(self.firm._get_main_channel(), "registered")
        self.firm.write({"channel_registered": False, "channel_letter": False, "channel_email": False})
        self.assertEqual(self.firm._get_main_channel(), "call")

    def test_template_falls_back_on_the_kind(self):
        self.firm.template_id = False
        self.assertEqual(self.firm._get_template(), self.env.ref("relance_fr.mail_template_firm"))

    def test_form(self):
        with Form(self.calendar) as form, form.level_ids.new() as level:
            level.name = "Formal"
            level.delay = 30
            level.kind = "formal"
            level.channel_registered = True
        self.assertRecordValues(
            self.calendar.level_ids[-1],
            [
                {"kind": "formal", "with_letter": True, "automatic": False, "charge_penalty": True},
            ],
        )


@tagged("post_install", "-at_install")
class TestCalendar(CalendarCase):
    def test_sending_days(self):
        for day, expected in (
            (date(2026, 5, 15), True),  # Friday after Ascension
            (date(2026, 5, 14), False),  # Ascension
            (date(2026, 5, 16), False),  # Saturday
        ):
            self.assertEqual(self.calendar._can_send_on(day), expected, day)
        self.calendar.write({"send_sat": True, "send_fri": False, "skip_holidays": False})
        self.assertTrue(self.calendar._can_send_on(date(2026, 5, 16)))
        self.assertFalse(self.calendar._can_send_on(date(2026, 5, 15)))
        self.assertTrue(self.calendar._can_send_on(date(2026, 5, 14)))

    def test_refused_figures(self):
        no_day = dict.fromkeys(("send_mon", "send_tue", "send_wed", "send_thu", "send_fri"), False)
        for values, constraint in (({"min_days": -1}, "_min_days_positive"), (no_day, "_one_weekday")):
            with self.assert_violates(f"relance_calendar{constraint}"):
                self.calendar.write(values)

    def test_copy(self):
        copy = self.calendar.copy()
        self.assertEqual(copy.name, "Test (copy)")
        self.assertEqual(copy.level_ids.mapped("delay"), [7, 15])
        self.assertFalse(copy.level_ids & self.calendar.level_ids)

    def test_rights(self):
        clerk = new_test_user(self.env, "relance_clerk", groups="account.group_account_invoice")
        manager = new_test_user(self.env, "relance_manager", groups="account.group_account_manager")
        self.assertEqual(self.calendar.with_user(clerk).level_ids.mapped("name"), ["Courtesy", "Firm"])
        for records in (self.calendar, self.firm):
            with self.assertRaises(AccessError):
                records.with_user(clerk).name = "Changed"
        self.firm.with_user(manager).name = "Changed"
        self.assertEqual(self.firm.name, "Changed")


@tagged("post_install", "-at_install")
class TestUsedLevel(RefusalsMixin, FrenchCompanyCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.calendar = cls.env["relance.calendar"].create(
            {
                "name": "Test",
                "level_ids": [Command.create({"name": "Firm", "delay": 15, "kind": "firm"})],
            }
        )
        cls.level = cls.calendar.level_ids
        invoice = cls._create_invoice_one_line(price_unit=100, invoice_date="2026-03-01", post=True)
        instalment = invoice.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        figures = {"principal_amount": 100, "penalty_amount": 0, "indemnity_amount": 0, "total_amount": 100}
        shared = {"company_id": invoice.company_id.id, "currency_id": invoice.currency_id.id}
        # Nobody may write the register by hand.
        cls.env["relance.notice"].sudo().create(
            {
                **shared,
                **figures,
                "partner_id": invoice.commercial_partner_id.id,
                "level_id": cls.level.id,
                "kind": "firm",
                "channel": "email",
                "date": "2026-04-20",
                "line_ids": [
                    Command.create(
                        {
                            **shared,
                            **figures,
                            "level_id": cls.level.id,
                            "move_id": invoice.id,
                            "line_id": instalment.id,
                        }
                    )
                ],
            }
        )

    def test_cannot_be_deleted(self):
        for records in (self.level, self.calendar):
            with self.assert_refused(UserError, "Firm: notices were made out at this level"):
                records.unlink()

    def test_keeps_its_kind_and_calendar(self):
        for values in ({"kind": "formal"}, {"calendar_id": self.calendar.copy().id}):
            with self.assert_refused(UserError, "Add a new level instead"):
                self.level.write(values)

    def test_wording_can_change(self):
        self.level.write({"name": "Second reminder", "letter_text": "<p>We count on you.</p>", "delay": 16})
        self.assertEqual(self.level.name, "Second reminder")
