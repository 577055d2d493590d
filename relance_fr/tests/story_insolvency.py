from .story_ledger import DAY, SUM
from .story_verbs import VerbsMixin, verb

# How proceedings go on, as the stories tell it.
STEPS = {
    "become a liquidation": "liquidation",
    "end in a plan": "plan",
    "lack assets": "insufficient",
    "are set aside": "reversed",
    "were a mistake": "mistake",
}


class InsolvencyMixin(VerbsMixin):
    """Insolvency proceedings of the debtor, entered as a person enters them."""

    @verb(rf"judgment of (?P<day>{DAY})(?: published (?P<published>{DAY}))?")
    def open_insolvency(self, day, published=None):
        """Enter the receivership of the debtor by the dialog of his card."""
        dialog = self.env["relance.insolvency"].create(
            {
                "partner_id": self.debtor.id, "date_from": self.day_of(day),
                "publication_date": self.day_of(published) if published else False,
            }
        )  # fmt: skip
        self.held = self.env["relance.hold"].browse(dialog.action_confirm()["res_id"])

    @verb(rf"proceedings (?P<how>{'|'.join(STEPS)})")
    def go_on(self, how):
        """Enter what became of the last proceedings, by the dialog of their button."""
        self.env["relance.insolvency.step"].create(
            {"hold_id": self.held.id, "step": STEPS[how], "date": self.today}
        ).action_apply()

    @verb(r"(?P<name>[A-Z]) was delivered before the judgment")
    def add_earlier(self, name):
        """Add an invoice of after the judgment to the earlier ones: what it is for was delivered before."""
        self.held.earlier_move_ids += self.invoices[name]

    @verb(r"claim is computed again")
    def compute_declaration(self):
        self.held.action_freeze_declaration()

    @verb(r"claim is declared")
    def declare(self):
        self.held.action_declare()

    @verb(rf"claim to declare is (?P<amount>{SUM})(?: by (?P<deadline>{DAY}))?")
    def check_declaration(self, amount, deadline=None):
        """Not an act but a look: the claim frozen at the judgment, and the last day to declare it."""
        self.assertEqual(self.held.declaration_amount, float(amount))
        if deadline:
            self.assertEqual(self.held.declaration_deadline, self.day_of(deadline))
