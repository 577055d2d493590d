from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL, email_split, format_amount
from odoo.tools.mail import is_html_empty

from ..law.mentions import FORMAL_KINDS
from ..tools.channels import sql_lettered
from ..tools.letter_format import registration

# Overseas territories whose companies have a number of their own instead of a SIREN.
OWN_REGISTRIES = ("NC", "PF", "WF")
# What a sealed notice still needs in order to leave; the rest is in its letter already.
TO_DISPATCH = ("email",)
# A letter is made of the notice to come ``item`` at ``level``.
PAPER_ROW = sql_lettered(SQL("item.channel"), SQL("level.with_letter"))


class RelanceEngine(models.AbstractModel):
    """Is the company ready? What its letters and e-mails must say of it, and what they would leave out.

    A thing lacking is a key: ``siren``, ``mentions``, ``address`` (letters), ``signatory`` (formal and final notices),
    ``iban`` (whatever asks for a transfer) or ``email`` (e-mails). It stops the notices it concerns, whoever sends
    them, and no other: what people see, what the jobs wait for and what the seal refuses are these very conditions.
    """

    _inherit = "relance.engine"

    # === THE COMPANY === #

    @api.model
    def _get_lacking(self, company):
        """Return the keys of what the notices of ``company`` would lack, in the order they are told.

        ``iban`` stands for a company without any account.
        """
        # Whoever sends need not read the settings, the users nor the card of the company.
        company_sudo, partner_sudo = company.sudo(), company.partner_id.sudo()
        french = self.env["relance.letter"]._is_french(partner_sudo)
        signatory_sudo = company._get_relance_setting("relance_signatory_id").sudo()
        present = {
            "siren": not french or self._has_registration(company_sudo, partner_sudo),
            "mentions": not french or not is_html_empty(company_sudo.report_footer),
            "address": partner_sudo.street and partner_sudo.zip and partner_sudo.city,
            # One who left cannot sign any more.
            "signatory": signatory_sudo.active,
            "iban": self._get_own_accounts(company) or self._takes_online_payments(company),
            "email": email_split(company_sudo.email or ""),
        }
        return [key for key, value in present.items() if not value]

    @api.model
    def _is_readiness_asked(self, company):
        """Tell whether it matters what ``company`` lacks: in test mode no customer gets anything."""
        return not company._get_relance_setting("relance_test_email")

    @api.model
    def _has_registration(self, company_sudo, partner_sudo):
        number = (company_sudo.company_registry or "").strip()
        if partner_sudo.country_id.code in OWN_REGISTRIES:
            return bool(number)
        return bool(registration(number)[0])

    @api.model
    def _get_own_accounts(self, company):
        """Return the accounts (``res.partner.bank``) that the letters of ``company`` may ask to pay to."""
        # They are printed on every letter; reading them is no right of everybody.
        accounts_sudo = company.partner_id.sudo().bank_ids
        return accounts_sudo.filtered(lambda bank: bank.company_id in (company.browse(), company))

    @api.model
    def _takes_online_payments(self, company):
        return self.env["relance.notice"].new({"company_id": company.id}).online_payment

    @api.model
    def _get_lack_texts(self, company):
        """Return ``{key: (what is lacking, why it matters and what to do)}``, in the reader's language."""
        # Whoever sends need not read the users.
        signatory = company._get_relance_setting("relance_signatory_id").sudo().name
        return {
            "siren": (
                self.env._("SIREN or SIRET"),
                self.env._("Letters must show it (C. com. R123-237): enter it on the company."),
            ),
            "mentions": (
                self.env._("Legal mentions"),
                self.env._(
                    "Legal form, capital and register of commerce stand at the foot of every letter: enter them as the "
                    "footer of the company's documents."
                ),
            ),
            "address": (
                self.env._("Address of the company"),
                self.env._("A letter says where it comes from: enter street, postcode and town on the company."),
            ),
            "signatory": (
                self.env._("Signatory"),
                self.env._("%s is not a user any more: choose who signs formal notices.", signatory)
                if signatory
                else self.env._("A formal notice is signed by somebody: choose who, in the settings."),
            ),
            "iban": (
                self.env._("Bank account"),
                self.env._(
                    "Customers are asked to pay and not told where: add a bank account of the company in the currency."
                ),
            ),
            "email": (
                self.env._("Email address of the company"),
                self.env._("Emails would leave from an address that is not yours: enter yours on the company."),
            ),
        }

    @api.model
    def _get_not_ready_message(self, company, keys=None):
        """Return a sentence about what ``company`` lacks (``keys``, all by default), "" when nothing is lacking."""
        keys = self._get_lacking(company) if keys is None else keys
        texts = self._get_lack_texts(company)
        return " ".join(f"{title}: {text}" for title, text in map(texts.get, keys))

    # === THE NOTICES CONCERNED === #

    @api.model
    def _get_lack_conditions(self, company, paper, mailed, kind, currency, named):
        """Return ``{key: SQL condition}`` of the notices that each lack of ``company`` concerns, {} when it is ready.

        :param paper: condition: a letter is made; ``mailed``: an e-mail leaves
        :param kind: SQL of the kind; ``currency``: SQL of the id of the currency
        :param named: condition: an invoice names an account of its own, which the letter then shows
        """
        if not self._is_readiness_asked(company):
            return {}
        lacking, accounts_sudo = self._get_lacking(company), self._get_own_accounts(company)
        currencies = accounts_sudo.currency_id.ids
        # An account with a currency takes no other.
        bound = accounts_sudo and all(account.currency_id for account in accounts_sudo)
        if bound and not self._takes_online_payments(company):
            lacking = [*lacking, "iban"]
        formal = SQL("%s IN %s", kind, FORMAL_KINDS)
        conditions = {
            "siren": SQL("(%s OR %s)", paper, formal),
            "mentions": SQL("(%s OR %s)", paper, formal),
            "address": paper,
            "signatory": formal,
            "iban": SQL(
                "((%s OR %s) AND %s <> ALL(%s::int4[]) AND NOT %s)", paper, mailed, currency, currencies, named
            ),
            "email": mailed,
        }
        return {key: conditions[key] for key in conditions if key in lacking}

    @api.model
    def _sql_named_account(self, moves):
        """Return the condition: one of the invoices of query ``moves`` (ids) names an account in use."""
        return SQL(
            """
            EXISTS (SELECT FROM account_move named
                      JOIN res_partner_bank account ON account.id = named.partner_bank_id AND account.active
                     WHERE named.id IN (%s))
            """,
            moves,
        )

    @api.model
    def _get_run_lacks(self, run):
        """Return what the notices ticked in ``run`` would lack: list of dicts, see ``readiness`` of ``relance.run``."""
        self.env.flush_all()
        conditions = self._get_lack_conditions(
            run.company_id,
            paper=PAPER_ROW,
            mailed=SQL(
                "(item.email_to IS NOT NULL AND (item.channel = 'email' OR level.channel_email"
                " AND NOT (item.channel = 'call' AND COALESCE(item.channel_chosen, FALSE))))"
            ),
            kind=SQL("level.kind"),
            currency=SQL("item.currency_id"),
            named=self._sql_named_account(
                SQL("SELECT claimed.move_id FROM relance_run_line claimed WHERE claimed.debtor_id = item.id")
            ),
        )
        texts = self._get_lack_texts(run.company_id)
        return [
            {"key": key, "title": texts[key][0], "text": texts[key][1], "blocking": True, **counted}
            for key, counted in self._count_concerned(run, conditions).items()
        ]

    @api.model
    def _count_concerned(self, run, conditions):
        """Return ``{key: {notices, letters, amounts}}`` of the notices ticked in ``run`` that ``conditions`` concern.

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
                run.id,
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

    @api.model
    def _check_run_ready(self, run):
        """Raise a UserError when notices ticked in ``run`` would lack what makes them valid: how many, how much."""
        lacks = self._get_run_lacks(run)
        if not lacks:
            return
        lines = [
            self.env._(
                "- %(title)s: %(count)s notices, %(letters)s with a letter, %(amounts)s. %(text)s",
                title=lack["title"],
                count=lack["notices"],
                letters=lack["letters"],
                amounts=self._format_amounts(lack["amounts"]),
                text=lack["text"],
            )
            for lack in lacks
        ]
        title = self.env._("%s is not ready to send these notices. Nothing was sent.", run.company_id.name)
        raise UserError("\n".join([title, *lines]))

    @api.model
    def _format_amounts(self, amounts):
        """Return a list of ``[currency id, amount]`` as a text."""
        currencies = self.env["res.currency"]
        return " + ".join(format_amount(self.env, amount, currencies.browse(id_)) for id_, amount in amounts)

    # === NOTICES ON THEIR WAY === #

    @api.model
    def _get_notice_lacks(self, company, notices, keys=None):
        """Return ``{notice id: [keys of what it would lack]}`` of the drafts ``notices``; {} when all may leave.

        :param keys: only these keys
        """
        if not notices:
            return {}
        self.env.flush_all()
        conditions = self._get_lack_conditions(
            company,
            paper=sql_lettered(SQL("notice.channel"), SQL("level.with_letter")),
            mailed=SQL("(notice.email_to IS NOT NULL AND notice.with_email)"),
            kind=SQL("notice.kind"),
            currency=SQL("notice.currency_id"),
            named=self._sql_named_account(
                SQL("SELECT fact.move_id FROM relance_notice_line fact WHERE fact.notice_id = notice.id")
            ),
        )
        if keys:
            conditions = {key: condition for key, condition in conditions.items() if key in keys}
        if not conditions:
            return {}
        rows = self.env.execute_query(
            SQL(
                """
                SELECT notice.id, array_agg(told.key)
                  FROM relance_notice notice
                  JOIN relance_level level ON level.id = notice.level_id
            CROSS JOIN LATERAL (VALUES %s) told (key, concerned)
                 WHERE notice.id = ANY(%s) AND told.concerned
              GROUP BY notice.id
                """,
                SQL(", ").join(SQL("(%s, %s)", key, condition) for key, condition in conditions.items()),
                notices.ids,
            )
        )
        return dict(rows)

    @api.model
    def _check_notices_ready(self, company, notices, keys=None):
        """Raise a UserError when one of ``notices`` would lack what makes it valid."""
        lacks = self._get_notice_lacks(company, notices, keys)
        if lacks:
            told = [key for key in self._get_lack_texts(company) if any(key in own for own in lacks.values())]
            raise UserError(
                self.env._(
                    "%(company)s is not ready to send %(count)s of these notices. %(lacks)s",
                    company=company.name,
                    count=len(lacks),
                    lacks=self._get_not_ready_message(company, told),
                )
            )

    @api.model
    def _keep_ready(self, company, notices, keys=None):
        """Return those of ``notices`` that a job may go on with; the accountant is told once why the others wait."""
        lacks = self._get_notice_lacks(company, notices, keys)
        if lacks:
            self._warn_not_ready(company)
        return notices.filtered(lambda notice: notice.id not in lacks)

    @api.model
    def _warn_not_ready(self, company):
        """Tell the accountant of ``company`` once that dunning waits for what the company lacks."""
        self._warn_accountant(
            company,
            self.env._("Complete the company: customer dunning waits until its letters can say who writes."),
            self._get_not_ready_message(company) or self._get_lack_texts(company)["iban"][1],
        )
