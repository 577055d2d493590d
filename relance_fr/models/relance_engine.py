from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import SQL

# More notices than that are made by the sending job: nobody waits for hundreds of letters in front of a screen.
SEALED_AT_ONCE = 20


class RelanceEngine(models.AbstractModel):
    """Decide, draft, seal, dispatch: what the cron, the run and the invoice button call.

    Data flows one way: open instalments, a decision for each (``_decide``), one
    notice per debtor (``_draft``), a number and a seal (``_seal``), then the
    channels (``_dispatch``). The phases live in ``relance_engine_*.py``; an
    extension overrides the small methods they are made of.
    """

    _name = "relance.engine"
    _description = "Dunning Engine"

    @api.model
    def _today(self, company):
        """Return the day it is for ``company`` (its address's time zone, France by default)."""
        # Anybody may know what day it is there; the card of the company may be out of his sight.
        return fields.Date.context_today(self.with_context(tz=company.partner_id.sudo().tz or "Europe/Paris"))

    @api.model
    def _in_company(self, company):
        """Return the engine in ``company``; what jobs write for people is in the language of its accountant."""
        engine = self.with_company(company)
        if self.env.uid != SUPERUSER_ID:
            return engine
        # Jobs act for every company.
        return engine.with_context(lang=self._get_accountant(company).lang or company.partner_id.sudo().lang)

    # === CALLERS === #

    @api.model
    def _preview(self, run):
        """Replace the decisions of a draft ``run`` by fresh ones, and show the notices they would make.

        What a person chose is kept where it is still possible. Nothing is sent and no notice is made.

        :return: what changed since the run was computed before, None when nothing did or it never was
        """
        self._lock_run(run)
        known = self._read_debtors(run)
        moves = run.move_ids if run.origin == "selection" else None
        self._decide(run, by_hand=run.origin != "cron", moves=moves)
        lost = self._group_debtors(run, known)
        return self._note_changes(run, known, lost, moves)

    @api.model
    def _lock_run(self, run):
        """Let who computes, confirms or calls back ``run`` wait for who does so now; the server then tries again."""
        self.env.flush_all()
        self.env.execute_query(SQL("SELECT id FROM relance_run WHERE id = %s FOR NO KEY UPDATE", run.id))

    @api.model
    def _confirm(self, run):
        """Make the notices of the selected lines of ``run`` and put them in the register.

        Called by a person: who confirms approves, so every notice is sealed, at once or by the sending job. Only what
        the two-person rule keeps waits for somebody else. While the run may be called back, they stay drafts: without
        number, letter nor e-mail. In test mode they are e-mailed to the test address, and none is made.

        :return: the notices (``relance.notice``), none in test mode
        """
        if run.company_id._get_relance_setting("relance_test_email"):
            return self._send_trial(run)
        notices = self._draft(run, approved=True)
        # Where a run stands is no user's to write.
        run.sudo().write({"state": "confirmed", "leaves_at": self._get_leaving_time(run, notices)})
        drafts = notices.filtered(lambda notice: notice.state == "draft")
        if run.leaves_at:
            self._wake_at(run.leaves_at)
        elif self._seals_at_once(run, drafts):
            self._seal(drafts)
        else:
            self._wake_at_next_window(run.company_id)
        self._ask_approval(run)
        # Where a run stands is no user's to write.
        run.sudo()._close_if_done()
        return notices

    @api.model
    def _seals_at_once(self, run, notices):
        """Tell whether who confirms ``run`` waits for ``notices`` to be sealed; else the sending job does it.

        Sealed at once is only what no hours and no cap hold back; a person who sends one notice sends it now. One of a
        campaign is sent by the job: outside the hours it would wait sealed, over Easter until it is stale.
        """
        company = run.company_id
        by_job = run.origin == "cron"
        if len(notices) == 1 and not by_job:
            return run.origin == "selection" or self._is_window_open(company)
        if self._get_cap_left(company) is not None or not self._is_window_open(company):
            return False
        return by_job or len(notices) <= SEALED_AT_ONCE

    @api.model
    def _send_by_hand(self, moves, send_now=True):
        """Dun ``moves`` at once, as a person asked on the invoices.

        :return: the notices made (``relance.notice``), sent when ``send_now``
        """
        notices = self.env["relance.notice"]
        for run in self.env["relance.run"]._create_for_moves(moves):
            self._preview(run)
            notices |= self._confirm(run)
            # Who calls this sends now: there is no screen to call it back from.
            run.sudo().leaves_at = False
        self._seal(notices.filtered(lambda notice: notice.state == "draft"))
        if send_now:
            self._dispatch(notices.filtered(lambda notice: notice.state == "ready"))
        return notices
