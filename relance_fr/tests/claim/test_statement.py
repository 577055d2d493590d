from odoo.exceptions import UserError
from odoo.tests import Form, freeze_time, tagged

from ..ledger_common import LedgerCommon

DUE, AS_OF = "2026-05-16", "2026-06-30"


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30")
class TestStatement(LedgerCommon):
    """What the law makes of an unpaid invoice, through the ORM. ECB 2.15, legal 2.62 in 2026 S1; 2.40, 2.75 in S2."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.terms_model = cls.env["relance.terms"]

    @classmethod
    def _terms(cls, **vals):
        return cls.terms_model.create(
            {"name": "CGV", "company_id": cls.company.id, "date_from": "2022-01-01", "basis": "fixed", **vals}
        )

    # === WORKED EXAMPLES === #

    def test_default_of_the_law(self):
        invoice = self._invoice(1850, DUE)
        self.assertEqual(self._statement(invoice, AS_OF), (1850, 27.71, 40, 1917.71))
        # 1 850 x 12.15 % x 45 / 365 = 27.712...
        self.assert_claim(invoice, AS_OF, 1850, 27.71, 40, [("2026-05-17", "2026-06-30", 45, 1850, 12.15, 27.71)])
        statement = invoice.relance_statement(AS_OF)
        self.assertEqual(
            {name: statement[name] for name in ("as_of", "currency", "regime", "basis")},
            {"as_of": AS_OF, "currency": "EUR", "regime": "business", "basis": "ecb"},
        )
        self.assertEqual([segment["line_id"] for segment in statement["segments"]], self._instalments(invoice).ids)

    def test_nothing_is_due_on_the_due_date(self):
        invoice = self._invoice(1850, DUE)
        self.assert_claim(invoice, "2026-04-16", 1850, 0, 0, [])
        self.assert_claim(invoice, "2026-05-15", 1850, 0, 0, [])
        self.assert_claim(invoice, "2026-05-16", 1850, 0, 0, [])
        # 1 850 x 12.15 % / 365 = 0.615...
        self.assert_claim(invoice, "2026-05-17", 1850, 0.62, 40, [("2026-05-17", "2026-05-17", 1, 1850, 12.15, 0.62)])

    def test_day_by_default_is_today(self):
        invoice = self._invoice(1850, DUE)
        self.assertEqual(invoice.relance_statement(), invoice.relance_statement(AS_OF))
        self.assertRecordValues(
            invoice,
            [
                {
                    "relance_days_late": 45,
                    "relance_penalty_amount": 27.71,
                    "relance_indemnity_amount": 40,
                    "relance_claim_amount": 1917.71,
                }
            ],
        )
        # 23:30 on 29 June in UTC is 01:30 on the 30th in Paris: the day is the creditor's.
        with freeze_time("2026-06-29 23:30:00"):
            self.assertEqual(invoice.relance_statement()["as_of"], "2026-06-30")

    def test_clause_of_the_terms(self):
        terms = self._terms(rate=15)
        invoice = self._invoice(1850, DUE)
        self.assertEqual(invoice.relance_terms_id, terms)
        self.assert_claim(invoice, AS_OF, 1850, 34.21, 40)
        self.assertEqual(invoice.relance_statement(AS_OF)["basis"], "fixed")

    def test_clause_under_the_floor_is_raised_to_it(self):
        self._terms(rate=9)
        # A clause that was written when the floor was lower, as the database may hold.
        self.terms_model.search([]).flush_recordset()
        self.env.cr.execute("UPDATE relance_terms SET rate = 5 WHERE company_id = %s", [self.company.id])
        self.env.invalidate_all()
        invoice = self._invoice(1850, DUE)
        self.assert_claim(invoice, AS_OF, 1850, 17.93, 40, [("2026-05-17", AS_OF, 45, 1850, 7.86, 17.93)])
        self.assertTrue(invoice.relance_statement(AS_OF)["segments"][0]["floored"])

    def test_clause_overtaken_by_the_floor(self):
        self._terms(rate=9)
        invoice = self._invoice(1000, "2023-06-20")
        # Floor 3 x 2.06 = 6.18 in 2023 S1, 3 x 4.22 = 12.66 in S2.
        segments = [
            ("2023-06-21", "2023-06-30", 10, 1000, 9, 2.47),
            ("2023-07-01", "2023-07-10", 10, 1000, 12.66, 3.47),
        ]
        self.assert_claim(invoice, "2023-07-10", 1000, 5.94, 40, segments)

    def test_default_is_never_raised_to_the_floor(self):
        # ECB 4.25 + 10 = 14.25 in 2024 S2, when three times the legal rate was 14.76.
        self.assert_claim(
            self._invoice(1000, "2024-07-31"), "2024-08-30", 1000, 11.71, 40,
            [("2024-08-01", "2024-08-30", 30, 1000, 14.25, 11.71)],
        )  # fmt: skip

    def test_cut_at_the_semester(self):
        segments = [
            ("2026-05-17", "2026-06-30", 45, 1850, 12.15, 27.71),
            ("2026-07-01", "2026-07-31", 31, 1850, 12.4, 19.48),
        ]
        self.assert_claim(self._invoice(1850, DUE), "2026-07-31", 1850, 47.19, 40, segments)

    # === REGIMES === #

    def test_public_body(self):
        self._terms(rate=15)
        town = self._create_debtor("Commune", relance_regime="public")
        invoice = self._invoice(1850, DUE, partner=town)
        # The rate of the semester in which interest starts runs on, whatever the ECB does on 1 July.
        segments = [
            ("2026-05-17", "2026-06-30", 45, 1850, 10.15, 23.15),
            # 76 days at one rate are one segment, rounded once: 1 850 x 10.15 % x 76 / 365 = 39.098.
            ("2026-05-17", "2026-07-31", 76, 1850, 10.15, 39.10),
        ]
        self.assert_claim(invoice, AS_OF, 1850, 23.15, 40, segments[:1])
        self.assert_claim(invoice, "2026-07-31", 1850, 39.1, 40, segments[1:])

    def test_waived_indemnity_is_the_business_alone(self):
        self._terms(rate=15, indemnity=0, indemnity_waiver="Agreed")
        town = self._create_debtor("Commune", relance_regime="public")
        self.assert_claim(self._invoice(1850, DUE, partner=town), AS_OF, 1850, 23.15, 40)
        self.assert_claim(self._invoice(1850, DUE), AS_OF, 1850, 34.21, 0)

    def test_older_terms_never_claim_more_than_the_law(self):
        terms = self._terms(rate=15)
        self.env.cr.execute("UPDATE relance_terms SET indemnity = 60 WHERE id = %s", [terms.id])
        terms.invalidate_recordset()
        self.assert_claim(self._invoice(1850, DUE), AS_OF, 1850, 34.21, 40)

    def _notify(self, invoice, sent, **proof):
        """Send the formal notice of an invoice on a day; enter the proof of its delivery."""
        invoice.partner_id.relance_calendar_id = self._calendar(
            {"kind": "formal", "delay": 1, "channel_registered": True}
        )
        notice = self._send(invoice, sent)
        self.assertRecordValues(notice, [{"kind": "formal", "state": "sent", "channel": "registered"}])
        with freeze_time(AS_OF):
            notice.write(proof)
        return notice

    def test_consumer_without_formal_notice(self):
        invoice = self._invoice(1850, DUE, partner=self._create_debtor("Martin", relance_regime="consumer"))
        self.assert_claim(invoice, AS_OF, 1850, 0, 0, [])
        self.assertEqual(invoice.relance_statement(AS_OF)["basis"], "legal")

    def test_consumer_from_the_presentation_of_the_formal_notice(self):
        self._terms(rate=15)
        invoice = self._invoice(1850, DUE, partner=self._create_debtor("Martin", relance_regime="consumer"))
        notice = self._notify(invoice, "2026-05-28", posted_date="2026-05-29", presented_date="2026-05-31")
        self.assertRecordValues(notice, [{"principal_amount": 1850, "penalty_amount": 0, "indemnity_amount": 0}])
        segments = [
            ("2026-06-01", "2026-06-30", 30, 1850, 2.62, 3.98),
            ("2026-07-01", "2026-07-31", 31, 1850, 2.75, 4.32),
        ]
        self.assert_claim(invoice, AS_OF, 1850, 3.98, 0, segments[:1])
        self.assert_claim(invoice, "2026-07-31", 1850, 8.30, 0, segments)
        self.assert_claim(invoice, "2026-05-31", 1850, 0, 0, [])

    def test_consumer_owes_nothing_until_the_presentation_is_known(self):
        invoice = self._invoice(1850, DUE, partner=self._create_debtor("Martin", relance_regime="consumer"))
        notice = self._notify(invoice, "2026-05-28")
        self.assert_claim(invoice, AS_OF, 1850, 0, 0, [])  # nobody posted it
        with freeze_time(AS_OF):
            notice.posted_date = "2026-05-29"
        self.assert_claim(invoice, AS_OF, 1850, 0, 0, [])  # posted, but nobody knows when it was presented
        with freeze_time(AS_OF):
            notice.presented_date = "2026-06-02"
        # 1 850 x 2.62 % x 28 / 365 = 3.718...
        self.assert_claim(invoice, AS_OF, 1850, 3.72, 0, [("2026-06-03", AS_OF, 28, 1850, 2.62, 3.72)])

    def test_consumer_from_the_return_of_a_letter_not_collected(self):
        invoice = self._invoice(1850, DUE, partner=self._create_debtor("Martin", relance_regime="consumer"))
        proof = {"posted_date": "2026-05-29", "returned_date": "2026-06-16", "return_reason": "unclaimed"}
        self._notify(invoice, "2026-05-28", **proof)
        # Presented by then at the latest: 1 850 x 2.62 % x 14 / 365 = 1.859...
        self.assert_claim(invoice, AS_OF, 1850, 1.86, 0, [("2026-06-17", AS_OF, 14, 1850, 2.62, 1.86)])

    def test_consumer_from_the_proof_that_a_plain_letter_arrived(self):
        debtor = self._create_debtor("Martin", relance_regime="consumer", email=False)
        debtor.relance_calendar_id = self._calendar({"kind": "formal", "delay": 1, "channel_letter": True})
        invoice = self._invoice(1850, DUE, partner=debtor)
        notice = self._send(invoice, "2026-05-28")
        self.assertEqual(notice.channel, "letter")
        self.assert_claim(invoice, AS_OF, 1850, 0, 0, [])
        with freeze_time(AS_OF):
            notice.posted_date = "2026-05-29"
        self.assert_claim(invoice, AS_OF, 1850, 0, 0, [])
        with freeze_time(AS_OF):
            notice.received_date = "2026-05-30"
        # 1 850 x 2.62 % x 31 / 365 = 4.116...
        self.assert_claim(invoice, AS_OF, 1850, 4.12, 0, [("2026-05-31", AS_OF, 31, 1850, 2.62, 4.12)])

    def test_consumer_owes_nothing_from_an_email_without_proof(self):
        debtor = self._create_debtor("Martin", relance_regime="consumer")
        debtor.relance_calendar_id = self._calendar({"kind": "formal", "delay": 1})
        invoice = self._invoice(1850, DUE, partner=debtor)
        notice = self._send(invoice, "2026-05-28")
        self.assertEqual((notice.channel, notice.state), ("email", "sent"))
        self.assert_claim(invoice, AS_OF, 1850, 0, 0, [])
        with freeze_time(AS_OF):
            notice.received_date = "2026-05-31"
        # 1 850 x 2.62 % x 30 / 365 = 3.983...
        self.assert_claim(invoice, AS_OF, 1850, 3.98, 0, [("2026-06-01", AS_OF, 30, 1850, 2.62, 3.98)])

    # === CLAUSES === #

    def test_days_of_the_year(self):
        self._terms(rate=18.25, day_base="actual")
        # 11 days of 2023 at 5.00; 1 January is the 24 hours of 31 December: 5.00, then 9 days at 1 825 / 366 = 44.877.
        segments = [("2023-12-21", "2024-01-10", 21, 10000, 18.25, 104.88)]
        invoice = self._invoice(10000, "2023-12-20")
        self.assert_claim(invoice, "2024-01-10", 10000, 104.88, 40, segments)
        self.assertEqual(invoice.relance_statement("2024-01-10")["day_base"], "actual")

    def test_interest_first(self):
        self._terms(basis="ecb", rate=0, imputation="interest")
        invoice = self._invoice(1850, DUE)
        self._bank_pays(invoice, "2026-06-10", 850)
        # 850 pays 15.40 of interest, then 834.60: 1 015.40 x 12.15 % x 20 / 365 = 6.760...
        segments = [
            ("2026-05-17", "2026-06-10", 25, 1850, 12.15, 15.4),
            ("2026-06-11", "2026-06-30", 20, 1015.4, 12.15, 6.76),
        ]
        self.assert_claim(invoice, AS_OF, 1000, 22.16, 40, segments)

    def test_later_versions_leave_old_invoices_alone(self):
        old = self._terms(rate=15)
        invoice = self._invoice(1850, DUE)
        new = self._terms(rate=12, date_from="2026-01-01")
        self.assertEqual(invoice.relance_terms_id, old)
        self.assert_claim(invoice, AS_OF, 1850, 34.21, 40)
        self.assertEqual(self._invoice(1850, DUE).relance_terms_id, new)
        self.assertEqual(self._invoice(1850, DUE, invoice_date="2025-12-31").relance_terms_id, old)

    # === BAD INPUT === #

    def test_missing_rate_names_the_semester(self):
        self.env["relance.rate"].search([("date_from", ">", "2026-07-01")]).unlink()
        missing, known = self._invoice(1850, "2026-12-20"), self._invoice(1850, DUE)
        town = self._create_debtor("Commune", relance_regime="public")
        public = self._invoice(1000, "2026-12-20", partner=town)
        with self.assertRaisesRegex(UserError, "2027 S1"):
            missing.relance_statement("2027-01-05")
        # The rate of a public body is that of the first semester: 1 000 x 10.40 % x 16 / 365.
        self.assert_claim(public, "2027-01-05", 1000, 4.56, 40)
        self.assert_claim(known, AS_OF, 1850, 27.71, 40)
        # The screen opens and says why, and what it says of one invoice does not hide the others.
        screen = (missing | known | public).with_context(relance_date="2027-01-05")
        screen.invalidate_recordset()
        self.assertRecordValues(
            screen,
            [
                {"relance_penalty_amount": 0, "relance_indemnity_amount": 0, "relance_claim_amount": 0},
                {"relance_penalty_amount": 0, "relance_indemnity_amount": 0, "relance_claim_amount": 0},
                {"relance_penalty_amount": 4.56, "relance_indemnity_amount": 40, "relance_claim_amount": 1044.56},
            ],
        )
        self.assertRegex(screen[0].relance_warning, "2027 S1")
        self.assertFalse(screen[2].relance_warning)

    def test_form_opens_without_the_rate(self):
        self.env["relance.rate"].search([("date_from", ">", "2026-07-01")]).unlink()
        invoice = self._invoice(1850, "2026-12-20")
        with freeze_time("2027-01-05"):
            self.assertIn("2027 S1", invoice.relance_warning)
            self.assertEqual(Form(invoice).relance_state, "late")

    def test_a_day_that_is_none(self):
        with self.assertRaises(UserError):
            self._invoice(1850, DUE).relance_statement("31/06/2026")

    def test_other_documents_owe_nothing(self):
        draft = self._invoice(1850, DUE)
        draft.button_draft()
        credit_note = self._credit_note(100, DUE)
        bill = self._create_invoice_one_line(move_type="in_invoice", price_unit=100, invoice_date=DUE, post=True)
        for document in (draft, credit_note, bill):
            with self.subTest(document=document.move_type):
                self.assertEqual(self._statement(document, AS_OF), (0, 0, 0, 0))
                self.assertEqual(document.relance_state, "none")
