from odoo import api, models
from odoo.tools import SQL, email_split, format_amount
from odoo.tools.mail import is_html_empty

from ...law.mentions import FORMAL_KINDS
from ...tools.channels import PAPER
from ...tools.letter_format import registration

# Overseas territories whose companies have a number of their own instead of a SIREN.
OWN_REGISTRIES = ("NC", "PF", "WF")
# What the next steps of invoices are computed with.
PROGRESS_SETTINGS = {"relance_calendar_id", "relance_broken_promise", "relance_working_days", "relance_holidays"}


class ResCompany(models.Model):
    """What the settings of a company decide, and what it lacks to send: read by the decision."""

    _inherit = "res.company"

    def write(self, vals):
        result = super().write(vals)
        if PROGRESS_SETTINGS & set(vals):
            # Branches go by it, and calendars may be shared.
            self.env["res.company"]._relance_refresh_open()
        return result

    # === THE NEXT STEPS === #

    @api.model
    def _relance_refresh_open(self):
        super()._relance_refresh_open()
        # Not while modules are loaded: the installation ends with one refresh for all.
        if self.env.context.get("install_mode"):
            return
        # A calendar may be shared: its invoices are in every company, seen by the user or not.
        companies = self.env["res.company"].sudo().search([("active", "=", True)])
        # Stored by the system, also of invoices out of the user's sight.
        self.env["relance.decision"].sudo()._refresh_progress(
            companies=companies, condition=SQL("line.reconciled IS NOT TRUE")
        )

    def _relance_refresh_open_of(self, partner_ids):
        """Bring the next steps of what debtors owe the company up to date."""
        # Stored by the system, also of invoices out of the user's sight.
        self.env["relance.decision"].sudo()._refresh_progress(
            companies=self,
            condition=SQL(
                "move.company_id = %s AND line.reconciled IS NOT TRUE AND move.commercial_partner_id = ANY(%s)",
                self.id,
                list(partner_ids),
            ),
        )

    # === WHAT THE COMPANY LACKS === #

    def _relance_get_lacking(self):
        """Return the keys of what the notices of the company would lack, in the order they are told.

        ``iban`` stands for a company without any account.
        """
        # A user who sends need not read the settings, the users nor the card of the company.
        company_sudo, partner_sudo = self.sudo(), self.partner_id.sudo()
        french = self.env["relance.letter"]._is_french(partner_sudo)
        present = {
            "siren": not french or self._relance_has_registration(company_sudo, partner_sudo),
            "mentions": (not french or self._get_relance_legal_line() or not is_html_empty(company_sudo.report_footer)),
            "address": partner_sudo.street and partner_sudo.zip and partner_sudo.city,
            # One who left cannot sign any more.
            "signatory": self._relance_get_signatory(),
            "iban": self._relance_get_own_accounts() or self._relance_takes_online_payments(),
            "email": email_split(company_sudo.email or ""),
        }
        return [key for key, value in present.items() if not value]

    def _relance_is_readiness_asked(self):
        """Tell whether it matters what the company lacks: in test mode no customer gets anything."""
        return not self._get_relance_setting("relance_test_email")

    @api.model
    def _relance_has_registration(self, company_sudo, partner_sudo):
        number = (company_sudo.company_registry or "").strip()
        if partner_sudo.country_id.code in OWN_REGISTRIES:
            return bool(number)
        return bool(registration(number)[0])

    def _relance_get_own_accounts(self):
        """Return the accounts (``res.partner.bank``) that the letters of the company may ask to pay to."""
        # They are printed on every letter; reading them is no right of everybody.
        accounts_sudo = self.partner_id.sudo().bank_ids
        return accounts_sudo.filtered(lambda bank: bank.company_id in (self.browse(), self))

    def _relance_get_awaited_letters(self):
        """Return the channels whose letters consume no level before they are posted.

        A plain letter as well, unless the company takes what it makes out for posted.
        """
        return PAPER if self._get_relance_setting("relance_letters_posted") != "made" else ("registered",)

    def _relance_get_first_account(self, currency):
        """Return the account that letters in ``currency`` ask to pay to when their invoices name none."""
        accounts_sudo = self._relance_get_own_accounts()
        return accounts_sudo.filtered(lambda account: account.currency_id in (currency.browse(), currency))[:1]

    def _relance_takes_online_payments(self):
        """Tell whether letters of the company offer to pay online: a named hook, which the notices fill."""
        return False

    def _relance_get_lack_texts(self):
        """Return ``{key: (what is lacking, why it matters and what to do)}``, in the reader's language."""
        # A user who sends need not read the users.
        signatory = self._get_relance_setting("relance_signatory_id").sudo().name
        return {
            "siren": (
                self.env._("SIREN or SIRET"),
                self.env._("Letters must show it (C. com. R123-237): enter it on the company."),
            ),
            "mentions": (
                self.env._("Legal mentions"),
                self.env._(
                    "Legal form, capital, seat and register of commerce stand at the foot of every letter and e-mail "
                    "(C. com. R123-237, R123-238): enter them in the settings of customer dunning."
                ),
            ),
            "address": (
                self.env._("Address of the company"),
                self.env._("A letter says where it comes from: enter street, postcode and town on the company."),
            ),
            "signatory": (
                self.env._("Signatory"),
                self.env._("%s is not a user of the company any more: choose who signs formal notices.", signatory)
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

    def _relance_get_not_ready_message(self, keys=None):
        """Return a sentence about what the company lacks (``keys``, all by default), "" when nothing is lacking."""
        keys = self._relance_get_lacking() if keys is None else keys
        texts = self._relance_get_lack_texts()
        return " ".join(f"{title}: {text}" for title, text in map(texts.get, keys))

    def _relance_get_lack_conditions(self, paper, mailed, kind, currency, named):
        """Return ``{key: SQL condition}`` of the notices that each lack of the company concerns, {} when it is ready.

        :param paper: condition: a letter is made; ``mailed``: an e-mail leaves
        :param kind: SQL of the kind; ``currency``: SQL of the id of the currency
        :param named: condition: an invoice names an account of its own, which the letter then shows
        """
        if not self._relance_is_readiness_asked():
            return {}
        lacking, accounts_sudo = self._relance_get_lacking(), self._relance_get_own_accounts()
        currencies = accounts_sudo.currency_id.ids
        # An account with a currency takes no other.
        bound = accounts_sudo and all(account.currency_id for account in accounts_sudo)
        if bound and not self._relance_takes_online_payments():
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
    def _relance_sql_named_account(self, moves):
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
    def _relance_format_amounts(self, amounts):
        """Return a list of ``[currency id, amount]`` as a text."""
        currencies = self.env["res.currency"]
        return " + ".join(format_amount(self.env, amount, currencies.browse(id_)) for id_, amount in amounts)

    def _relance_refresh_passed(self, today):
        """Give the invoices whose preventive step was missed their next one: the only progress time alone changes."""
        self.env["relance.decision"]._refresh_progress(
            companies=self,
            condition=SQL(
                """
                move.company_id = %s AND move.relance_next_date < %s
                AND move.relance_next_level_id IN (SELECT id FROM relance_level WHERE kind = 'preventive')
                """,
                self.id,
                today,
            ),
        )

    def _relance_get_calendar_by_regime(self):
        """Return ``{regime: calendar id or False}`` of the debtors of the company who have no calendar of their own."""
        company_sudo = self.sudo()
        # Who posts an invoice need not read calendars; those of other companies are left out right below.
        calendars = self.env["relance.calendar"].sudo()._get_active()
        allowed = calendars.filtered(lambda c: not c.company_id or c.company_id in company_sudo.parent_ids)
        default = company_sudo._get_relance_setting("relance_calendar_id").id
        return {
            regime: allowed.filtered(lambda calendar, regime=regime: calendar.segment == regime)[:1].id or default
            for regime in ("business", "public", "consumer")
        }
