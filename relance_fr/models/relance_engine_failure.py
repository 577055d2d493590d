from odoo import api, models
from odoo.tools import SQL

from ..tools.letter_format import one_line

WARNING = "mail.mail_activity_data_warning"
# What a person must mend; an e-mail that was refused goes by letter of itself.
MENDED_BY_HAND = ("no_address", "technical")


class RelanceEngine(models.AbstractModel):
    """What could not be sent: recorded once, told to the person in charge, never tried again in circles."""

    _inherit = "relance.engine"

    @api.model
    def _fail(self, notices, reason, kind):
        """Let ``notices`` fail: their level is not consumed. What a person must mend gets an activity.

        :param kind: key of ``failure_kind`` of the notice
        """
        if not notices:
            return
        notices._set_state("failed", reason or None, kind=kind)
        if kind in MENDED_BY_HAND:
            self._schedule(notices, WARNING, self._get_failure_summary(kind), note=reason)

    @api.model
    def _get_failure_summary(self, kind):
        if kind == "no_address":
            return self.env._("Complete the address: the notice could not leave")
        return self.env._("The notice could not be sent: see why, then send it again")

    @api.model
    def _fail_technically(self, company, notices, error):
        """Let a notice that cannot be sent fail, so that the job goes on with the others and does not try it again."""
        engine = self._in_company(company)
        locked = notices.with_env(engine.env).try_lock_for_update()
        locked.invalidate_recordset(["state"])
        failed = locked.filtered(lambda notice: notice.state == "ready")
        for level, batch in failed.grouped("level_id").items():
            engine._fail(batch, engine._get_technical_reason(level, error), "technical")
        # Where a run stands is no user's to write.
        failed.run_id.filtered(lambda run: run.state == "confirmed").sudo()._close_if_done()

    @api.model
    def _get_technical_reason(self, level, error):
        """Return what to mend, for people: of a template that cannot be rendered, the fault and not the source."""
        fault = error
        while fault.__cause__:
            fault = fault.__cause__
        if fault is error:
            return self.env._("It could not be made out: %s", str(error))
        return self.env._(
            "The email of %(level)s could not be made out, correct its template: %(fault)s",
            level=level.display_name,
            fault=one_line(str(fault)),
        )

    @api.model
    def _close_failures(self, notices):
        """Close what people were asked to mend about the instalments that ``notices`` have just reached."""
        failed = self.env["relance.notice"].search(
            [
                ("state", "=", "failed"),
                ("failure_kind", "in", MENDED_BY_HAND),
                ("partner_id", "in", notices.partner_id.ids),
                ("line_ids.line_id", "in", notices.line_ids.line_id.ids),
            ]
        )
        if failed:
            failed.activity_feedback([WARNING], feedback=self.env._("Sent since."))

    # === NO ADDRESS === #

    @api.model
    def _sql_told(self, alias):
        """Return whether the last notice of the instalment of ``alias`` failed at this level for want of an address."""
        return SQL(
            """
            COALESCE((SELECT notice.failure_kind = 'no_address' AND fact.level_id = %(alias)s.level_id
                        FROM relance_notice_line fact
                        JOIN relance_notice notice ON notice.id = fact.notice_id
                       WHERE fact.line_id = %(alias)s.line_id
                    ORDER BY notice.id DESC LIMIT 1), FALSE)
            """,
            alias=alias,
        )

    @api.model
    def _fail_unreachable(self, run):
        """Record, once an instalment and level, the notices of ``run`` that no address can get: failed, unnumbered.

        The level is not consumed: it goes out by itself once an address is entered.
        """
        unreachable = SQL("item.reason = 'no_address' AND NOT %s", self._sql_told(SQL("item")))
        items = self.env.execute_query_dict(self._query_items(run, unreachable))
        reason = self.env._(
            "No address can be used: neither an email (missing, refused or blacklisted) nor a postal one. "
            "Complete the customer's card: the level then leaves by itself."
        )
        claims = self._get_notice_claims(run, items).complete()
        drafts = []
        for notice, lines in self._prepare_notices(run, items, claims):
            notice.pop("automatic")
            drafts.append((notice | {"state": "failed", "failure_kind": "no_address", "failure_reason": reason}, lines))
        notices = self._insert_notices(run, drafts)
        self._schedule(notices, WARNING, self._get_failure_summary("no_address"), note=reason)
        return notices
