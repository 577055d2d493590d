from decimal import Decimal
from unittest.mock import patch

from odoo import fields
from odoo.fields import Command
from odoo.tests import freeze_time

from .common import RelanceCommon

KIND_DELAYS = {"courtesy": 7, "firm": 15, "formal": 30, "final": 45}


class LedgerCommon(RelanceCommon):
    """The bank, the credit notes and the odd payments of a dunning story, on real reconciliations."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bank = cls.company_data["default_journal_bank"]

    # === BANK === #

    @classmethod
    def _bank_line(cls, day, amount, partner=None, journal=None):
        """Import a line of a bank statement; return its suspense line, to be matched."""
        statement_line = cls.env["account.bank.statement.line"].create(
            {
                "payment_ref": "VIR",
                "journal_id": (journal or cls.bank).id,
                "amount": amount,
                "date": day,
                "partner_id": partner.id if partner else False,
            }
        )
        statement_line = statement_line.with_context(skip_account_move_synchronization=True)
        _liquidity, suspense, _other = statement_line._seek_for_lines()
        return suspense

    @classmethod
    def _bank_pays(cls, invoice, day, amount):
        """Match a line of the bank statement with ``invoice`` itself, no payment having been registered."""
        return cls.pay_with_statement_line(invoice, cls.bank.id, day, amount)

    @classmethod
    def _clear(cls, payment, day, amount=None):
        """Match a registered payment with a line of the bank statement of ``day`` (of its amount by default)."""
        suspense = cls._bank_line(day, amount or payment.amount, payment.partner_id)
        liquidity, _counterpart, _writeoff = payment._seek_for_lines()
        suspense.account_id = liquidity.account_id
        (suspense + liquidity).reconcile()

    def _pay_without_entry(self, invoices, day, amount=None):
        """Register a payment that makes no journal entry, as where the bank is matched with invoices directly."""
        has_accounting = patch.object(
            self.env.registry["account.move"], "_get_invoice_in_payment_state", lambda move: "in_payment"
        )
        method = self.inbound_payment_method_line
        outstanding, method.payment_account_id = method.payment_account_id, False
        with has_accounting:
            payment = self._pay(invoices, day, amount)
            self.env.flush_all()
        method.payment_account_id = outstanding
        self.assertRecordValues(payment, [{"move_id": False, "state": "in_process"}])
        return payment

    # === UNALLOCATED CREDITS === #

    @classmethod
    def _pay_on_account(cls, day, amount, partner=None, currency=None):
        """Register a payment nobody matched with an invoice."""
        return cls.init_payment(amount, post=True, date=day, partner=partner or cls.debtor, currency=currency)

    @classmethod
    def _credit_note(cls, amount, day, partner=None, invoice=None, **vals):
        """Post a credit note; match it with ``invoice`` when there is one."""
        credit_note = cls._create_invoice_one_line(
            move_type="out_refund",
            price_unit=amount,
            product_id=cls.product_a,
            tax_ids=[],
            partner_id=partner or (invoice and invoice.partner_id) or cls.debtor,
            invoice_date=day,
            invoice_date_due=day,
            invoice_payment_term_id=False,
            post=True,
            **vals,
        )
        if invoice:
            (cls._instalments(credit_note) + cls._instalments(invoice)).reconcile()
        return credit_note

    @classmethod
    def _instalments(cls, invoice):
        """Return the receivable lines of an invoice, in the order of their due dates."""
        lines = invoice.line_ids.filtered(lambda line: line.display_type == "payment_term")
        return lines.sorted(lambda line: (line.date_maturity, line.id))

    # === DUNNING === #

    @classmethod
    def _calendar(cls, *levels, **vals):
        """Return a calendar that sends on any day, of ``levels``: kinds, or dicts of values."""
        levels = [level if isinstance(level, dict) else {"kind": level} for level in levels]
        return cls.env["relance.calendar"].create(
            {
                "name": "Story",
                "min_days": 0,
                "skip_holidays": False,
                "send_sat": True,
                "send_sun": True,
                **vals,
                "level_ids": [
                    Command.create(
                        {
                            "name": level["kind"],
                            "delay": KIND_DELAYS.get(level["kind"], -3),
                            # Formal and last notices give a deadline; the shortest one moves no other level.
                            "deadline_days": int(level["kind"] in ("formal", "final")),
                            **level,
                        }
                    )
                    for level in levels
                ],
            }
        )

    @classmethod
    def _send(cls, invoices, day):
        """Dun ``invoices`` by hand on ``day`` (ISO date); return the notices."""
        with freeze_time(day):
            return invoices._relance_send_by_hand()

    def _explain(self, invoice, as_of):
        """Return ``(decision, reason, level, date)`` of an invoice on a day."""
        invoice.invalidate_recordset()
        explanation = invoice.relance_explain(as_of)
        self.assertTrue(explanation["message"])
        return tuple(explanation[key] for key in ("decision", "reason", "level", "date"))

    # === ASSERTIONS === #

    def assert_claim(self, invoice, as_of, principal, penalty, indemnity, segments=None):
        """Assert what is claimed on a day, by the statement and by the fields of the invoice alike.

        :param segments: list of (first day, last day, days, principal, rate, amount)
        """
        invoice.invalidate_recordset()
        statement = invoice.relance_statement(as_of)
        total = round(principal + penalty + indemnity, 2)
        self.assertEqual(
            {name: statement[name] for name in ("principal", "penalty", "indemnity", "total")},
            {"principal": principal, "penalty": penalty, "indemnity": indemnity, "total": total},
        )
        amounts = [Decimal(str(segment["amount"])) for segment in statement["segments"]]
        self.assertEqual(sum(amounts), Decimal(str(statement["penalty"])), "The segments printed add up.")
        self.assertRecordValues(
            invoice.with_context(relance_date=fields.Date.to_string(fields.Date.to_date(as_of))),
            [
                {
                    "relance_penalty_amount": penalty,
                    "relance_indemnity_amount": indemnity,
                    "relance_claim_amount": total,
                    "relance_warning": False,
                }
            ],
        )
        if segments is not None:
            keys = ("date_from", "date_to", "days", "principal", "rate", "amount")
            self.assertEqual([tuple(segment[key] for key in keys) for segment in statement["segments"]], segments)

    def assert_register(self, company=None):
        """Assert that the register of ``company`` is whole."""
        verification = self.env["relance.notice"]._verify_register(company or self.company)
        self.assertTrue(verification["valid"], verification)
