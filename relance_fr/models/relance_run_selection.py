from odoo import api, fields, models


class RelanceRun(models.Model):
    """Runs that the engine opens itself: for chosen invoices, one for each company, or for the daily job."""

    _inherit = "relance.run"

    @api.model
    def _create_for_moves(self, moves):
        """Return new draft runs for the invoices ``moves``, one for each of their companies, not previewed yet."""
        engine = self.env["relance.engine"]
        self.check_access("create")
        # Where a run comes from is no user's to write.
        runs_sudo = self.sudo().create(
            [
                {
                    "company_id": company.id,
                    "date": engine._today(company),
                    "origin": "selection",
                    "move_ids": [fields.Command.set(company_moves.ids)],
                }
                for company, company_moves in moves.grouped("company_id").items()
            ]
        )
        return runs_sudo.sudo(self.env.su)

    @api.model
    def _create_automatic(self, company, day):
        """Return the new run of the daily job for ``company`` on ``day``."""
        self.check_access("create")
        # Where a run comes from is no user's to write.
        run_sudo = self.sudo().create({"company_id": company.id, "date": day, "origin": "cron"})
        return run_sudo.sudo(self.env.su)

    @api.autovacuum
    def _gc_selections(self):
        """Delete the runs opened from invoices that nobody confirmed, a day later."""
        yesterday = fields.Datetime.subtract(fields.Datetime.now(), days=1)
        self.search(
            [("origin", "=", "selection"), ("state", "=", "draft"), ("create_date", "<", yesterday)]
        ).filtered(lambda run: not run.notice_ids).unlink()
