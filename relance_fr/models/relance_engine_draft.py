from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL

from ..tools.channels import BY_PROOF, PAPER, SEVERITY
from ..tools.due_date import DUE_DATE
from ..tools.reading import Purpose, Reading

MONEY = ("principal_amount", "penalty_amount", "indemnity_amount", "total_amount")
# Severity of the channels of a notice whose instalments could leave by different ones.


class RelanceEngine(models.AbstractModel):
    """Draft: one notice per debtor, company and currency from the decisions to send; figures frozen in its lines."""

    _inherit = "relance.engine"

    @api.model
    def _draft(self, run, approved, debtors=None):
        """Make the notices of the selected lines of ``run``.

        :param approved: a person approves; else levels that are not automatic wait for approval
        :param debtors: only the notices of these rows (``relance.run.debtor``), ticked or not
        :return: the notices (``relance.notice``), ``draft`` or ``to_approve``
        """
        self.env.flush_all()
        items = self.env.execute_query_dict(self._query_selected(run, debtors))
        return self._draft_items(run, items, self._get_notice_claims(run, items).complete(), approved)

    @api.model
    def _draft_items(self, run, items, claims, approved):
        """Make the notices of ``items`` (rows of ``_query_items``) from their ``claims``; see ``_draft``."""
        automatic = run.company_id._get_relance_setting("relance_automatic")
        drafts = []
        for notice, lines in self._prepare_notices(run, items, claims):
            notice["state"] = "draft" if approved or (automatic and notice.pop("automatic")) else "to_approve"
            notice.pop("automatic", None)
            drafts.append((notice, lines))
        notices = self._insert_notices(run, drafts)
        self._refresh_copies(notices, run.date)
        return notices

    @api.model
    def _get_notice_claims(self, run, items):
        """Return the ``Claims`` of ``items`` (rows of ``_query_items``) that notices of ``run`` make."""
        line_ids = [item["line_id"] for item in items]
        return self._get_claims(Reading(run.company_id, run.date), line_ids, Purpose.NOTICE)

    @api.model
    def _prepare_notices(self, run, items, claims):
        """Yield the values of the notices of ``items`` (rows of ``_query_items``) and those of their lines.

        :param claims: ``{instalment id: Claim}``; what has none is left out
        """
        groups = {}
        for item in items:
            if item["line_id"] in claims:
                groups.setdefault(self._get_group_key(item), []).append(item)
        languages = self.env["relance.letter"]._get_letter_languages()
        for group in groups.values():
            yield self._prepare_notice(run, group, claims, languages)

    @api.model
    def _query_selected(self, run, debtors=None):
        """Return the query of the instalments to send.

        :param debtors: those of these rows, as they are or would be if they were ticked; None for all that is ticked
        """
        scope = SQL("item.selected")
        if debtors is not None:
            scope = SQL(
                "item.debtor_id = ANY(%s) AND (item.selected OR choice.selected IS NOT TRUE)", list(debtors.ids)
            )
        return self._query_items(run, SQL("%s AND item.decision = 'send'", scope))

    @api.model
    def _query_items(self, run, condition):
        """Return the query of the instalments of ``run`` that meet ``condition``, with what a notice needs of each.

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
                   %(due)s AS due, move.name AS invoice_name, move.invoice_date,
                   COALESCE(debtor.relance_regime, 'business') AS regime, %(email)s AS email, %(postal)s AS postal,
                   contact.lang,
                   (debtor.relance_user_id ->> %(company)s::text)::int4 AS user_id,
                   COALESCE(country.code, 'FR') AS country_code
              FROM relance_run_line item
              JOIN relance_level level ON level.id = item.level_id
              JOIN relance_calendar calendar ON calendar.id = level.calendar_id
         LEFT JOIN relance_run_debtor choice ON choice.id = item.debtor_id
              JOIN account_move_line line ON line.id = item.line_id
              JOIN account_move move ON move.id = item.move_id
              JOIN res_partner debtor ON debtor.id = item.partner_id
              JOIN res_partner contact ON contact.id = item.contact_id
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
            run=run.id,
            condition=condition,
            company=run.company_id.id,
            due=DUE_DATE,
            email=self._sql_email(run.date),
            history=self._sql_history(),
            rank=self._sql_level_rank(SQL("level.kind")),
            postal=self._sql_postal(),
        )

    @api.model
    def _get_group_key(self, item):
        """Return what the instalments of one notice share. An override may only split further."""
        if item["debtor_id"]:
            # The run was previewed: its rows are the notices to make.
            return (item["debtor_id"],)
        by_invoice = item["move_id"] if item["grouping"] == "invoice" else None
        return (item["partner_id"], item["currency_id"], by_invoice)

    # === PREPARATION === #

    @api.model
    def _prepare_notice(self, run, items, claims, languages):
        """Return the values of a notice and of its lines from the instalments it groups.

        The notice takes its highest level, which also says what is charged; each line keeps its own.
        """
        highest = self._get_highest(items)
        channels = {item["channel"] for item in items if item["level_id"] == highest["level_id"]}
        channel = min(channels, key=BY_PROOF.index)
        lines = [self._prepare_line(item, claims[item["line_id"]], highest) for item in items]
        return {
            "date": run.date,
            "company_id": run.company_id.id,
            "currency_id": highest["currency_id"],
            "partner_id": highest["partner_id"],
            "contact_id": highest["contact_id"],
            "user_id": highest["user_id"],
            "run_id": run.id,
            "level_id": highest["level_id"],
            "kind": highest["kind"],
            "channel": channel,
            "regime": highest["regime"],
            "lang": self._get_lang(highest, languages),
            "printed_deadline": self._get_deadline(run.date, highest["deadline_days"]),
            "deadline": self._get_deadline(run.date, highest["deadline_days"]),
            "email_to": highest["email"],
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
            **self._prepare_figures(claim, level),
        }

    @api.model
    def _prepare_figures(self, claim, level):
        """Return the frozen figures of one instalment, charged as ``level`` (record or dict) says."""
        penalty = claim.accrual.penalty if level["charge_penalty"] else Decimal(0)
        indemnity = claim.indemnity if level["charge_indemnity"] else Decimal(0)
        return {
            "days_late": claim.days_late,
            "amount_paid": claim.amount - claim.principal - claim.held,
            "disputed_amount": claim.held,
            "principal_amount": claim.principal,
            "penalty_amount": penalty,
            "indemnity_amount": indemnity,
            "total_amount": claim.principal + penalty + indemnity,
            "segments": [segment.to_json() for segment in claim.accrual.segments] if level["charge_penalty"] else [],
        }

    @api.model
    def _get_lang(self, item, languages):
        """Return the language of a debtor's notice, one of ``languages``."""
        return self.env["relance.letter"]._choose_letter_language(item["lang"], item["country_code"], languages)

    # === STORAGE === #

    @api.model
    def _insert_notices(self, run, drafts):
        """Store prepared notices in a constant number of statements. Their lines belong to ``run``'s instalments.

        :param drafts: list of the values of a notice, its state among them, and of its lines; they are completed here
        """
        if not drafts:
            return self.env["relance.notice"]
        self._sign_drafts(run, drafts)
        self._keep_for_two_persons(run, drafts)
        ids = self._reserve_ids("relance_notice_id_seq", len(drafts))
        notices, lines = [], []
        for notice_id, (notice, notice_lines) in zip(ids, drafts, strict=True):
            notices.append({"id": notice_id, "name": "/", **notice})
            for line in notice_lines:
                line |= {"company_id": run.company_id.id, "notice_id": notice_id, "state": notice["state"]}
                lines.append(line | {"date": notice["date"]})
        self._insert_rows("relance.notice", notices)
        self._insert_rows("relance.notice.line", lines, then=self._sql_link_run(run))
        self.env["relance.run.line"].invalidate_model(["notice_id"])
        self.env["relance.run.debtor"].invalidate_model(["notice_id"])
        run.invalidate_recordset(["notice_ids", "notice_count"])
        return self.env["relance.notice"].browse(ids)

    @api.model
    def _sql_link_run(self, run):
        """Return the statement that gives the decisions of ``run`` the notices just ``added``."""
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
            run.id,
        )
