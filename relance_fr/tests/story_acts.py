from datetime import timedelta

from .notice.test_dispatch_failure import REFUSED
from .story_ledger import DAY, NAMES, SUM
from .story_verbs import VerbsMixin, verb

NOWHERE = {"email": False, "street": False, "street2": False, "zip": False, "city": False}


class ActsMixin(VerbsMixin):
    """What people do: settings, holds, disputes, promises, plans, approvals, proofs of delivery."""

    # === SETTINGS === #

    @verb(r"debtor is (?P<regime>business|public|consumer)")
    def set_regime(self, regime):
        self.debtor.relance_regime = regime

    @verb(r"customer (?P<name>\w+)(?: with number (?P<number>\d+))?(?P<person> who is a person)?")
    def add_customer(self, name, number=False, person=None):
        """Make a customer whose regime is guessed from his card."""
        vals = {"company_registry": number, "is_company": not person}
        self.debtors[name] = self._create_debtor(f"{name}", **vals)
        self.debtors[name].write({"relance_regime": self.debtors[name]._guess_relance_regime()[0]})

    @verb(r"debtor follows calendar (?P<name>\w+)")
    def set_calendar(self, name):
        self.debtor.relance_calendar_id = self.env.ref(f"relance_fr.relance_calendar_{name}")

    @verb(r"debtor follows levels (?P<levels>[^;]+?)(?P<age> by age)?")
    def set_levels(self, levels, age=None):
        """Give the debtor a calendar of his own: "courtesy 5, firm 12 from 100", the minimum last."""
        steps = []
        for words in (level.split() for level in levels.split(", ")):
            minimum = float(words[3]) if len(words) > 3 else 0
            steps.append({"kind": words[0], "delay": int(words[1]), "minimum_amount": minimum})
        self.debtor.relance_calendar_id = self._calendar(*steps, catch_up="age" if age else "sequence")

    @verb(r"company has no calendar")
    def forget_calendar(self):
        self.company.relance_calendar_id = False

    @verb(r"setting (?P<name>\w+) is (?P<value>[\w.-]+)")
    def set_company(self, name, value):
        """Write a setting of the company, named without its prefix."""
        field = self.company._fields[f"relance_{name}"]
        if field.type in ("integer", "float", "monetary", "boolean"):
            value = float(value) if field.type != "integer" else int(value)
        self.company[field.name] = value

    @verb(r"company has (?P<known>no|an) email")
    def set_company_email(self, known):
        self.company.email = known == "an" and "compta@atelier.example.com"

    @verb(rf"terms (?P<basis>ecb_margin|fixed|legal_multiple) (?P<rate>{SUM})(?P<first> interest first)?")
    def set_terms(self, basis, rate, first=None):
        """Enter general terms of sale in force since 2020."""
        self.env["relance.terms"].create(
            {
                "name": f"{basis} {rate}", "company_id": self.company.id, "date_from": "2020-01-01", "basis": basis,
                "rate": float(rate), "imputation": "interest" if first else "principal",
            }
        )  # fmt: skip

    @verb(r"year counts its days")
    def set_day_base(self):
        self.env["relance.terms"].create(
            {
                "name": "Actual", "company_id": self.company.id, "date_from": "2020-01-01", "basis": "ecb",
                "day_base": "actual",
            }
        )  # fmt: skip

    @verb(r"debtor is excluded")
    def exclude(self):
        self.debtor.relance_exclude = True

    @verb(r"debtor pays by direct debit")
    def collect(self):
        self.debtor.relance_direct_debit = True

    @verb(r"debit of (?P<name>\w+) is rejected")
    def reject_debit(self, name):
        self.invoices[name].relance_collection = "debtor"

    @verb(r"debtor is dunned again")
    def include(self):
        self.debtor.relance_exclude = False

    @verb(r"(?P<name>\w+) is not followed up")
    def no_followup(self, name):
        self.invoices[name].no_followup = True

    @verb(r"(?P<name>\w+) is (?:un)?blocked")
    def block(self, name):
        self.invoices[name].action_toggle_block_payment()

    @verb(r"debtor has no address")
    def forget_address(self):
        self.debtor.write(NOWHERE)

    @verb(r"debtor has no e-mail")
    def forget_email(self):
        self.debtor.email = False

    @verb(r"debtor has e-mail (?P<email>\S+)")
    def set_email(self, email):
        self.debtor.email = email

    @verb(r"debtor moves to (?P<street>.+)")
    def set_street(self, street):
        self.debtor.street = street

    # === HOLDS === #

    @verb(rf"(?P<reason>hold|dispute)(?: (?P<amount>{SUM}) of)? (?P<what>debtor|[A-Z])(?: until (?P<until>{DAY}))?")
    def hold(self, reason, what, amount=None, until=None):
        """Hold all that the debtor owes, an invoice or a part of its amount."""
        invoice = self.invoices.get(what)
        scope = {"move_id": invoice.id} if invoice else {"partner_id": self.debtor.id}
        self.held = self.env["relance.hold"].create(
            {
                **scope, "reason": "manual" if reason == "hold" else "dispute", "date_from": self.today,
                "amount": float(amount or 0), "date_to": self.day_of(until) if until else False,
            }
        )  # fmt: skip

    @verb(r"hold (?P<rank>first|second) instalment of (?P<name>\w+)")
    def hold_instalment(self, rank, name):
        line = self._instalments(self.invoices[name])[("first", "second").index(rank)]
        self.held = self.env["relance.hold"].create({"line_id": line.id, "date_from": self.today})

    @verb(r"hold ends")
    def end_hold(self):
        self.held.action_end()

    @verb(rf"dispute is (?P<how>rejected|accepted|partly accepted)(?: for (?P<amount>{SUM}))?")
    def resolve(self, how, amount=None):
        """Say how the last dispute ended, by the dialog of its button."""
        self.env["relance.hold.resolve"].create(
            {
                "hold_id": self.held.id,
                "resolution": "partly" if amount else how,
                "accepted_amount": float(amount or 0),
            }
        ).action_apply()

    # === PROMISES AND PLANS === #

    @verb(rf"promise of (?P<amount>{SUM}) for (?P<names>{NAMES}) by (?P<day>{DAY})")
    def promise(self, amount, names, day):
        self.commitment = self._promise(self.invoices_of(names), self.day_of(day), float(amount))

    @verb(
        rf"plan for (?P<names>{NAMES}) in (?P<parts>\d+) from (?P<day>{DAY})(?P<waived> interest waived)?"
        rf"(?: over (?P<covered>{SUM}) only)?"
    )
    def plan(self, names, parts, day, waived=None, covered=None):
        """Make a plan of equal monthly instalments."""
        vals = {"interest": "waived" if waived else "runs", "part_amount": float(covered or 0)}
        self.commitment = self._plan(self.invoices_of(names), int(parts), self.day_of(day), **vals)

    @verb(r"promise is given up")
    def cancel_promise(self):
        self.commitment.action_cancel()

    @verb(r"promise is (?P<state>open|kept|broken|cancelled)(?:, outcome (?P<outcome>kept|broken))?")
    def check_promise(self, state, outcome=None):
        """Not an act but a look: where the last promise or plan stands."""
        self._settle()
        self.assertEqual((self.commitment.state, self.commitment.outcome or None), (state, outcome))

    # === NOTICES === #

    def notices(self, *states):
        """Return the notices of the story in ``states``, in the company of the story."""
        domain = [("state", "in", states), ("company_id", "=", self.company.id)]
        return self.env["relance.notice"].search(domain, order="id")

    @verb(r"approve")
    def approve(self):
        """Approve what waits for it; the job of the day then sends it."""
        self.notices("to_approve").action_approve()

    @verb(r"give up the notice")
    def cancel_notice(self):
        self.notices("draft", "to_approve", "ready").action_cancel()

    @verb(rf"send (?P<names>{NAMES}) by hand(?P<later> but not yet out)?")
    def send_by_hand(self, names, later=None):
        """Dun invoices at once, by the dialog of their button."""
        self.invoices_of(names).action_relance_send()
        run = self.env["relance.run"].search([("origin", "=", "selection"), ("state", "=", "draft")], limit=1)
        run.action_confirm()
        if not later:
            run.notice_ids.filtered(lambda notice: notice.state in ("draft", "ready")).action_dispatch()

    @verb(rf"letter is (?P<step>posted|presented|received)(?: on (?P<day>{DAY}))?")
    def enter_proof(self, step, day=None):
        """Enter what became of the last letter."""
        letter = self.notices("sent").filtered(lambda notice: notice.channel in ("letter", "registered"))[-1:]
        letter[f"{step}_date"] = self.day_of(day) if day else self.today

    @verb(rf"e-mail is received(?: on (?P<day>{DAY}))?")
    def prove_email(self, day=None):
        """Enter the proof that the last e-mail was received."""
        self.notices("sent").filtered(lambda notice: notice.channel == "email")[-1:].received_date = (
            self.day_of(day) if day else self.today
        )

    @verb(r"letter comes back (?P<reason>refused|unclaimed|unknown)")
    def return_letter(self, reason):
        letter = self.notices("sent").filtered(lambda notice: notice.channel in ("letter", "registered"))[-1:]
        letter.write({"returned_date": self.today, "return_reason": reason})

    @verb(r"e-mail is refused")
    def refuse_email(self):
        """Let the mail server refuse the address of the last e-mail."""
        self._leave(self.notices("sent").filtered("mail_id")[-1:], REFUSED)

    @verb(rf"take (?P<name>\w+) over at (?P<kind>\w+) of (?P<day>{DAY})")
    def take_over(self, name, kind, day):
        """Take over the level another software sent."""
        calendar = self.debtor.relance_calendar_id or self.standard
        wizard = self.env["relance.takeover"].create(
            {
                "company_id": self.company.id, "move_ids": self.invoices[name].ids,
                "level_id": calendar.level_ids.filtered(lambda level: level.kind == kind).id, "date": self.day_of(day),
            }
        )  # fmt: skip
        wizard.action_import()

    @verb(r"reminder of a payment is sent")
    def check_reminder(self):
        """Not an act but a look: the friendly e-mail before an instalment left today or yesterday."""
        reminders = self.env["relance.commitment.reminder"].search([("commitment_id", "=", self.commitment.id)])
        self.assertIn(self.today - timedelta(days=1), reminders.mapped("sent_on"))
