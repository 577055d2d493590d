from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..law.mentions import FORMAL_KINDS

# What two persons must agree on when the company says so.


class RelanceEngine(models.AbstractModel):
    """Approval: who made a notice, who agreed, and what becomes of what nobody agreed on."""

    _inherit = "relance.engine"

    @api.model
    def _sign_drafts(self, run, drafts):
        """Write into prepared notices who answers for them."""
        author = self._get_author(run)
        for notice, _lines in drafts:
            notice["author_id"] = author.id

    @api.model
    def _keep_for_two_persons(self, run, drafts):
        """Let the formal ones of prepared notices wait for somebody else, whoever made them, where two must agree."""
        if not run.company_id._get_relance_setting("relance_two_person"):
            return
        for notice, _lines in drafts:
            # What no address can get failed already: there is nothing to approve.
            if notice["kind"] in FORMAL_KINDS and notice["state"] == "draft":
                notice["state"] = "to_approve"

    @api.model
    def _get_author(self, run):
        """Return who answers for the notices of ``run``: the person who confirmed it, OdooBot for the daily job."""
        return run.author_id or self.env.user

    @api.model
    def _approve(self, notices):
        """Let ``notices`` go that wait for a person, on behalf of the user.

        They are sealed now, or stay drafts until the hours or the cap of their company let them.

        :raises UserError: when the two-person rule does not let this user approve one of them
        """
        self._check_approver(notices)
        self._refuse_in_test_mode(notices.company_id)
        for company, batch in notices.grouped("company_id").items():
            self._check_notices_ready(company, batch)
        asked = notices.filtered(lambda notice: notice.state == "to_approve")
        now = fields.Datetime.now()
        self._update_rows(
            "relance.notice", {notice.id: {"approved_by": self.env.uid, "approved_on": now} for notice in asked}
        )
        asked._set_state("draft")
        # What may still be called back is sealed in its turn.
        for company, batch in (notices - self._get_recallable(notices)).grouped("company_id").items():
            if self._get_cap_left(company) is None and self._is_window_open(company):
                self._seal(batch)
            else:
                self._wake_at_next_window(company)

    @api.model
    def _check_approver(self, notices):
        """Raise a UserError unless the user may approve all of ``notices``."""
        formal = notices.filtered(lambda notice: notice.state == "to_approve" and notice._needs_two_persons())
        if not formal:
            return
        if not self.env.user.has_group("relance_fr.group_relance_approver"):
            raise UserError(
                self.env._(
                    "Formal and final notices are approved by a dunning approver: %s. Ask one of them.",
                    self._get_approver_names(formal.company_id),
                )
            )
        own = formal.filtered(lambda notice: notice.author_id == self.env.user)
        if own:
            raise UserError(
                self.env._(
                    "You made %(notices)s: another approver must agree (%(names)s).",
                    notices=", ".join(own[:5].mapped("display_name")),
                    names=self._get_approver_names(own.company_id),
                )
            )

    @api.model
    def _get_approver(self, run):
        """Return whom to ask for approval: the accountant, or another approver when he made the notices himself."""
        accountant, author = self._get_accountant(run.company_id), self._get_author(run)
        if accountant != author or not run.company_id._get_relance_setting("relance_two_person"):
            return accountant
        return self._get_other_approvers(run.company_id, author)[:1] or accountant

    @api.model
    def _get_other_approvers(self, companies, author):
        """Return the approvers of ``companies`` but ``author``."""
        # Colleagues are not readable by everybody in all companies.
        approvers_sudo = self.env.ref("relance_fr.group_relance_approver").sudo().all_user_ids
        return approvers_sudo.filtered(
            lambda user: user.active and not user.share and user != author and companies <= user.company_ids
        ).sorted("id")

    @api.model
    def _get_approver_names(self, companies):
        """Return who else than the user may approve in ``companies``, as a text."""
        others = self._get_other_approvers(companies, self.env.user)
        return ", ".join(others[:5].mapped("name")) or self.env._("nobody yet, see the access rights of your users")

    # === DEADLINE === #

    @api.model
    def _apply_approval_deadline(self, company, today):
        """Send, or let lapse, what nobody approved in time, as ``company`` chose. Called by the daily job.

        :return: the notices whose time had passed
        """
        days = company._get_relance_setting("relance_approval_days")
        if not days:
            return self.env["relance.notice"]
        late = self.env["relance.notice"].search(
            Domain("company_id", "=", company.id)
            & Domain("state", "=", "to_approve")
            & Domain("date", "<", today - timedelta(days=days - 1))
        )
        if late and company._get_relance_setting("relance_approval_expiry") == "send":
            self._let_go(late, days)
        elif late:
            self._let_lapse(company, late, today, days)
        late.run_id._close_requests()
        late.run_id.filtered(lambda run: run.state == "confirmed")._close_if_done()
        return late

    @api.model
    def _let_go(self, notices, days):
        """Make ``notices`` drafts that the sending job seals in their turn, and write down that nobody approved."""
        notices._set_state("draft")
        body = self.env._(
            "Nobody approved within %s days: the notice leaves, as the settings of the company say.", days
        )
        notices._message_log_batch(bodies={notice.id: body for notice in notices})
        for company in notices.company_id:
            self._wake_at_next_window(company)

    @api.model
    def _let_lapse(self, company, notices, today, days):
        """Cancel ``notices`` and tell the accountant; their levels rest before the job drafts them again."""
        self._update_rows("relance.notice", {notice.id: {"lapsed_on": today} for notice in notices})
        notices._set_state("cancelled", self.env._("Nobody approved within %s days.", days), kind="lapsed")
        self._warn_accountant(
            company,
            self.env._("Notices lapsed because nobody approved them in time."),
            # The card of the company is read by people outside accounting: it names no debtor.
            self.env._(
                "Find the %s cancelled notices in the register. They come again after the days between two notices of "
                "their calendar.",
                len(notices),
            ),
        )
