from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date
from odoo.tools.sql import column_exists, create_column

from ..tools.channels import DELIVERY_DATES, PAPER

RETURN_REASONS = [
    ("refused", "Refused"),
    ("unclaimed", "Not Collected"),
    ("unknown", "Unknown at This Address"),
    ("other", "Other Reason"),
]


def effective_deadline(made, printed, presented):
    """Return the last day to pay of a notice dated ``made`` that prints a deadline, presented on a day or not (yet)."""
    return presented + (printed - made) if printed and presented else printed


class RelanceNotice(models.Model):
    """What became of a letter: printed, posted, presented, received or returned; and the deadline that follows."""

    _inherit = "relance.notice"

    postal_to = fields.Char(
        string="Postal Address",
        readonly=True,
        help="Address the letter was made for. After a return, letters wait until the debtor's card has another one.",
    )
    printed_on = fields.Datetime(string="First Printed on", readonly=True, copy=False)
    printed_by = fields.Many2one("res.users", string="First Printed by", readonly=True, copy=False)
    returned_date = fields.Date(string="Returned on", copy=False, tracking=True)
    return_reason = fields.Selection(RETURN_REASONS, copy=False, tracking=True)
    deadline_days = fields.Integer(
        string="Days Given",
        compute="_compute_deadline_days",
        help="Days left to pay, from the date of the notice to the deadline it prints.",
    )
    deadline = fields.Date(
        string="Payment Deadline",
        compute="_compute_deadline",
        store=True,
        help="The debtor has the days given from the first presentation of the letter; until it is known, the date the "
        "letter prints counts.",
    )

    _returned_idx = models.Index("(partner_id) WHERE return_reason = 'unknown'")

    def _auto_init(self):
        self._keep_printed_deadline()
        return super()._auto_init()

    @api.model
    def _keep_printed_deadline(self):
        """A register made before the deadline could move printed the one it has: its seals cover it."""
        if column_exists(self.env.cr, self._table, "deadline") and not column_exists(
            self.env.cr, self._table, "printed_deadline"
        ):
            create_column(self.env.cr, self._table, "printed_deadline", "date")
            self.env.cr.execute(SQL("UPDATE relance_notice SET printed_deadline = deadline"))

    @api.depends("printed_deadline", "date")
    def _compute_deadline_days(self):
        for notice in self:
            notice.deadline_days = (notice.printed_deadline - notice.date).days if notice.printed_deadline else 0

    @api.depends("printed_deadline", "date", "presented_date", "received_date")
    def _compute_deadline(self):
        for notice in self:
            # The days given are frozen: date and printed deadline are sealed. A letter received without a known
            # presentation was presented that day at the latest.
            presented = notice.presented_date or notice.received_date
            notice.deadline = effective_deadline(notice.date, notice.printed_deadline, presented)

    # === DATES === #

    @api.constrains("date", "return_reason", *DELIVERY_DATES)
    def _check_delivery_dates(self):
        todays = {company: self.env["relance.engine"]._today(company) for company in self.company_id}
        for notice in self:
            facts = {name: notice[name] for name in (*DELIVERY_DATES, "return_reason")}
            fault = any(facts.values()) and self._get_delivery_fault(facts, notice.date, todays[notice.company_id])
            if fault:
                raise UserError(self.env._("%(notice)s: %(fault)s", notice=notice.display_name, fault=fault))

    @api.model
    def _get_delivery_fault(self, facts, made, today):
        """Return why the dates of a letter cannot be true, as a sentence, or False.

        :param facts: dict of the four dates (``date`` or False) and ``return_reason``, as they would be
        :param made: the date of the notice
        :param today: the day it is for its company
        """
        labels = {name: self._fields[name]._description_string(self.env) for name in DELIVERY_DATES}
        known = [(name, facts[name]) for name in DELIVERY_DATES if facts[name]]
        for name, day in known:
            values = {"field": labels[name], "day": format_date(self.env, day)}
            if day > today:
                return self.env._("%(field)s %(day)s: this day is still to come.", **values)
            if day < made:
                values["made"] = format_date(self.env, made)
                return self.env._("%(field)s %(day)s: the notice was only made on %(made)s.", **values)
        if facts["received_date"] and facts["returned_date"]:
            return self.env._("A letter is received or returned, not both: clear one of the two dates.")
        if bool(facts["returned_date"]) != bool(facts["return_reason"]):
            return self.env._("The return of a letter takes a date and a reason: enter both.")
        if known != sorted(known, key=lambda item: item[1]):
            return self.env._("A letter is posted, then presented, then received or returned. Check the dates.")
        return False

    def _ask_for_address(self):
        """Ask whoever handles these notices for another address: nobody knows the addressee at this one."""
        self.env["relance.engine"]._schedule(
            self, "mail.mail_activity_data_warning", self.env._("The letter came back: find the address of the debtor")
        )

    # === PRINTING === #

    def _record_print(self):
        """Record that stored letters were printed or downloaded: who and when the first time, each time in the chatter.

        Called with what is handed to the reader. A reader who may not post letters leaves a trace in the chatter only.
        """
        paper = self.filtered(lambda notice: notice.channel in PAPER and notice.state in ("ready", "sent"))
        if not paper:
            return
        if paper.has_access("write"):
            first = {"printed_on": fields.Datetime.now(), "printed_by": self.env.uid}
            new_ids = paper.filtered(lambda notice: not notice.printed_on).ids
            self.env["relance.engine"]._update_rows("relance.notice", dict.fromkeys(new_ids, first))
        paper._message_log_batch(bodies=dict.fromkeys(paper.ids, self.env._("Letter printed or downloaded.")))
