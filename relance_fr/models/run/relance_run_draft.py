from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...law.mentions import FORMAL_KINDS
from ...tools.bulk_sql import AUDIT_COLUMNS, audit_values, insert_rows, reserve_ids, update_rows
from ...tools.channels import BY_PROOF, PAPER, SEVERITY, sql_lettered
from ...tools.due_date import DUE_DATE
from ...tools.reading import Purpose, Reading
from ...tools.roles import sql_present
from ..notice.relance_notice_dispatch import WARNING
from ..notice.relance_notice_draft import MONEY

# A letter is made of the notice to come ``item`` at ``level``.
PAPER_ROW = sql_lettered(SQL("item.channel"), SQL("level.with_letter"))
# More would fill a mailbox and teach nothing.
TRIAL_MAX = 50


class RelanceRun(models.Model):
    """From decisions to notices: what a run decides, the notices it makes of that, and who answers for them.

    In test mode it makes the same notices, e-mails them to the test address and undoes them.
    """

    _inherit = "relance.run"

    # === BUSINESS METHODS - DECISIONS === #

    def _decide(self, by_hand, moves=None):
        """Write the decisions of the run's company and date into its lines, in the place of those it has.

        An instalment that a person left out stays left out.

        :param by_hand: a person asks: the bank may be late; everything overdue is shown.
            The cron only keeps what has come to its date, in the calendars that send on that day.
        :param moves: only these invoices; None for all
        """
        reading = Reading(self.company_id, self.date, automatic=not by_hand, by_hand=by_hand and moves is not None)
        self._write_decisions(reading, moves)

    def _write_decisions(self, reading, moves=None):
        """Write into the run what is decided as ``reading`` says; see ``_decide``."""
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """
                WITH fresh AS MATERIALIZED (%(decided)s),
                known AS MATERIALIZED (SELECT id, line_id FROM relance_run_line WHERE run_id = %(run)s),
                gone AS (
                    DELETE FROM relance_run_line USING known
                     WHERE relance_run_line.id = known.id
                       AND (known.line_id IS NULL OR known.line_id NOT IN (SELECT line_id FROM fresh))
                 RETURNING relance_run_line.id
                ), kept AS (
                    UPDATE relance_run_line item
                       SET move_id = fresh.move_id, partner_id = fresh.partner_id, contact_id = fresh.contact_id,
                           level_id = fresh.level_id, decided_level_id = NULL, channel = fresh.channel,
                           date = fresh.date, date_maturity = fresh.due,
                           days_late = GREATEST(0, %(today)s - fresh.due), currency_id = fresh.currency_id,
                           amount_residual = fresh.net, decision = fresh.decision, reason = fresh.reason,
                           detail = fresh.detail, debtor_id = NULL, notice_id = NULL,
                           selected = fresh.decision = 'send' AND item.left_out IS NOT TRUE,
                           write_uid = %(uid)s, write_date = now() AT TIME ZONE 'UTC'
                      FROM fresh, known
                     WHERE item.id = known.id AND known.line_id = fresh.line_id
                 RETURNING item.id
                ), added AS (
                    INSERT INTO relance_run_line (
                        run_id, company_id, line_id, move_id, partner_id, contact_id, level_id, channel, date,
                        date_maturity, days_late, currency_id, amount_residual, decision, reason, detail, selected,
                        %(audit)s)
                    SELECT %(run)s, %(company)s, line_id, move_id, partner_id, contact_id, level_id, channel, date,
                           due, GREATEST(0, %(today)s - due), currency_id, net, decision, reason, detail,
                           decision = 'send',
                           %(written)s
                      FROM fresh
                     WHERE line_id NOT IN (SELECT line_id FROM known WHERE line_id IS NOT NULL)
                  ORDER BY partner_id, due, line_id
                 RETURNING id
                )
                SELECT (SELECT COUNT(*) FROM gone), (SELECT COUNT(*) FROM kept), (SELECT COUNT(*) FROM added)
                """,
                run=self.id,
                company=self.company_id.id,
                today=self.date,
                uid=self.env.uid,
                audit=AUDIT_COLUMNS,
                written=audit_values(self.env),
                decided=self._query_filtered(self.env["relance.decision"]._query_run(reading, moves)),
            )
        )
        self.env["relance.run.line"].invalidate_model()
        self.invalidate_recordset(["line_ids", "send_count", "stopped_count"])

    def _query_filtered(self, decided):
        """Return the query of what the filters of the run leave of the decisions of query ``decided``.

        The minimum is that of a debtor, in the currency of the company. An override may only filter further.
        """
        conditions = [SQL("TRUE")]
        if self.calendar_ids:
            conditions.append(SQL("calendar_id = ANY(%s)", self.calendar_ids.ids))
        if self.level_ids:
            conditions.append(SQL("level_id = ANY(%s)", self.level_ids.ids))
        query = SQL("SELECT * FROM (%s) decided WHERE %s", decided, SQL(" AND ").join(conditions))
        if not self.minimum_amount:
            return query
        return SQL(
            """
            SELECT * FROM (SELECT *, SUM(net * company_rate) OVER (PARTITION BY partner_id) AS owed FROM (%s) decided)
                decided WHERE owed >= %s
            """,
            query,
            self.minimum_amount,
        )

    # === BUSINESS METHODS - NOTICES FROM DECISIONS === #

    def _draft(self, approved, debtors=None):
        """Make the notices of the selected lines of the run.

        :param approved: a person approves; else levels that are not automatic wait for approval
        :param debtors: only the notices of these rows (``relance.run.debtor``), ticked or not
        :return: the notices (``relance.notice``), ``draft`` or ``to_approve``
        """
        self.env.flush_all()
        items = self.env.execute_query_dict(self._query_selected(debtors))
        return self._draft_items(items, self._get_notice_claims(items).complete(), approved)

    def _draft_items(self, items, claims, approved):
        """Make the notices of ``items`` (rows of ``_query_items``) from their ``claims``; see ``_draft``."""
        automatic = self.company_id._get_relance_setting("relance_automatic")
        drafts = []
        for notice, lines in self._prepare_notices(items, claims):
            notice["state"] = "draft" if approved or (automatic and notice.pop("automatic")) else "to_approve"
            notice.pop("automatic", None)
            drafts.append((notice, lines))
        notices = self._insert_notices(drafts)
        notices._refresh_copies(self.date)
        return notices

    def _get_notice_claims(self, items):
        """Return the ``Claims`` of ``items`` (rows of ``_query_items``) that notices of the run make."""
        line_ids = [item["line_id"] for item in items]
        return self.env["relance.claim"]._get_claims(Reading(self.company_id, self.date), line_ids, Purpose.NOTICE)

    def _prepare_notices(self, items, claims):
        """Yield the values of the notices of ``items`` (rows of ``_query_items``) and those of their lines.

        :param claims: ``{instalment id: Claim}``; what has none is left out
        """
        groups = {}
        self._name_payees(items)
        for item in items:
            claim = claims.get(item["line_id"])
            # Nothing is asked for an instalment of which nothing is due yet under a plan.
            if claim and (claim.principal or not claim.planned):
                groups.setdefault(self._get_group_key(item), []).append(item)
        languages = self.env["relance.letter"]._get_letter_languages()
        for group in groups.values():
            yield self._prepare_notice(group, claims, languages)

    def _query_selected(self, debtors=None):
        """Return the query of the instalments to send.

        :param debtors: those of these rows, as they are or would be if they were ticked; None for all that is ticked
        """
        scope = SQL("item.selected")
        if debtors is not None:
            scope = SQL(
                "item.debtor_id = ANY(%s) AND (item.selected OR choice.selected IS NOT TRUE)", list(debtors.ids)
            )
        return self._query_items(SQL("%s AND item.decision = 'send'", scope))

    def _query_items(self, condition):
        """Return the query of the instalments of the run that meet ``condition``, with what a notice needs of each.

        Level, addressee, invoice, and what a person chose for its row (``choice``).
        """
        return SQL(
            """
            SELECT item.id AS run_line_id, item.line_id, item.move_id, item.partner_id, item.contact_id,
                   item.currency_id, item.amount_residual AS net, item.days_late, item.debtor_id, item.selected,
                   COALESCE(item.channel, CASE WHEN level.channel_registered THEN 'registered'
                                               WHEN level.channel_letter THEN 'letter' ELSE 'email' END) AS channel,
                   choice.personal_note, COALESCE(choice.level_chosen, FALSE) AS level_chosen,
                   COALESCE(choice.channel_chosen, FALSE) AS channel_chosen,
                   level.id AS level_id, level.kind, level.delay, level.automatic, level.channel_email,
                   level.deadline_days, level.charge_penalty, level.charge_indemnity, calendar.grouping,
                   %(due)s AS due, move.name AS invoice_name, move.invoice_date, move.partner_id AS invoice_partner_id,
                   COALESCE(debtor.relance_regime, 'business') AS regime, %(email)s AS email, %(postal)s AS postal,
                   %(may_not_fit)s AS may_not_fit,
                   contact.lang, account.id AS account_id,
                   CASE WHEN %(present)s THEN (debtor.relance_user_id ->> %(company)s::text)::int4 END AS user_id,
                   COALESCE(country.code, 'FR') AS country_code
              FROM relance_run_line item
              JOIN relance_level level ON level.id = item.level_id
              JOIN relance_calendar calendar ON calendar.id = level.calendar_id
         LEFT JOIN relance_run_debtor choice ON choice.id = item.debtor_id
              JOIN account_move_line line ON line.id = item.line_id
              JOIN account_move move ON move.id = item.move_id
              JOIN res_partner debtor ON debtor.id = item.partner_id
              JOIN res_partner contact ON contact.id = item.contact_id
         LEFT JOIN res_partner_bank account ON account.id = move.partner_bank_id AND account.active
         LEFT JOIN res_country country ON country.id = contact.country_id
         LEFT JOIN LATERAL (%(history)s) history ON TRUE
             WHERE item.run_id = %(run)s AND item.notice_id IS NULL AND %(condition)s
               -- somebody else was faster since the preview
               AND NOT EXISTS (
                   SELECT FROM relance_notice_line fact
                    WHERE fact.line_id = item.line_id
                      AND (fact.state IN ('draft', 'to_approve', 'ready')
                           OR fact.state = 'sent' AND fact.level_id = item.level_id)
               )
               -- or went further, by a person's choice
               AND (history.level_id IS NULL OR %(rank)s >= history.rank AND level.delay > history.delay)
          ORDER BY item.partner_id, due, line.id
            """,
            run=self.id,
            condition=condition,
            present=sql_present(
                SQL("(debtor.relance_user_id ->> %s::text)::int4", self.company_id.id), SQL("%s", self.company_id.id)
            ),
            company=self.company_id.id,
            due=DUE_DATE,
            email=self.env["relance.decision"]._sql_email(self.date),
            history=self.env["relance.decision"]._sql_history(),
            rank=self.env["relance.ledger"]._sql_level_rank(SQL("level.kind")),
            postal=self.env["relance.notice"]._sql_postal(),
            may_not_fit=self.env["relance.notice"]._sql_may_not_fit(),
        )

    @api.model
    def _get_group_key(self, item):
        """Return what the instalments of one notice share. An override may only split further."""
        if item["debtor_id"]:
            # The run was previewed: its rows are the notices to make.
            return (item["debtor_id"],)
        by_invoice = item["move_id"] if item["grouping"] == "invoice" else None
        return (item["partner_id"], item["currency_id"], by_invoice, item["payee_id"])

    def _name_payees(self, items):
        """Give ``items`` (rows of ``_query_items``) their ``payee_id``: the account to pay to, where there are several.

        A letter asks to pay to one account: what is due to a factor, or on another account of the company, gets a
        letter of its own. An invoice that names none is paid to the first account of the company in its currency.
        """
        accounts, together = {}, {}
        for item in items:
            item["payee_id"] = None
            together.setdefault((item["partner_id"], item["currency_id"]), []).append(item)
        for (_partner_id, currency_id), group in together.items():
            if len({item["account_id"] for item in group}) < 2:
                continue
            if currency_id not in accounts:
                currency = self.env["res.currency"].browse(currency_id)
                accounts[currency_id] = self.company_id._relance_get_first_account(currency).id
            payees = {item["line_id"]: item["account_id"] or accounts[currency_id] for item in group}
            if len(set(payees.values())) > 1:
                for item in group:
                    item["payee_id"] = payees[item["line_id"]]

    def _prepare_notice(self, items, claims, languages):
        """Return the values of a notice and of its lines from the instalments it groups.

        The notice takes its highest level, which also says what is charged; each line keeps its own.
        """
        highest = self._get_highest(items)
        channels = {item["channel"] for item in items if item["level_id"] == highest["level_id"]}
        channel = min(channels, key=BY_PROOF.index)
        lines = [self._prepare_line(item, claims[item["line_id"]], highest) for item in items]
        return {
            "date": self.date,
            "company_id": self.company_id.id,
            "currency_id": highest["currency_id"],
            "partner_id": highest["partner_id"],
            "contact_id": highest["contact_id"],
            "user_id": highest["user_id"],
            "run_id": self.id,
            "level_id": highest["level_id"],
            "kind": highest["kind"],
            "channel": channel,
            "regime": highest["regime"],
            "lang": self._get_lang(highest, languages),
            "printed_deadline": self.env["relance.notice"]._get_deadline(self.date, highest["deadline_days"]),
            "deadline": self.env["relance.notice"]._get_deadline(self.date, highest["deadline_days"]),
            "email_to": highest["email"],
            # Invoices made out to two addresses: the others get a copy, as `_refresh_copies` finds it due.
            "email_cc": highest["email"] if len({item["invoice_partner_id"] for item in items}) > 1 else None,
            "personal_note": highest["personal_note"],
            "level_chosen": highest["level_chosen"],
            "with_email": self._has_email(highest, channel),
            "postal_to": highest["postal"] if channel in PAPER else None,
            "automatic": all(item["automatic"] for item in items),
            "credit_amount": sum(claims[item["line_id"]].credit_share for item in items),
            **{name: sum(line[name] for line in lines) for name in MONEY},
        }, lines

    @api.model
    def _get_highest(self, items):
        """Return the instalment at the highest level of those a notice groups."""
        return max(items, key=lambda item: (SEVERITY.index(item["kind"]), item["delay"]))

    @api.model
    def _has_email(self, item, channel):
        """Tell whether a notice sent by ``channel`` also leaves by e-mail: as its level says, or a person chose."""
        if channel == "email":
            return True
        return bool(item["channel_email"]) and not (item["channel_chosen"] and channel == "call")

    @api.model
    def _prepare_line(self, item, claim, level):
        """Return the values of the line of one instalment in a notice of ``level``."""
        return {
            "company_id": None,
            "currency_id": claim.currency_id,
            "move_id": claim.move_id,
            "line_id": claim.line_id,
            "level_id": item["level_id"],
            "invoice_name": item["invoice_name"],
            "invoice_date": item["invoice_date"],
            "date_maturity": claim.due,
            "amount_invoiced": claim.amount,
            **self.env["relance.notice"]._prepare_figures(claim, level),
        }

    @api.model
    def _get_lang(self, item, languages):
        """Return the language of a debtor's notice, one of ``languages``."""
        return self.env["relance.letter"]._choose_letter_language(item["lang"], item["country_code"], languages)

    def _insert_notices(self, drafts):
        """Store prepared notices in a constant number of statements. Their lines belong to the run's instalments.

        :param drafts: list of the values of a notice, its state among them, and of its lines; they are completed here
        """
        if not drafts:
            return self.env["relance.notice"]
        self._sign_drafts(drafts)
        self._keep_for_two_persons(drafts)
        ids = reserve_ids(self.env, "relance_notice_id_seq", len(drafts))
        notices, lines = [], []
        for notice_id, (notice, notice_lines) in zip(ids, drafts, strict=True):
            notices.append({"id": notice_id, "name": "/", **notice})
            for line in notice_lines:
                line |= {"company_id": self.company_id.id, "notice_id": notice_id, "state": notice["state"]}
                lines.append(line | {"date": notice["date"]})
        insert_rows(self.env, "relance.notice", notices)
        insert_rows(self.env, "relance.notice.line", lines, then=self._sql_link_run())
        self.env["relance.run.line"].invalidate_model(["notice_id"])
        self.env["relance.run.debtor"].invalidate_model(["notice_id"])
        self.invalidate_recordset(["notice_ids", "notice_count"])
        return self.env["relance.notice"].browse(ids)

    def _sql_link_run(self):
        """Return the statement that gives the decisions of the run the notices just ``added``."""
        return SQL(
            """
            , linked AS (
                UPDATE relance_run_line SET notice_id = added.notice_id FROM added
                 WHERE relance_run_line.run_id = %s AND relance_run_line.line_id = added.line_id
             RETURNING relance_run_line.debtor_id, added.notice_id
            )
            UPDATE relance_run_debtor SET notice_id = linked.notice_id FROM linked
             WHERE relance_run_debtor.id = linked.debtor_id
         RETURNING relance_run_debtor.id
            """,
            self.id,
        )

    def _fail_unreachable(self):
        """Record, once an instalment and level, the notices of the run that no address can get: failed, unnumbered.

        The level is not consumed: it goes out by itself once an address is entered.
        """
        unreachable = SQL("item.reason = 'no_address' AND NOT %s", self.env["relance.notice"]._sql_told(SQL("item")))
        items = self.env.execute_query_dict(self._query_items(unreachable))
        reason = self.env._(
            "No address can be used: neither an email (missing, refused or blacklisted) nor a postal one. "
            "Complete the customer's card: the level then leaves by itself."
        )
        claims = self._get_notice_claims(items).complete()
        drafts = []
        for notice, lines in self._prepare_notices(items, claims):
            notice.pop("automatic")
            drafts.append((notice | {"state": "failed", "failure_kind": "no_address", "failure_reason": reason}, lines))
        notices = self._insert_notices(drafts)
        notices._schedule(WARNING, self.env["relance.notice"]._get_failure_summary("no_address"), note=reason)
        return notices

    # === BUSINESS METHODS - WHO ANSWERS FOR NOTICES === #

    def _sign_drafts(self, drafts):
        """Write into prepared notices who answers for them."""
        author = self._get_author()
        for notice, _lines in drafts:
            notice["author_id"] = author.id

    def _keep_for_two_persons(self, drafts):
        """Let the formal ones of prepared notices wait for somebody else than their author, where two must agree."""
        if not self.company_id._get_relance_setting("relance_two_person"):
            return
        for notice, _lines in drafts:
            # What no address can get failed already: there is nothing to approve.
            if notice["kind"] in FORMAL_KINDS and notice["state"] == "draft":
                notice["state"] = "to_approve"

    def _get_author(self):
        """Return who answers for the notices of the run: the person who confirmed it, OdooBot for the daily job."""
        return self.author_id or self.env.user

    def _get_approver(self):
        """Return whom to ask for approval: the accountant, or another approver when the accountant made the notices."""
        accountant, author = self.company_id._relance_get_accountant(), self._get_author()
        if not self.company_id._get_relance_setting("relance_two_person"):
            return accountant
        # Only an approver can do it, whoever looks after dunning.
        others = self.company_id._relance_get_other_approvers(author)
        return (accountant & others) or others[:1] or accountant

    def _ask_approval(self):
        """Ask a person to look at the notices of the run that wait for approval."""
        waiting = self.notice_ids.filtered(lambda notice: notice.state == "to_approve")
        if waiting:
            self.with_context(mail_activity_quick_update=True).activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("Notices to approve: %s", len(waiting)),
                user_id=self._get_approver().id,
            )

    # === BUSINESS METHODS - WHAT NOTICES WOULD LACK === #

    def _get_run_lacks(self):
        """Return what the notices ticked in the run would lack: list of dicts, see ``readiness`` of ``relance.run``."""
        self.env.flush_all()
        conditions = self.company_id._relance_get_lack_conditions(
            paper=PAPER_ROW,
            mailed=SQL(
                "(item.email_to IS NOT NULL AND (item.channel = 'email' OR level.channel_email"
                " AND NOT (item.channel = 'call' AND COALESCE(item.channel_chosen, FALSE))))"
            ),
            kind=SQL("level.kind"),
            currency=SQL("item.currency_id"),
            named=self.env["res.company"]._relance_sql_named_account(
                SQL("SELECT claimed.move_id FROM relance_run_line claimed WHERE claimed.debtor_id = item.id")
            ),
        )
        texts = self.company_id._relance_get_lack_texts()
        return [
            {"key": key, "title": texts[key][0], "text": texts[key][1], "blocking": True, **counted}
            for key, counted in self._count_concerned(conditions).items()
        ]

    def _count_concerned(self, conditions):
        """Return ``{key: {notices, letters, amounts}}`` of the notices ticked in the run that ``conditions`` concern.

        ``amounts`` is a list of ``[currency id, amount claimed]``. Keys that concern nothing are left out.
        """
        if not conditions:
            return {}
        rows = self.env.execute_query(
            SQL(
                """
                SELECT told.key, item.currency_id, COUNT(*), COUNT(*) FILTER (WHERE %s), SUM(item.total_amount)
                  FROM relance_run_debtor item
                  JOIN relance_level level ON level.id = item.level_id
            CROSS JOIN LATERAL (VALUES %s) told (key, concerned)
                 WHERE item.run_id = %s AND item.active AND item.selected AND told.concerned
              GROUP BY told.key, item.currency_id ORDER BY item.currency_id
                """,
                PAPER_ROW,
                SQL(", ").join(SQL("(%s, %s)", key, condition) for key, condition in conditions.items()),
                self.id,
            )
        )
        counted = {}
        for key in conditions:
            own = [row[1:] for row in rows if row[0] == key]
            if own:
                counted[key] = {
                    "notices": sum(row[1] for row in own),
                    "letters": sum(row[2] for row in own),
                    "amounts": [[row[0], float(row[3])] for row in own],
                }
        return counted

    def _check_run_ready(self):
        """Raise a UserError when notices ticked in the run would lack what makes them valid: how many, how much."""
        lacks = self._get_run_lacks()
        if not lacks:
            return
        lines = [
            self.env._(
                "- %(title)s: %(count)s notices, %(letters)s with a letter, %(amounts)s. %(text)s",
                title=lack["title"],
                count=lack["notices"],
                letters=lack["letters"],
                amounts=self.env["res.company"]._relance_format_amounts(lack["amounts"]),
                text=lack["text"],
            )
            for lack in lacks
        ]
        title = self.env._("%s is not ready to send these notices. Nothing was sent.", self.company_id.name)
        raise UserError("\n".join([title, *lines]))

    # === BUSINESS METHODS - TEST MODE === #

    def _forget_tried(self):
        """Untick the lines of the run whose level was tested already."""
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
                run=self.id,
            )
        )
        self.line_ids.invalidate_recordset(["selected"])
        self.invalidate_recordset(["send_count", "stopped_count"])

    def _send_trial(self):
        """E-mail what the run would send to the test address of its company; the run keeps what was tested.

        :return: no notice (``relance.notice``)
        """
        mails, line_ids, left = self._render_trial()
        address = self.company_id._get_relance_setting("relance_test_email")
        # Mails of a test belong to nobody's conversation; the queue sends them.
        self.env["mail.mail"].sudo().create([mail | {"email_to": address, "reply_to": address} for mail in mails])
        self._keep_tried(line_ids)
        # Where a run stands is no user's to write.
        self.sudo().write({"is_test": True, "state": "done"})
        body = self.env._("Test: %(count)s mails sent to %(email)s.", count=len(mails), email=address)
        if left:
            body += " " + self.env._("%s more notices would leave; they were not sent here.", left)
        self.message_post(body=body)
        # A user who confirms a run need not read the jobs.
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()
        return self.env["relance.notice"]

    def _render_trial(self):
        """Make the notices of the run for good, read what they would send, and undo everything.

        :return: values of the mails (``mail.mail``), ids of the instalments in them, number of notices left out
        """
        with self.env["relance.run.debtor"]._undone():
            notices = self._draft(approved=True)
            tried, left = notices[:TRIAL_MAX], len(notices[TRIAL_MAX:])
            # The place of the register number, for the letters.
            update_rows(
                self.env,
                "relance.notice",
                {notice.id: {"name": f"TEST/{n:05d}"} for n, notice in enumerate(tried, start=1)},
            )
            lettered = tried._filter_lettered()
            # The warning that letters wait reaches nobody: it is undone with the rest.
            broken = lettered._store_letters_or_wait(self.company_id, lambda: None)
            tried._send_emails()
            mails = [notice._prepare_trial_mail(notice in broken) for notice in tried]
            line_ids = tried.line_ids.line_id.ids
        return mails, line_ids, left

    def _keep_tried(self, line_ids):
        """Leave ticked only the lines of the run that were e-mailed: the others are tested another time."""
        self.env.execute_query(
            SQL(
                """
                UPDATE relance_run_line SET selected = FALSE
                 WHERE run_id = %s AND selected AND NOT (line_id = ANY(%s)) RETURNING id
                """,
                self.id,
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
                self.id,
            )
        )
        self.env["relance.run.debtor"].invalidate_model(["selected"])
        self.line_ids.invalidate_recordset(["selected"])
        self.invalidate_recordset(["send_count", "stopped_count"])
