from markupsafe import Markup, escape
from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import SQL

# More would fill a mailbox and teach nothing.
TRIAL_MAX = 50


class RelanceEngine(models.AbstractModel):
    """Test mode: what would be sent, made by the very code that sends, undone, and e-mailed to one address.

    While it is on, nothing enters the register and nothing leaves for a debtor, whoever asks.
    """

    _inherit = "relance.engine"

    # === NOTHING ELSE LEAVES === #

    @api.model
    def _refuse_in_test_mode(self, companies):
        """Raise a UserError when one of ``companies`` is in test mode."""
        testing = companies.filtered(lambda company: company._get_relance_setting("relance_test_email"))
        if testing:
            raise UserError(
                self.env._(
                    "%(company)s is in test mode: nothing is sent to customers and nothing enters the register. Run a "
                    "campaign to get what would leave at %(email)s, or empty the test address in the settings.",
                    # A campaign may be of a company the user does not choose now.
                    company=testing[0].sudo().name,
                    email=testing[0]._get_relance_setting("relance_test_email"),
                )
            )

    # === THE DAILY JOB === #

    @api.model
    def _escalate_trial(self, company, today):
        """Test what the daily job would send today in ``company``, each level of an instalment once.

        :return: the run (``relance.run``) that remembers it, empty when there is nothing new
        """
        if "due" not in self._get_reasons_today(company, today):
            return self.env["relance.run"]
        run = self.env["relance.run"]._create_automatic(company, today)
        # What a run is, is no user's to write.
        run.sudo().is_test = True
        self._decide(run, by_hand=False)
        self._forget_tried(run)
        if not run.line_ids.filtered("selected"):
            run.unlink()
            return self.env["relance.run"]
        self._send_trial(run)
        return run

    @api.model
    def _forget_tried(self, run):
        """Untick the lines of ``run`` whose level was tested already."""
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """
                UPDATE relance_run_line line SET selected = FALSE
                 WHERE line.run_id = %(run)s AND line.selected AND EXISTS (
                       SELECT FROM relance_run_line tried
                         JOIN relance_run test ON test.id = tried.run_id AND test.is_test
                        WHERE tried.line_id = line.line_id AND tried.level_id = line.level_id
                          AND tried.selected AND tried.run_id <> %(run)s)
             RETURNING line.id
                """,
                run=run.id,
            )
        )
        run.line_ids.invalidate_recordset(["selected"])
        run.invalidate_recordset(["send_count", "stopped_count"])

    # === SENDING TO ONESELF === #

    @api.model
    def _send_trial(self, run):
        """E-mail what ``run`` would send to the test address of its company; the run keeps what was tested.

        :return: no notice (``relance.notice``)
        """
        mails, line_ids, left = self._render_trial(run)
        address = run.company_id._get_relance_setting("relance_test_email")
        # Mails of a test belong to nobody's conversation; the queue sends them.
        self.env["mail.mail"].sudo().create([mail | {"email_to": address, "reply_to": address} for mail in mails])
        self._keep_tried(run, line_ids)
        # Where a run stands is no user's to write.
        run.sudo().write({"is_test": True, "state": "done"})
        body = self.env._("Test: %(count)s mails sent to %(email)s.", count=len(mails), email=address)
        if left:
            body += " " + self.env._("%s more notices would leave; they were not sent here.", left)
        run.message_post(body=body)
        # Whoever confirms a run need not read the jobs.
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()
        return self.env["relance.notice"]

    @api.model
    def _render_trial(self, run):
        """Make the notices of ``run`` for good, read what they would send, and undo everything.

        :return: values of the mails (``mail.mail``), ids of the instalments in them, number of notices left out
        """
        with self._undone():
            notices = self._draft(run, approved=True)
            tried, left = notices[:TRIAL_MAX], len(notices[TRIAL_MAX:])
            # The place of the register number, for the letters.
            self._update_rows(
                "relance.notice", {notice.id: {"name": f"TEST/{n:05d}"} for n, notice in enumerate(tried, start=1)}
            )
            lettered = tried._filter_lettered()
            # Whoever is told that letters wait is told nothing: it is undone with the rest.
            broken = self._store_letters_or_wait(run.company_id, lettered, lambda: None)
            self._send_emails(tried)
            mails = [self._prepare_trial_mail(notice, notice in broken) for notice in tried]
            line_ids = tried.line_ids.line_id.ids
        return mails, line_ids, left

    @api.model
    def _prepare_trial_mail(self, notice, broken):
        """Return the values of the mail that shows what ``notice`` would send.

        :param broken: its letter could not be made
        """
        # Templates, mails and letters of the notice, whoever tests.
        mail_sudo, letter_sudo = notice.sudo().mail_id, notice.sudo().attachment_id
        channels = dict(notice._fields["channel"]._description_selection(self.env))
        addressee = notice.email_to if mail_sudo else notice.contact_id.display_name
        subject = mail_sudo.subject or f"{notice.level_id.name}, {channels[notice.channel]}"
        intro = self.env._(
            "Test: this is what %(debtor)s would get (%(channel)s, %(addressee)s). Nothing was sent and nothing "
            "entered the register.",
            debtor=notice.partner_id.display_name,
            channel=channels[notice.channel],
            addressee=addressee,
        )
        if broken:
            intro += " " + self.env._("Its letter could not be made: check the level, the logo and the signature.")
        files = mail_sudo.attachment_ids | letter_sudo
        return {
            "subject": f"[TEST] {addressee}: {subject}",
            "body_html": Markup("<p><em>%s</em></p>%s") % (escape(intro), Markup(mail_sudo.body_html or "")),
            "email_from": mail_sudo.email_from or notice.company_id.email_formatted or self.env.user.email_formatted,
            "attachment_ids": [
                Command.create({"name": file.name, "raw": file.raw, "mimetype": file.mimetype}) for file in files
            ],
        }

    @api.model
    def _keep_tried(self, run, line_ids):
        """Leave ticked only the lines of ``run`` that were e-mailed: the others are tested another time."""
        self.env.execute_query(
            SQL(
                """
                UPDATE relance_run_line SET selected = FALSE
                 WHERE run_id = %s AND selected AND NOT (line_id = ANY(%s)) RETURNING id
                """,
                run.id,
                line_ids,
            )
        )
        self.env.execute_query(
            SQL(
                """
                UPDATE relance_run_debtor row SET selected = FALSE
                 WHERE run_id = %s AND selected AND NOT EXISTS (
                       SELECT FROM relance_run_line WHERE debtor_id = row.id AND selected)
             RETURNING id
                """,
                run.id,
            )
        )
        self.env["relance.run.debtor"].invalidate_model(["selected"])
        run.line_ids.invalidate_recordset(["selected"])
        run.invalidate_recordset(["send_count", "stopped_count"])
