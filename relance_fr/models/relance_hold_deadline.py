from odoo import api, fields, models
from odoo.tools import format_date

from ..law.delays import add_months, extended, last_working_day

# C. com. R622-24: two months from the publication of the judgment, two more for a creditor who does not live on the
# territory (mainland, or overseas territory) of the court.
DECLARATION_MONTHS, ABROAD_MONTHS = 2, 2
# C. com. L622-26: to ask the judge for relief from the foreclosure.
RELIEF_MONTHS = 6
WARNING_DAYS = 15
# VAT of a claim lost, to be looked at.
VAT_DAYS = 30


class RelanceHold(models.Model):
    """The deadline to declare a claim: a task, a warning before it, and the way out when it was missed."""

    _inherit = "relance.hold"

    longer_deadline = fields.Boolean(
        string="Two More Months",
        compute="_compute_longer_deadline",
        store=True,
        readonly=False,
        help="The creditor does not live on the territory of the court: outside mainland France for a court there, or "
        "outside the overseas territory of the court (C. com. R622-24). Proposed for a creditor outside France only.",
    )
    declaration_deadline = fields.Date(
        compute="_compute_declaration_deadline",
        store=True,
        help="Two months from the publication, four for a creditor outside the territory of the court "
        "(C. com. R622-24).",
    )
    deadline_extended = fields.Date(
        string="Extended to",
        compute="_compute_deadline_days",
        help="When the deadline is no working day, the law extends it to the next one (CPC art. 642).",
    )
    deadline_target = fields.Date(
        string="Declare by",
        compute="_compute_deadline_days",
        help="The last working day before the deadline: rely on no extension.",
    )
    relief_deadline = fields.Date(
        string="Relief to Ask for until",
        compute="_compute_declaration_deadline",
        store=True,
        help="Six months from the publication to ask the judge for relief from the foreclosure (C. com. L622-26).",
    )
    deadline_warned = fields.Boolean(readonly=True, copy=False)
    foreclosure_warned = fields.Boolean(readonly=True, copy=False)

    @api.depends("reason", "company_id")
    def _compute_longer_deadline(self):
        french = self.env["res.company"]._get_france_country_codes()
        for hold in self:
            country = hold.company_id.country_id.code
            hold.longer_deadline = hold.reason == "insolvency" and country not in (False, *french)

    @api.depends("reason", "publication_date", "longer_deadline")
    def _compute_declaration_deadline(self):
        for hold in self:
            if hold.reason != "insolvency" or not hold.publication_date:
                hold.declaration_deadline = hold.relief_deadline = False
                continue
            months = DECLARATION_MONTHS + (ABROAD_MONTHS if hold.longer_deadline else 0)
            hold.declaration_deadline = add_months(hold.publication_date, months)
            hold.relief_deadline = add_months(hold.publication_date, RELIEF_MONTHS)

    @api.depends("declaration_deadline")
    def _compute_deadline_days(self):
        for hold in self:
            day = hold.declaration_deadline
            hold.deadline_extended = extended(day) if day and extended(day) != day else False
            hold.deadline_target = last_working_day(day) if day else False

    @api.model_create_multi
    def create(self, vals_list):
        holds = super().create(vals_list)
        holds.filtered(lambda hold: hold.reason == "insolvency")._plan_declaration()
        return holds

    def write(self, vals):
        result = super().write(vals)
        insolvencies = self.filtered(lambda hold: hold.reason == "insolvency")
        if {"publication_date", "longer_deadline", "reason"} & set(vals):
            insolvencies._plan_declaration()
        if vals.get("declared_on"):
            insolvencies._activity_done(self.env._("Declared."))
        return result

    def _activity_done(self, feedback):
        self.activity_feedback(["relance_fr.mail_activity_claim", "mail.mail_activity_data_warning"], feedback=feedback)

    def _plan_declaration(self):
        """Plan the declaration of the claim for its last working day, else the search for the publication."""
        waiting = self.filtered(lambda hold: not hold.declared_on and not hold.insolvency_outcome)
        waiting.activity_unlink(["relance_fr.mail_activity_claim", "mail.mail_activity_data_warning"])
        # Its users may not write it themselves, see relance_hold_guard.py.
        waiting.sudo().write({"deadline_warned": False, "foreclosure_warned": False})
        for hold in waiting:
            if hold.declaration_deadline:
                hold._refresh_claim_letter()
                hold.activity_schedule(
                    "relance_fr.mail_activity_claim",
                    date_deadline=hold.deadline_target,
                    summary=self.env._("Declare the claim to the creditors' representative"),
                    note=self.env._(
                        "The statement is attached to the proceedings: check it, sign it and send it. Deadline: "
                        "%(deadline)s. After it the claim gets no share unless a judge grants relief (C. com. L622-26, "
                        "R622-24).",
                        deadline=format_date(self.env, hold.declaration_deadline),
                    ),
                    user_id=hold._get_person_in_charge().id,
                )
            else:
                hold.activity_schedule(
                    "relance_fr.mail_activity_claim",
                    date_deadline=fields.Date.add(hold.date_from, days=WARNING_DAYS),
                    summary=self.env._("Look for the publication of the judgment in the BODACC"),
                    user_id=hold._get_person_in_charge().id,
                )

    # === THE DAILY JOB === #

    @api.model
    def _announce_ends(self, company, today):
        result = super()._announce_ends(company, today)
        self._warn_of_deadlines(company, today)
        self._warn_of_foreclosure(company, today)
        return result

    @api.model
    def _get_undeclared_domain(self, company):
        return [
            ("company_id", "=", company.id),
            ("reason", "=", "insolvency"),
            ("declared_on", "=", False),
            ("insolvency_outcome", "=", False),
            ("date_to", "=", False),
        ]

    @api.model
    def _warn_of_deadlines(self, company, today):
        """Warn once, two weeks before its deadline, of each claim nobody declared yet."""
        holds = self.search(
            [
                *self._get_undeclared_domain(company),
                ("deadline_warned", "=", False),
                ("declaration_deadline", "<=", fields.Date.add(today, days=WARNING_DAYS)),
                ("declaration_deadline", ">=", today),
            ]
        )
        for hold in holds:
            hold.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=self.env._("Claim to declare by %s", format_date(self.env, hold.deadline_target)),
                user_id=hold._get_person_in_charge().id,
            )
        holds.sudo().deadline_warned = True

    @api.model
    def _warn_of_foreclosure(self, company, today):
        """Tell once of each deadline that was missed: relief is to be asked for within six months (C. com. L622-26)."""
        late = self.search(
            [
                *self._get_undeclared_domain(company),
                ("foreclosure_warned", "=", False),
                ("declaration_deadline", "<", today),
            ]
        )
        # The law extends a deadline to the next working day: until then nothing is lost.
        missed = late.filtered(lambda hold: extended(hold.declaration_deadline) < today and hold.declaration_amount)
        for hold in missed:
            hold.activity_schedule(
                "mail.mail_activity_data_warning",
                date_deadline=max(today, min(fields.Date.add(today, days=7), last_working_day(hold.relief_deadline))),
                summary=self.env._(
                    "Deadline missed: ask for relief (relevé de forclusion) before %s",
                    format_date(self.env, hold.relief_deadline),
                ),
                note=self.env._(
                    "The claim was not declared in time. The judge (juge-commissaire) may relieve a creditor who shows "
                    "that the failure is not the creditor's own, or comes from an omission in the debtor's list, if "
                    "asked within six months of the publication of the judgment (C. com. L622-26). See a lawyer soon."
                ),
                user_id=hold._get_person_in_charge().id,
            )
        missed.sudo().foreclosure_warned = True
