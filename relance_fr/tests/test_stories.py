from unittest.mock import patch

from odoo.tests import TransactionCase, tagged

from . import story
from .story_common import WAITING
from .story_verbs import VERBS

LEAST = 40
TABLE = """## Title

| day | event | notice | invoice | level | reason | claim | interest |
| --- | --- | --- | --- | --- | --- | --- | --- |
| 2026-05-16 | invoice A 1850 due 05-16 | | A | - | not_due | 1850 | |
| {day} | | | A | - | {reason} | {claim} | {interest} |
"""
GOOD = {"day": "2026-06-30", "reason": "due", "claim": "1850 + 27.71 + 40", "interest": "1850 x 12.15 % x 45"}


@tagged("post_install", "-at_install")
class TestStories(TransactionCase):
    """What the tables as a whole must hold; the stories themselves are played elsewhere."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.subjects = story.read_all()
        cls.stories = [each for stories in cls.subjects.values() for each in stories]
        cls.rows = [row for each in cls.stories for row in each.rows]

    def test_enough_of_them(self):
        self.assertGreaterEqual(len(self.stories), LEAST)

    def test_every_reason_is_expected_somewhere(self):
        known = set(self.env["relance.run.line"]._fields["reason"].get_values(self.env))
        expected = {row.reason.partition(" ")[0] for row in self.rows if row.reason}
        # An invoice that owes nothing is in no run; explained, it says so. Stories tell of invoices alone.
        self.assertEqual(expected, known - {"not_invoice"} | {"not_posted", "paid"})
        self.assertLess(WAITING, known)

    def test_every_regime_owes_something_somewhere(self):
        owing = set()
        for each in self.stories:
            told = {event for row in each.rows for event in row.events}
            regimes = {event.removeprefix("debtor is ") for event in told if event.startswith("debtor is ")}
            if any(row.claim and row.claim[1] for row in each.rows):
                owing |= regimes or {"business"}
        self.assertLessEqual({"business", "public", "consumer"}, owing)

    def test_every_state_of_a_notice_is_expected_somewhere(self):
        told = " ".join(notice for row in self.rows for notice in row.notices)
        for words in ("draft", "to approve", "sent", "failed", "cancelled", "preventive", "courtesy", "firm", "formal"):
            self.assertIn(words, told)

    def test_every_file_is_played(self):
        for subject, stories in self.subjects.items():
            module = __import__(f"{__package__}.test_stories_{subject}", fromlist=["tests"])
            [played] = [cls for name, cls in vars(module).items() if name == f"TestStories{subject.title()}"]
            self.assertLessEqual({each.name for each in stories}, set(vars(played)))

    def test_every_verb_is_used(self):
        events = [event for row in self.rows for event in row.events]
        for pattern, method in VERBS:
            self.assertTrue(any(map(pattern.fullmatch, events)), method)

    # === A TABLE THAT IS NOT RIGHT === #

    def _read(self, **vals):
        with patch.object(story.Path, "read_text", return_value=TABLE.format(**{**GOOD, **vals})):
            return story.read_stories("any")

    def test_a_good_table(self):
        [read] = self._read()
        self.assertEqual((read.name, len(read.days), len(read.rows)), ("test_title", 2, 2))

    def test_a_table_that_does_not_add_up_is_refused(self):
        for vals, words in (
            ({"claim": "1850 + 27.72 + 40"}, "does not make 27.72"),
            ({"interest": ""}, "no interest does not make 27.71"),
            ({"interest": "1850 x 12.15 % x 44"}, "does not make"),
            ({"interest": "1850 at 12.15 %"}, "is no interest"),
            ({"claim": "1 850"}, "is no claim"),
            ({"claim": ""}, "a reason and a claim"),
            ({"reason": ""}, "a reason and a claim"),
            ({"day": "30/06/2026"}, "Invalid isoformat"),
            ({"day": "2026-05-15"}, "days go forward"),
            ({"reason": "due | "}, "cells instead of 8"),
        ):
            with self.subTest(**vals), self.assertRaisesRegex(story.StoryError, words):
                self._read(**vals)

    def test_interest_is_rounded_half_up(self):
        # 73 x 10 % x 1 / 365 = 0.02; 182.5 x 10 % x 1 / 365 = 0.05; 18.25 x 10 % x 1 / 365 = 0.005
        for principal, amount in (("73", "0.02"), ("182.5", "0.05"), ("18.25", "0.01")):
            term = (story.Decimal(principal), story.Decimal(10), 1, 365)
            self.assertEqual(story.interest(term), story.Decimal(amount))
