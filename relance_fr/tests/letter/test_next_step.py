import re
from datetime import date

from odoo.fields import Command
from odoo.tests import tagged

from ..letter_common import LetterCommon, _plain

FORMAL = "Without a payment or an answer from you, the next step is a formal notice to pay."
FINAL = "Without a payment or an answer from you, the next step is a last notice before proceedings."
AGAIN = "Without a payment or an answer from you, we will write to you again."


@tagged("post_install", "-at_install")
class TestNextStep(LetterCommon):
    """What a message says comes next is what the calendar does."""

    def _at(self, preset, delay, due="2026-08-25", day=date(2026, 9, 4), deadline=False, kind=None):
        """Return the notice of the level of ``preset`` that comes ``delay`` days after the due date."""
        calendar = self.env.ref(f"relance_fr.relance_calendar_{preset}")
        level = calendar.level_ids.filtered(lambda level: level.delay == delay)
        return self._notice(
            kind or level.kind, [self._line(self._invoice(1850.0, due)) | {"level_id": level.id}],
            level_id=level.id, date=day, printed_deadline=deadline, lang="en_US",
        )  # fmt: skip

    def _said(self, notice):
        return notice._get_next_step_text(), notice.next_step and notice.next_step["date"]

    def test_presets(self):
        """Due on 25 August, dunned on the day of the level."""
        for preset, delay, day, said in (
            # Codinf: courtesy 1, firm 10, firm 20, formal 35.
            ("codinf", 1, date(2026, 8, 26), (AGAIN, "2026-09-04")),
            ("codinf", 10, date(2026, 9, 4), (AGAIN, "2026-09-14")),
            ("codinf", 20, date(2026, 9, 14), (FORMAL, "2026-09-29")),
            ("codinf", 35, date(2026, 9, 29), ("", False)),
            # Standard: courtesy 7, firm 15, formal 30, final 45.
            ("standard", 15, date(2026, 9, 9), (FORMAL, "2026-09-24")),
            ("standard", 30, date(2026, 9, 24), (FINAL, "2026-10-09")),
            ("standard", 45, date(2026, 10, 9), ("", False)),
        ):
            with self.subTest(preset=preset, delay=delay):
                self.assertEqual(self._said(self._at(preset, delay, day=day)), said)

    def test_sent_late_the_next_step_moves_along(self):
        """The steps keep their distance: ten days from the second to the third reminder, from the day it left."""
        self.assertEqual(self._said(self._at("codinf", 10, day=date(2026, 9, 20))), (AGAIN, "2026-09-30"))

    def test_on_a_working_day(self):
        """30 days after 27 August is Saturday 26 September."""
        notice = self._at("standard", 15, due="2026-08-27", day=date(2026, 9, 11))
        self.assertEqual(self._said(notice), (FORMAL, "2026-09-26"))
        notice.company_id.relance_working_days = True
        notice.invalidate_recordset(["next_step"])
        self.assertEqual(self._said(notice), (FORMAL, "2026-09-28"))
        given = self._at("standard", 15, due="2026-08-27", day=date(2026, 9, 11), deadline=date(2026, 10, 3))
        self.assertEqual(self._said(given), (FORMAL, "2026-10-05"), "A deadline that ends on a Saturday.")

    def test_never_before_the_deadline(self):
        notice = self._at("standard", 30, day=date(2026, 9, 24), deadline=date(2026, 10, 20))
        self.assertEqual(self._said(notice), (FINAL, "2026-10-20"))

    def test_letter_gives_a_day_to_answer(self):
        """Without a deadline of its own: the eve of the next step."""
        text = self._text(self._at("codinf", 10))
        self.assertIn("contact us by September 13, 2026: we are ready", text)
        self.assertNotIn("before then", text)
        self.assertIn(AGAIN, text)
        self.assertNotIn("formal notice", text)
        given = self._text(self._at("codinf", 20, deadline=date(2026, 9, 22)))
        self.assertIn("contact us by September 22, 2026: we are ready", given)
        self.assertIn(FORMAL, given)

    def test_last_level_announces_nothing(self):
        level = self.env.ref("relance_fr.relance_calendar_codinf").level_ids[-1]
        alone = level.calendar_id.copy({"level_ids": [Command.clear()]})
        firm = self.env["relance.level"].create({"calendar_id": alone.id, "name": "R", "delay": 10, "kind": "firm"})
        notice = self._at("codinf", 10)
        notice.sudo().level_id = firm
        notice.sudo().line_ids.level_id = firm
        text = self._text(notice)
        self.assertIn("contact us now: we are ready", text)
        self.assertNotIn("Without a payment", text)

    def test_formal_letter_says_no_further_reminder_only_when_there_is_none(self):
        without, following = self._text(self._at("codinf", 35)), self._text(self._at("standard", 30))
        self.assertIn("start court proceedings without further reminder", without)
        self.assertNotIn("without further reminder", following)
        self.assertIn("Failing payment or agreement, we reserve the right to start court proceedings.", following)
        for text in (without, following):
            self.assertNotIn("that date", text)
        dated = self._text(self._at("standard", 30, deadline=date(2026, 10, 20)))
        self.assertIn("Failing payment or agreement by that date, we reserve", dated)

    def _mail(self, notice):
        template = self.env.ref(f"relance_fr.mail_template_{notice.kind}")
        body = template._generate_template(notice.ids, ("body_html",))[notice.id]["body_html"]
        return _plain(re.sub(r"<[^>]+>", " ", body))

    def test_email_says_the_same(self):
        for delay, said in ((10, AGAIN), (20, FORMAL)):
            notice = self._at("codinf", delay)
            self.assertIn(said, self._mail(notice))
        self.assertNotIn("formal notice", self._mail(self._at("codinf", 10)))

    def test_email_does_not_say_posted_what_is_to_be_posted(self):
        for delay, kind in ((30, "formal"), (45, "final")):
            notice = self._at("standard", delay)
            notice.sudo().channel = "registered"
            text = self._mail(notice)
            self.assertRegex(text, "[Ii]t will also be sent to you by registered letter")
            self.assertNotIn("receive it by", text)
            self.assertNotRegex(text, "that date|same date", kind)
            notice.sudo().channel = "email"
            self.assertNotIn("registered", self._mail(notice))
