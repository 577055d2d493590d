from odoo import SUPERUSER_ID
from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import SQL

from ..ledger_common import LedgerCommon

DUE, TODAY = "2026-05-16", "2026-05-26"
# What two messages have apart by nature, and two values of different fields.
OWN = {"id", "message_id", "date", "create_date", "write_date", "mail_message_id"}
VALUES = {"field_id", "old_value_char", "new_value_char"}


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestNoticeState(LedgerCommon):
    """The state of a notice changes through one door: tracked, and told to extensions, whoever changes it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # What else is tracked, as when users work: the tests of core turn it off.
        context = {**cls.env.context, "tracking_disable": False, "mail_notrack": False}
        cls.env = cls.env(context=context)
        cls.field = cls.env["ir.model.fields"]._get("relance.notice", "state")

    def _ready(self, *names):
        """Return sealed notices that have not left yet, one a debtor of these names."""
        invoices = self.env["account.move"].union(
            *(self._invoice(1000, DUE, partner=self._create_debtor(name)) for name in names)
        )
        notices = invoices.with_env(self.env)._relance_send_by_hand(send_now=False)
        self.assertEqual(set(notices.mapped("state")), {"ready"})
        return notices

    def _values(self, notices):
        """Return the tracking values (``mail.tracking.value``) of the state of notices, oldest first."""
        self._save()
        return (
            self.env["mail.tracking.value"]
            .sudo()
            .search(
                [
                    ("field_id", "=", self.field.id),
                    ("mail_message_id.model", "=", "relance.notice"),
                    ("mail_message_id.res_id", "in", notices.ids),
                ]
            )
            .sorted("id")
        )

    def _tracked(self, notices):
        """Return the changes in the chatter of notices, as pairs of labels, oldest first."""
        return [(value.old_value_char, value.new_value_char) for value in self._values(notices)]

    def _save(self):
        """Let the mail thread write what it tracks at the end of a transaction."""
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.flush_all()

    def _row(self, table, id_, without):
        [row] = self.env.execute_query_dict(SQL("SELECT * FROM %s WHERE id = %s", SQL.identifier(table), id_))
        return {name: value for name, value in row.items() if name not in without}

    def _follow(self):
        """Return the list of what the hook of extensions is told: names of the debtors, old, new, states seen."""
        told = []
        original = self.env.registry["relance.notice"]._on_state_changed

        def follow(notices, old, new):
            original(notices, old, new)
            told.append((sorted(notices.partner_id.mapped("name")), old, new, set(notices.mapped("state"))))

        self.patch(self.env.registry["relance.notice"], "_on_state_changed", follow)
        return told

    # === TRACKING === #

    def test_a_job_leaves_the_trace_that_a_button_leaves(self):
        by_button, by_job = self._ready("Alpha", "Beta")
        self._bank_pays(by_job.line_ids.move_id, TODAY, 1000)
        before = self._values(by_button | by_job)
        by_button.action_cancel()
        self.env["relance.run"].with_user(SUPERUSER_ID)._cron_dispatch()
        self.assertEqual(set((by_button | by_job).mapped("state")), {"cancelled"})
        values = self._values(by_button | by_job) - before
        self.assertEqual(
            [(value.old_value_char, value.new_value_char) for value in values], [("Ready", "Cancelled")] * 2
        )
        button, job = values.mail_message_id.sorted("res_id")
        self.assertEqual((button.res_id, job.res_id), (by_button.id, by_job.id))
        self.assertEqual(button.author_id, self.env.user.partner_id)
        self.assertEqual(job.author_id, self.env.ref("base.partner_root"))
        who = {"res_id", "author_id", "create_uid", "write_uid"}
        self.assertEqual(self._row("mail_message", button.id, OWN | who), self._row("mail_message", job.id, OWN | who))
        self.assertFalse(job.notification_ids, "Followers are not told of each step.")

    def test_the_trace_is_that_of_the_mail_thread(self):
        notice = self._ready("Alpha")
        known = self._values(notice)
        notice.action_cancel()
        value = self._values(notice) - known
        notice.tracking_number = "1A 000"
        self._save()
        core = self.env["mail.tracking.value"].sudo().search([("new_value_char", "=", "1A 000")])
        self.assertEqual(core.mail_message_id.res_id, notice.id)
        addresses = {"email_from", "reply_to"}
        self.assertEqual(
            self._row("mail_message", value.mail_message_id.id, OWN | addresses),
            self._row("mail_message", core.mail_message_id.id, OWN | addresses),
        )
        self.assertEqual(
            self._row("mail_tracking_value", value.id, OWN | VALUES),
            self._row("mail_tracking_value", core.id, OWN | VALUES),
        )
        described = notice.fields_get(["state"])["state"]
        expected = self.env["mail.tracking.value"]._create_tracking_values(
            "ready", "cancelled", "state", described, notice
        )
        self.assertEqual({name: self._row("mail_tracking_value", value.id, OWN)[name] for name in VALUES}, expected)
        [shown] = value._tracking_value_format()
        self.assertEqual((shown["oldValue"], shown["newValue"]), ("Ready", "Cancelled"))
        self.assertEqual(shown["fieldInfo"]["changedField"], "State")

    def test_every_step_is_tracked_once(self):
        self.company.relance_automatic = False
        self._invoice(1000, DUE)
        notice = self._run_on(TODAY)
        self.assertEqual(notice.state, "to_approve")
        self.assertFalse(self._tracked(notice), "It was made in its first state.")
        notice.action_approve()
        # Written by a person in the same transaction as the job goes on.
        notice.tracking_number = "1A 000"
        notice.action_dispatch()
        steps = [("To approve", "Draft"), ("Draft", "Ready"), ("Ready", "Sent")]
        self.assertEqual(self._tracked(notice), steps)
        notice._mark_failed("no such user", refused=True)
        self.assertEqual(self._tracked(notice), [*steps, ("Sent", "Failed")])

    def test_labels_in_the_language_of_who_works(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        notice = self._ready("Alpha")
        known = self._values(notice)
        notice.with_context(lang="fr_FR").action_cancel()
        labels = dict(
            notice.with_context(lang="fr_FR")
            ._fields["state"]
            ._description_selection(self.env(context={**self.env.context, "lang": "fr_FR"}))
        )
        value = self._values(notice) - known
        self.assertEqual((value.old_value_char, value.new_value_char), (labels["ready"], labels["cancelled"]))
        self.assertNotEqual(labels["cancelled"], "Cancelled")

    def test_no_client_turns_it_off(self):
        notice = self._ready("Alpha")
        tracked = self._tracked(notice)
        notice.with_context(tracking_disable=True, mail_notrack=True).action_cancel()
        self.assertEqual(self._tracked(notice), [*tracked, ("Ready", "Cancelled")])

    def test_what_is_not_told_stays(self):
        notice = self._ready("Alpha")
        notice.action_dispatch()
        notice._mark_failed("no such user", refused=True)
        notice.action_cancel()
        self.assertRecordValues(
            notice, [{"state": "cancelled", "failure_reason": "no such user", "failure_kind": "address"}]
        )
        self.assertEqual(notice.line_ids.mapped("state"), ["cancelled"])

    # === HOOK === #

    def test_extensions_are_told_once_for_all(self):
        told = self._follow()
        notices = self._ready("Alpha", "Beta", "Gamma", "Delta")
        self.assertEqual(told, [(["Alpha", "Beta", "Delta", "Gamma"], "draft", "ready", {"ready"})])
        told.clear()
        alpha, beta, gamma, delta = notices.sorted(lambda notice: "ABGD".index(notice.partner_id.name[0]))
        delta.action_cancel()
        self._bank_pays(gamma.line_ids.move_id, TODAY, 1000)
        notices.action_dispatch()
        self.assertEqual(
            told,
            [
                (["Delta"], "ready", "cancelled", {"cancelled"}),
                (["Gamma"], "ready", "cancelled", {"cancelled"}),
                (["Alpha", "Beta"], "ready", "sent", {"sent"}),
            ],
        )
        self.assertEqual((alpha | beta).mapped("state"), ["sent", "sent"])

    def test_each_way_is_told_apart(self):
        notices = self._ready("Alpha", "Beta", "Gamma")
        notices[0].action_dispatch()
        notices[1].action_cancel()
        told = self._follow()
        tracked = self._tracked(notices)
        notices.sudo()._set_state("cancelled", "Closed.")
        self.assertCountEqual(
            told,
            [(["Alpha"], "sent", "cancelled", {"cancelled"}), (["Gamma"], "ready", "cancelled", {"cancelled"})],
        )
        self.assertCountEqual(self._tracked(notices), [*tracked, ("Sent", "Cancelled"), ("Ready", "Cancelled")])
        self.assertFalse(notices.line_ids.move_id.relance_level_id, "The progress follows what is no fact any more.")

    def test_what_an_extension_raises_undoes_the_change(self):
        def refuse(notices, old, new):
            raise UserError("Not now.")

        notice = self._ready("Alpha")
        tracked = self._tracked(notice)
        self.patch(self.env.registry["relance.notice"], "_on_state_changed", refuse)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            notice.action_cancel()
        self.env.invalidate_all()
        self.assertEqual(notice.state, "ready")
        self.assertEqual(self._tracked(notice), tracked)

    # === THE DOOR === #

    def test_code_that_writes_the_state_takes_the_door(self):
        notice = self._ready("Alpha")
        tracked, told = self._tracked(notice), self._follow()
        notice.sudo().write({"state": "failed", "failure_reason": "By hand.", "tracking_number": "1A 000"})
        self.assertRecordValues(
            notice, [{"state": "failed", "failure_reason": "By hand.", "tracking_number": "1A 000"}]
        )
        self.assertEqual(notice.line_ids.state, "failed")
        self.assertEqual(told, [(["Alpha"], "ready", "failed", {"failed"})])
        self.assertEqual(self._tracked(notice), [*tracked, ("Ready", "Failed")])
        notice.sudo().state = "cancelled"
        self.assertEqual(self._tracked(notice), [*tracked, ("Ready", "Failed"), ("Failed", "Cancelled")])

    def test_nobody_writes_it(self):
        notice = self._ready("Alpha")
        with self.assertRaises(UserError):
            notice.with_user(self.env.ref("base.user_admin")).write({"state": "cancelled"})
