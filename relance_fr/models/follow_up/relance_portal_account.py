from odoo import fields, models
from odoo.fields import Command, Domain

from ...tools.reading import Purpose, Reading
from ...tools.texts import translated


class RelancePortalAccount(models.AbstractModel):
    """What a debtor owes a company in one currency, as the portal shows it; made for a page, never stored.

    The figures are those a notice of today would claim: the same claims, the part that is disputed left out.
    """

    _name = "relance.portal.account"
    _description = "Account of a Debtor on the Portal"
    _inherit = "relance.letter"

    name = fields.Char(default="/", store=False)
    company_id = fields.Many2one("res.company", store=False)
    currency_id = fields.Many2one("res.currency", store=False)
    partner_id = fields.Many2one("res.partner", store=False)
    contact_id = fields.Many2one("res.partner", store=False)
    user_id = fields.Many2one("res.users", store=False)
    lang = fields.Char(store=False)
    notice_id = fields.Many2one("relance.notice", store=False)
    move_ids = fields.Many2many("account.move", store=False)
    # What is to pay now, which the QR code asks for.
    amount = fields.Monetary(store=False)
    asked_move_ids = fields.Many2many("account.move", store=False)

    # === INVOICES OF THE ACCOUNT === #

    def _open(self, moves, notice=None):
        """Return the account of ``moves``: invoices of one company, debtor and currency, whatever the reader may open.

        :param notice: the one whose link was followed, which names the reference to quote
        """
        # A person who shows it has checked that the invoices, or the notice, are the visitor's.
        moves_sudo = moves.sudo().sorted(lambda move: (move._get_relance_due_date(), move.id))
        first_sudo = moves_sudo[:1]
        notice_sudo = notice.sudo() if notice else self.env["relance.notice"]
        company, debtor = first_sudo.company_id, first_sudo.commercial_partner_id
        debtor_sudo = debtor.with_company(company)
        # A visitor has no rights: the callers check whose page it is.
        return self.sudo().new(
            {
                "name": notice_sudo.name or "/",
                "company_id": company.id,
                "currency_id": first_sudo.currency_id.id,
                "partner_id": debtor.id,
                "contact_id": (notice_sudo.contact_id or debtor).id,
                "user_id": (
                    company._relance_keep_present(notice_sudo.user_id)
                    or company._relance_keep_present(debtor_sudo.relance_user_id)
                ).id,
                "lang": self.env.lang,
                "notice_id": notice_sudo.id,
                "move_ids": moves_sudo.ids,
            }
        )

    def _get_letter_moves(self):
        return self.move_ids._origin

    def _get_payment_moves(self):
        # Quoting what is not due or disputed would have the payment booked on it.
        return self.asked_move_ids._origin or super()._get_payment_moves()

    def _get_letter_amount(self):
        return self.amount

    # === WHAT IS DUE === #

    def _get_rows(self):
        """Return what is open, one dict an instalment, oldest first. Amounts are floats in the currency.

        ``move``, ``due``, ``days_late``, ``principal`` (without the part disputed), ``disputed`` (that part),
        ``penalty``, ``indemnity``, ``total``, ``told`` (the reason why it is not simply asked for, one the
        debtor may know, or False), ``told_label`` (how it is called), ``asked`` (bool: part of what is to pay now).
        """
        self.ensure_one()
        env = self.company_id._relance_in_company().env
        today = self.company_id._relance_today()
        moves = self._get_letter_moves()
        if not moves:
            return []
        self.env.flush_all()
        reading = Reading(self.company_id, today)
        decided = {decision.line_id: decision for decision in env["relance.decision"]._fetch_decisions(reading, moves)}
        claims = env["relance.claim"]._get_claims(reading, list(decided), Purpose.NOTICE).by_line
        charged = self._get_charged_moves()
        rows = [
            self._prepare_row(decision, claims.get(line_id), charged, today) for line_id, decision in decided.items()
        ]
        open_rows = [row for row in rows if row["principal"] + row["disputed"] > 0]
        return sorted(open_rows, key=lambda row: (row["due"], row["line_id"]))

    def _prepare_row(self, decision, claim, charged, today):
        """Return the row of one instalment, see `_get_rows`.

        :param claim: its ``Claim``; None without the legal rate of the semester: the principal alone is shown then
        """
        reason = self.env["relance.decision"]._get_reasons()[decision.reason]
        principal = float(claim.principal if claim else decision.net)
        shown = claim and decision.move_id in charged and reason.asked
        penalty = float(claim.accrual.penalty) if shown else 0.0
        indemnity = float(claim.indemnity) if shown else 0.0
        return {
            "line_id": decision.line_id,
            "move": self._get_letter_moves().browse(decision.move_id),
            "due": decision.due,
            "days_late": max(0, (today - decision.due).days),
            "principal": principal,
            "disputed": float(claim.held) if claim else 0.0,
            "penalty": penalty,
            "indemnity": indemnity,
            "total": principal + penalty + indemnity,
            "told": reason.told and reason.code,
            "told_label": translated(self.env, reason.label),
            "payable": reason.asked,
            "asked": decision.due < today and reason.asked and principal > 0,
        }

    def _get_charged_moves(self):
        """Return the ids of the invoices whose penalties and indemnity the page shows."""
        if self.company_id._get_relance_setting("relance_portal_charges") == "always":
            return set(self._get_letter_moves().ids)
        domain = Domain("move_id", "in", self._get_letter_moves().ids) & Domain("state", "=", "sent")
        domain &= Domain("penalty_amount", ">", 0) | Domain("indemnity_amount", ">", 0)
        return set(self.env["relance.notice.line"].search_fetch(domain, ["move_id"]).move_id.ids)

    def _get_totals(self, rows):
        """Return the sums of what is asked for now: ``principal``, ``penalty``, ``indemnity``, ``total``."""
        names = ("principal", "penalty", "indemnity", "total")
        round_ = self.currency_id.round
        return {name: round_(sum(row[name] for row in rows if row["asked"])) for name in names}

    # === VALUES OF THE PAGE === #

    def _get_page_values(self, links=True):
        """Return what the page of the debtor shows of this account, as a plain dict.

        :param links: whether invoices are opened by their own links, which need no log-in
        """
        self.ensure_one()
        rows = self._get_rows()
        totals = self._get_totals(rows)
        self.amount = totals["total"]
        self.asked_move_ids = [Command.set(list(dict.fromkeys(row["move"].id for row in rows if row["asked"])))]
        online = self.online_payment
        if links or online:
            self._ensure_portal_tokens()
        for row in rows:
            move = row["move"]
            row["url"] = move.get_portal_url() if links else f"/my/invoices/{move.id}"
            row["pdf_url"] = f"{row['url']}{'&' if links else '?'}report_type=pdf&download=true"
            payable = online and row["payable"] and move._has_to_be_paid()
            row["pay_url"] = payable and move.get_portal_url(anchor="portal_pay", query_string="&payment=True")
        return {
            "account": self,
            "rows": rows,
            "late": [row for row in rows if row["days_late"]],
            "upcoming": [row for row in rows if not row["days_late"]],
            "totals": totals,
            "creditor": self._get_letter_creditor(),
            "contact": self._get_letter_contact(),
            "payment": self._get_letter_payment(),
            "qr_code": self._get_letter_qr_code(),
            "answers": self._get_answers(),
            "may_answer": bool(rows) and self.company_id._get_relance_setting("relance_answer_online"),
            "write": self._get_letter_writer(self._get_letter_lang()),
        }

    def _get_answers(self):
        """Return the answers of the debtor about these invoices, newest first."""
        domain = Domain("partner_id", "=", self.partner_id.id) & Domain("company_id", "=", self.company_id.id)
        domain &= Domain("move_ids", "in", self._get_letter_moves().ids)
        return self.env["relance.answer"].search(domain, limit=10)
