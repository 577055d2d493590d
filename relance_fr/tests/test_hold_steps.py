import hashlib
import sys
from contextlib import ExitStack
from typing import NamedTuple
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import freeze_time, new_test_user, tagged

from .insolvency_common import InsolvencyCommon
from .letter_common import LetterCommon


class Step(NamedTuple):
    """A step of ``create`` or ``write``: its method, what it does, and the test that fails when its call is missing."""

    name: str
    purpose: str
    test: str


CREATE_BEFORE = (
    Step("_check_creates_no_outcome", "refuse what only buttons enter", "TestHold.test_outcome_is_not_written_by_hand"),
    Step(
        "_check_creates_no_proceedings",
        "refuse proceedings past their dialog",
        "TestHold.test_no_second_door_to_proceedings",
    ),
    Step(
        "_without_outcome_defaults",
        "take no outcome from the context",
        "TestHold.test_outcome_is_not_written_by_hand",
    ),
)
CREATE_AFTER = (
    Step(
        "_freeze_declaration_or_say_why",
        "compute the claim",
        "TestHoldInsolvency.test_claim_of_the_day_of_the_judgment",
    ),
    Step(
        "_plan_declaration",
        "plan the task to declare it",
        "TestHoldInsolvency.test_the_task_follows_the_publication",
    ),
    Step("_stop_recovery", "stop what was under way", "TestInsolvencyDialog.test_notices_on_their_way"),
    Step("_plan_vat_recovery", "plan the task for the VAT", "TestHoldSteps.test_opened_as_a_liquidation"),
)
WRITE_BEFORE = (
    Step("_check_reason_stays", "refuse another reason", "TestHold.test_the_reason_stays"),
    Step("_check_outcome_fields", "refuse what only buttons enter", "TestHold.test_outcome_is_not_written_by_hand"),
    Step("_check_debtor_stays", "refuse another debtor", "TestHold.test_proceedings_stay_those_of_their_debtor"),
    Step(
        "_check_declared_claim_stays",
        "refuse another claim once declared",
        "TestHold.test_proceedings_stay_those_of_their_debtor",
    ),
    Step("_check_judgment_day", "refuse a judgment to come", "TestHold.test_proceedings_stay_those_of_their_debtor"),
    Step("_check_company_stays", "refuse another company", "TestHold.test_outcome_is_not_written_by_hand"),
    Step("_check_stays_declared", "refuse to undo a declaration", "TestHold.test_declared_claim_is_kept"),
    Step(
        "_check_ends_on_a_day",
        "refuse a day on which proceedings end",
        "TestInsolvencySteps.test_it_does_not_just_end",
    ),
    Step(
        "_print_claim_to_declare",
        "make the statement nobody printed",
        "TestInsolvencyLetter.test_declared_without_printing_it_is_made_then",
    ),
    Step("_announce_end_again", "announce an end that moved", "TestHoldPart.test_end_is_announced_once"),
)
WRITE_AFTER = (
    Step(
        "_freeze_declaration_again",
        "compute the claim of other debts",
        "TestInsolvencyClaim.test_paid_late_before_is_declared_on_request",
    ),
    Step(
        "_keep_hash_of_claim",
        "keep the hash of what was declared",
        "TestInsolvencyLetter.test_attached_and_made_anew_until_declared",
    ),
    Step(
        "_print_claim_again",
        "make the statement anew",
        "TestInsolvencyLetter.test_attached_and_made_anew_until_declared",
    ),
    Step(
        "_plan_declaration_again",
        "move the task to the new deadline",
        "TestHoldInsolvency.test_the_task_follows_the_publication",
    ),
    Step(
        "_close_tasks_of_declaration",
        "close the task of what was declared",
        "TestHoldInsolvency.test_the_task_follows_the_publication",
    ),
    Step(
        "_stop_recovery_again",
        "stop what concerns other debts",
        "TestHoldSteps.test_delivered_before_stops_what_is_sent",
    ),
)


@tagged("post_install", "-at_install")
@freeze_time("2026-06-15")
class TestHoldSteps(LetterCommon, InsolvencyCommon):
    """The steps of ``create`` and ``write``: their order, and those that no other test needs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = new_test_user(
            cls.env, "steps_clerk", groups="account.group_account_invoice", company_id=cls.company.id,
            company_ids=cls.company.ids,
        )  # fmt: skip

    # === THEIR ORDER === #

    def _record(self, steps, is_done, function):
        """Call ``function`` with ``steps`` that do nothing; return which are called, and ``is_done()`` at that time."""
        calls = []

        def recorder(name):
            def step(records, *args):
                calls.append((name, is_done()))
                # Those that return something return what they were given.
                return args[0] if args else records

            return step

        with ExitStack() as stack:
            for step in steps:
                stack.enter_context(patch.object(self.env.registry["relance.hold"], step.name, recorder(step.name)))
            function()
        return calls

    def test_order_of_create(self):
        holds = self.env["relance.hold"].with_user(self.clerk)
        vals = {"partner_id": self.debtor.id, "note": "Created"}
        calls = self._record(
            CREATE_BEFORE + CREATE_AFTER,
            lambda: bool(holds.search_count([("note", "=", "Created")])),
            lambda: holds.create(vals),
        )
        before, after = [(step.name, False) for step in CREATE_BEFORE], [(step.name, True) for step in CREATE_AFTER]
        self.assertEqual(calls, before + after)

    def test_order_of_write(self):
        hold = self.env["relance.hold"].with_user(self.clerk).create({"partner_id": self.debtor.id})
        calls = self._record(
            WRITE_BEFORE + WRITE_AFTER,
            lambda: hold.note == "Written",
            lambda: hold.write({"note": "Written", "date_to": "2026-06-30"}),
        )
        before, after = [(step.name, False) for step in WRITE_BEFORE], [(step.name, True) for step in WRITE_AFTER]
        self.assertEqual(calls, before + after)

    def test_each_step_has_its_test(self):
        classes = {}
        for name, module in list(sys.modules.items()):
            if name.startswith("odoo.addons.relance_fr.tests."):
                classes |= {key: value for key, value in vars(module).items() if isinstance(value, type)}
        for step in CREATE_BEFORE + CREATE_AFTER + WRITE_BEFORE + WRITE_AFTER:
            class_name, _, test = step.test.partition(".")
            with self.subTest(step=step.name):
                self.assertTrue(hasattr(classes.get(class_name), test), f"{step.test} is gone: name another test")

    # === WHAT NO OTHER TEST NEEDS === #

    def test_opened_as_a_liquidation(self):
        self._create_invoice_one_line(
            price_unit=1000, product_id=self.product_a, tax_ids=self.tax_sale_a.ids, partner_id=self.debtor,
            invoice_date="2026-05-01", invoice_date_due="2026-05-31", invoice_payment_term_id=False, post=True,
        )  # fmt: skip
        for kind, count in (("receivership", 0), ("liquidation", 1)):
            hold = self._open(insolvency_kind=kind)
            with self.subTest(kind=kind):
                self.assertEqual(len(hold.activity_ids.filtered(lambda task: "VAT" in task.summary)), count)
            hold.sudo().unlink()

    def test_declared_with_what_was_just_entered(self):
        self._invoice(1850, "2026-05-16")
        hold = self._open(publication_date="2026-06-14")
        hold.write({"claim_note": "Tribunal saisi : TAE de Lyon", "declared_on": "2026-06-15"})
        content = hold.claim_attachment_id.raw
        self.assertIn("TAE de Lyon", content.decode())
        self.assertEqual(
            (str(hold.declared_on), hold.claim_sha256), ("2026-06-15", hashlib.sha256(content).hexdigest())
        )
        self.assertFalse(hold.activity_ids)

    def test_delivered_before_stops_what_is_sent(self):
        later = self._invoice(300, "2026-06-14", invoice_date="2026-06-12")
        notice = self._notice("firm", [self._line(later)])
        notice._set_state("draft")
        hold = self._open()
        self.assertEqual(notice.state, "draft")
        hold.earlier_move_ids = later
        self.assertEqual(notice.state, "cancelled")

    def test_letters_not_posted_are_told_once(self):
        notice = self._notice("formal", [self._line(self._invoice(1850, "2026-05-16"))], channel="letter")
        notice._set_state("sent")

        def told(hold):
            return sum("do not post them" in body for body in hold.message_ids.mapped("body"))

        hold = self._open(date_from="2026-06-09")
        self.assertEqual((notice.to_post, told(hold)), (True, 1))
        hold.write({"date_from": "2026-06-10", "declared_on": "2026-06-15"})
        self.assertEqual((told(hold), bool(hold.declared_on)), (2, True), "Once more, for the other day.")

    def test_ending_a_hold_closes_its_tasks(self):
        hold = self.env["relance.hold"].create({"partner_id": self.debtor.id, "date_from": "2026-06-01"})
        for task in ("todo", "warning"):
            hold.activity_schedule(f"mail.mail_activity_data_{task}", summary=task)
        hold.action_end()
        self.assertFalse(hold.activity_ids)

    def test_not_even_code_ends_proceedings_on_a_day(self):
        hold = self._open()
        with self.assertRaisesRegex(UserError, "Next Step"):
            hold.sudo().action_end()
