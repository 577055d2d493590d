from odoo import api, models
from odoo.tools import SQL


class RelanceEngine(models.AbstractModel):
    """Days between two notices: what waited does not leave on the heels of another notice to the same debtor.

    The decision keeps the days apart; but a preview, an approval or a cap may lie between it and the seal. Notices of
    one run (another currency, one per invoice) belong together.
    """

    _inherit = "relance.engine"

    @api.model
    def _put_off_too_close(self, company, drafts):
        """Return ``drafts`` without those that come too soon after another notice: the job takes them another day."""
        close = self._find_too_close(company, drafts, by_job=True)
        if close:
            self._wake_at_next_window(company, tomorrow=True)
        return drafts - close

    @api.model
    def _keep_apart(self, company, notices, by_job):
        """Return those of ``notices``, about to be sealed, that may follow what their debtors got.

        What a job leaves out stays a draft and comes up again another day. What a person asked for is cancelled, so
        that he knows; its level is not consumed.
        """
        close = self._find_too_close(company, notices, by_job)
        if not by_job:
            reason = self.env._("The debtor was written to today already; it comes again.")
            close.with_env(self.env)._set_state("cancelled", reason)
        return notices - close

    @api.model
    def _find_too_close(self, company, notices, by_job):
        """Return those of ``notices`` that would come too soon after a notice of another run to the same debtor.

        Of several runs among ``notices`` themselves the harshest goes first.

        :param by_job: nobody looks: the days of the calendar must have passed, one at least. A person who approved
            or who sends now may come sooner, but not on the same day unless the calendar allows that.
        """
        if not notices:
            return notices
        self.env.flush_all()
        days = SQL("LEAST(calendar.min_days, 1)")
        if by_job:
            # Who confirmed a campaign saw it, although the job seals it once it cannot be called back any more.
            days = SQL(
                """
                CASE WHEN run.origin <> 'cron' THEN LEAST(calendar.min_days, 1)
                     WHEN notice.approved_by IS NULL THEN GREATEST(calendar.min_days, 1) ELSE 1 END
                """
            )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT notice.id
                  FROM relance_notice notice
                  JOIN relance_level level ON level.id = notice.level_id
                  JOIN relance_calendar calendar ON calendar.id = level.calendar_id
             LEFT JOIN relance_run run ON run.id = notice.run_id
                 WHERE notice.id = ANY(%(ids)s) AND %(days)s > 0 AND EXISTS (
                       SELECT FROM relance_notice other
                        WHERE other.partner_id = notice.partner_id AND other.company_id = %(company)s
                          AND other.run_id IS DISTINCT FROM notice.run_id
                          AND (other.state = 'ready'
                               -- one dated in the future by a clock that was wrong holds nothing back
                               OR other.state = 'sent' AND other.date > %(today)s - %(days)s
                                  AND other.date <= %(today)s
                               OR other.id = ANY(%(ids)s)
                                  AND (%(other_rank)s, notice.id) > (%(rank)s, other.id)))
                """,
                ids=notices.ids,
                days=days,
                company=company.id,
                today=self._today(company),
                other_rank=self._sql_level_rank(SQL("other.kind")),
                rank=self._sql_level_rank(SQL("notice.kind")),
            )
        )
        return notices.browse([row[0] for row in rows])
