from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import email_normalize

from ..law.holidays import ZONES
from ..tools.groups import SETTINGS_GROUPS


class ResCompany(models.Model):
    """What holds sending back: bank, approval of two persons, cap, hours, time to call back, go-live, test mode."""

    _inherit = "res.company"

    relance_bank_max_count = fields.Integer(
        "Receipts Not Matched (Number)",
        help="Automatic sending waits when more receipts than this are matched with no invoice; 0: not tested.",
        groups=SETTINGS_GROUPS,
    )
    relance_bank_max_amount = fields.Monetary(
        "Receipts Not Matched (Amount)",
        currency_field="currency_id",
        help="Automatic sending waits when receipts matched with no invoice exceed this sum; 0: not tested.",
        groups=SETTINGS_GROUPS,
    )
    relance_two_person = fields.Boolean(
        "Two-Person Rule",
        help="Formal and final notices leave only once an approver, other than the person who made them, agrees.",
        groups=SETTINGS_GROUPS,
    )
    relance_approval_days = fields.Integer(
        "Days to Approve",
        help="What nobody approved after this number of days leaves or lapses; 0: it waits for ever.",
        groups=SETTINGS_GROUPS,
    )
    relance_approval_expiry = fields.Selection(
        [("send", "It leaves"), ("lapse", "It lapses")],
        "After That",
        default="lapse",
        required=True,
        groups=SETTINGS_GROUPS,
    )
    relance_daily_cap = fields.Integer(
        "Notices a Day",
        help="At most this number of notices leave by e-mail or post each day, the harshest and oldest first; "
        "0: no cap.",
        groups=SETTINGS_GROUPS,
    )
    relance_recall_minutes = fields.Integer(
        "Minutes to Call Back",
        default=10,
        help="Nothing of a confirmed campaign leaves before: it may be called back until then; 0: it leaves at once.",
        groups=SETTINGS_GROUPS,
    )
    relance_window_from = fields.Float("Not Before", help="In the time zone of the company.", groups=SETTINGS_GROUPS)
    relance_window_to = fields.Float("Not After", help="In the time zone of the company.", groups=SETTINGS_GROUPS)
    relance_working_days = fields.Boolean(
        "Working Days Only",
        help="Nothing leaves by itself on Saturdays, Sundays and public holidays.",
        groups=SETTINGS_GROUPS,
    )
    relance_holidays = fields.Selection(
        [*ZONES.items()],
        "Public Holidays",
        default="FR",
        required=True,
        help="Those of the place you work in.",
        groups=SETTINGS_GROUPS,
    )
    # Who looks at the notices is told that nothing leaves, and where it goes.
    relance_test_email = fields.Char(
        "Test Address",
        help="While it is filled, nothing leaves and nothing enters the register: what would be sent is e-mailed here.",
        groups="base.group_user",
    )
    relance_test_address = fields.Char(
        "Test Address That Counts",
        compute="_compute_relance_test_address",
        compute_sudo=True,
        search="_search_relance_test_address",
        recursive=True,
        groups="base.group_user",
        help="Its own test address, else that of the company above: a branch follows the company it belongs to.",
    )
    relance_test_since = fields.Datetime(
        "In Test Mode Since",
        compute="_compute_relance_test_since",
        store=True,
        groups=SETTINGS_GROUPS,
        help="E-mails queued before wait for the end of the test mode.",
    )
    relance_start_date = fields.Date(
        "Go-Live Date",
        help="The daily job does nothing before. Invoices due before are dunned automatically only once their level "
        "was taken over or a reminder was sent by hand.",
        groups=SETTINGS_GROUPS,
    )

    _relance_limits_positive = models.Constraint(
        "CHECK(relance_bank_max_count >= 0 AND relance_bank_max_amount >= 0 AND relance_approval_days >= 0 "
        "AND relance_daily_cap >= 0 AND relance_recall_minutes >= 0)",
        "The limits of dunning cannot be negative. Enter 0 to switch one off.",
    )

    _relance_recall_within_a_day = models.Constraint(
        "CHECK(relance_recall_minutes <= 1440)",
        "A campaign can be called back for a day at most: enter 1440 minutes or less.",
    )

    @api.depends("relance_test_email", "parent_id.relance_test_address")
    def _compute_relance_test_address(self):
        for company in self:
            company.relance_test_address = company.relance_test_email or company.parent_id.relance_test_address

    @api.model
    def _search_relance_test_address(self, operator, value):
        if operator != "in":
            return NotImplemented
        tested = self._get_relance_tested()
        found = Domain("id", "in", tested.filtered(lambda company: company.relance_test_address in value).ids)
        return found | Domain("id", "not in", tested.ids) if {False, ""} & set(value) else found

    @api.depends("relance_test_email")
    def _compute_relance_test_since(self):
        for company in self:
            since = company.relance_test_since or self.env.cr.now()
            company.relance_test_since = company.relance_test_email and since

    @api.constrains("relance_window_from", "relance_window_to")
    def _check_relance_window(self):
        for company in self:
            start, end = company.relance_window_from, company.relance_window_to
            if (start or end) and not 0 <= start < end <= 24:
                raise ValidationError(
                    self.env._(
                        "The sending hours go from a time of the day to a later one. Enter 0 twice for no limit."
                    )
                )

    @api.constrains("relance_test_email")
    def _check_relance_test_email(self):
        for company in self:
            if company.relance_test_email and not email_normalize(company.relance_test_email):
                raise ValidationError(
                    self.env._(
                        "%s is not an e-mail address: the dunning tests could not be sent.", company.relance_test_email
                    )
                )

    def write(self, vals):
        result = super().write(vals)
        if "relance_test_email" in vals:
            # Whoever keeps the settings need not read the outgoing mail.
            self.env["mail.mail"].sudo()._release_after_test()
        return result

    # === TEST MODE === #

    @api.model
    def _get_relance_tested(self):
        """Return the companies in test mode (sudo), each with its branches."""
        # A company in the archives still has mail in the queue.
        companies_sudo = self.sudo().with_context(active_test=False)
        holders = companies_sudo.search([("relance_test_email", "!=", False)]).filtered("relance_test_email")
        return companies_sudo.search([("id", "child_of", holders.ids)]) if holders else holders

    def _get_relance_test_holder(self):
        """Return the company (sudo) whose test address counts for this one, empty when it sends for good."""
        self.ensure_one()
        # A user of a branch need not have access to its parent.
        above = self.sudo().parent_ids[::-1]
        return above.filtered("relance_test_email")[:1]

    def _get_relance_timezone(self):
        """Return the time zone (``ZoneInfo``) of the company's address, France by default."""
        self.ensure_one()
        # Whoever sends may not read the address cards of other companies.
        return ZoneInfo(self.partner_id.sudo().tz or "Europe/Paris")
