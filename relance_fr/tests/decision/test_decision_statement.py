"""The text of the statement that decides, kept as a file: a change of it is seen in review."""

import os
from datetime import date
from pathlib import Path

from odoo.tests import tagged

from ...tools.reading import Reading
from ..common import RelanceCommon

REFERENCE = Path(__file__).parents[1] / "reference"


@tagged("post_install", "-at_install")
class TestDecisionStatement(RelanceCommon):
    def test_statement_of_the_job(self):
        self._check("decision_of_the_job.sql", automatic=True)

    def test_statement_of_a_person(self):
        self._check("decision_of_a_person.sql", automatic=False)

    def test_every_reason_of_the_table_is_tested(self):
        reading = Reading(self.company, date(2026, 3, 2), automatic=True)
        code = self.env["relance.decision"]._query_decision(reading).code
        untested = {reason for reason in self.env["relance.decision"]._get_reasons() if f"THEN '{reason}" not in code}
        # What has no row in the decision, and what is left when nothing stops an instalment.
        self.assertEqual(untested - {"not_posted", "not_invoice", "paid", "due"}, set())

    def _check(self, name, automatic):
        """Compare the statement with its reference; ``RELANCE_REFERENCE=write`` writes it anew."""
        reading = Reading(self.company, date(2026, 3, 2), automatic=automatic)
        query = self.env["relance.decision"]._query_decision(reading)
        lines = [line.strip() for line in query.code.splitlines()]
        text = "\n".join(line for line in lines if line) + "\n"
        path = REFERENCE / name
        if os.environ.get("RELANCE_REFERENCE") == "write":
            path.write_text(text, encoding="utf-8")
        self.assertEqual(
            text,
            path.read_text(encoding="utf-8"),
            "The decision changed: run this test with RELANCE_REFERENCE=write and read the difference.",
        )
