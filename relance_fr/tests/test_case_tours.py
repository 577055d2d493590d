from odoo.tests import tagged

from .test_tours import ToursCommon


@tagged("post_install", "-at_install")
class TestCaseTours(ToursCommon):
    """Two cases from the invoice to their end, in a real browser: a mise en demeure, a dispute."""

    def test_formal_notice(self):
        self._tour(f"/odoo/customer-invoices/{self.invoice.id}", "formal")
        notice = self.invoice.relance_notice_ids
        statement = self.invoice.relance_statement()
        self.assertRecordValues(
            notice,
            [
                {
                    "kind": "formal",
                    "state": "sent",
                    "channel": "registered",
                    "principal_amount": statement["principal"],
                    "penalty_amount": statement["penalty"],
                    "indemnity_amount": 40,
                    "total_amount": statement["total"],
                    "to_post": False,
                }
            ],
        )
        self.assertTrue(notice.seal and notice.attachment_id and notice.posted_date and notice.deadline)

    def test_dispute(self):
        self._tour(f"/odoo/customer-invoices/{self.invoice.id}", "dispute")
        self.assertRecordValues(
            self.invoice.relance_hold_ids,
            [{"reason": "dispute", "category": "price", "resolution": "partly", "accepted_amount": 100}],
        )
        self.assertRecordValues(self.invoice.reversal_move_ids, [{"state": "draft", "move_type": "out_refund"}])
        self.assertEqual(self.invoice.relance_explain()["reason"], "due", "The rest of the invoice is dunned.")
