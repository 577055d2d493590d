from markupsafe import Markup
from odoo import api, models
from odoo.tools import format_date

from .relance_notice import OPEN_STATES


class RelanceHold(models.Model):
    """What the judgment stops at once: the notices on their way, the promises and plans of earlier debts.

    Payment of an earlier debt is forbidden (C. com. L622-7): a word given about it binds nobody any more, and is not
    counted as broken.
    """

    _inherit = "relance.hold"

    @api.model_create_multi
    def create(self, vals_list):
        holds = super().create(vals_list)
        holds.filtered(lambda hold: hold.reason == "insolvency")._stop_recovery()
        return holds

    def write(self, vals):
        result = super().write(vals)
        if {"date_from", "partner_id", "reason", "earlier_move_ids"} & set(vals):
            self.filtered(lambda hold: hold.reason == "insolvency" and not hold.insolvency_outcome)._stop_recovery()
        return result

    def unlink(self):
        self._reopen_commitments()
        return super().unlink()

    def _get_open_notices(self):
        """Return the notices not sent yet that claim a debt of before the judgment."""
        self.ensure_one()
        # What stops is decided by the law, not by what the reader may open.
        notices_sudo = self.env["relance.notice"].sudo().search(self._get_notice_domain(OPEN_STATES))
        return notices_sudo.filtered(lambda notice: self._concerns(notice.line_ids.move_id)).sudo(False)

    def _get_unposted_letters(self):
        """Return the letters printed and not posted yet that claim a debt of before the judgment."""
        self.ensure_one()
        notices_sudo = (
            self.env["relance.notice"].sudo().search([*self._get_notice_domain(("sent",)), ("to_post", "=", True)])
        )
        return notices_sudo.filtered(lambda notice: self._concerns(notice.line_ids.move_id)).sudo(False)

    def _get_notice_domain(self, states):
        return [
            ("company_id", "=", self.company_id.id),
            ("partner_id", "=", self.partner_id.id),
            ("state", "in", states),
        ]

    def _get_open_commitments(self):
        """Return the promises and plans not over yet that cover a debt of before the judgment.

        Those broken since the judgment only are among them: it forbade to pay before anybody here knew of it.
        """
        self.ensure_one()
        commitments_sudo = (
            self.env["relance.commitment"]
            .sudo()
            .search(
                [
                    ("company_id", "=", self.company_id.id),
                    ("partner_id", "=", self.partner_id.id),
                    ("cancelled", "=", False),
                ]
            )
        )
        return commitments_sudo.filtered(
            lambda commitment: self._was_open(commitment) and self._concerns(commitment.move_ids)
        ).sudo(False)

    def _was_open(self, commitment):
        """Tell whether a word was neither kept nor broken on the day of the judgment."""
        if commitment.state == "broken":
            return commitment.broken_since > self.date_from
        return commitment.state == "open"

    def _reopen_commitments(self):
        """Give back the promises and plans these proceedings closed: they never were."""
        # Who takes the proceedings back need not handle the promises.
        self.env["relance.commitment"].sudo().search([("insolvency_id", "in", self.ids)])._go_on()

    def _concerns(self, moves):
        """Tell whether one of the invoices ``moves`` is a debt of before the judgment."""
        return bool(moves.filtered_domain(self._get_earlier_domain()))

    def _stop_recovery(self):
        """Cancel, with their reason, what was on its way to the debtor about earlier debts; say so on the hold."""
        for hold in self:
            day = format_date(self.env, hold.date_from)
            reason = self.env._("Insolvency proceedings opened on %s.", day)
            notices, commitments = hold._get_open_notices(), hold._get_open_commitments()
            letters = hold._get_unposted_letters()
            engine = self.env["relance.engine"]
            moves = notices.sudo().line_ids.move_id
            notices._set_state("cancelled", reason)
            engine._refresh_progress(moves)
            notices.sudo().run_id._close_requests()
            # Who enters the proceedings need not handle the promises.
            commitments_sudo = commitments.sudo()
            commitments_sudo._close_for(hold)
            for commitment_sudo in commitments_sudo:
                commitment_sudo._message_log(body=Markup("%s %s") % (reason, hold._get_html_link()))
                commitment_sudo.activity_feedback(
                    ["mail.mail_activity_data_todo", "mail.mail_activity_data_warning"], feedback=reason
                )
            hold._log_what_stopped(notices, commitments, letters)

    def _log_what_stopped(self, notices, commitments, letters):
        self.ensure_one()
        parts = [
            (self.env._("Notices cancelled"), notices),
            (self.env._("Promises and plans closed"), commitments),
            (self.env._("Letters printed, not posted yet: do not post them"), letters),
        ]
        rows = Markup().join(
            Markup("<li>%s: %s</li>") % (label, Markup(", ").join(record._get_html_link() for record in records.sudo()))
            for label, records in parts
            if records
        )
        if rows:
            self._message_log(body=Markup("<ul>%s</ul>") % rows)
