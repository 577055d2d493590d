from odoo import fields, models


class RelanceCommitment(models.Model):
    """A word that a judgment closed: nobody gave it up and nobody broke it.

    The law forbids to keep it (C. com. L622-7). What such a plan waived stays waived if it was kept until the
    judgment, see relance_engine_waivers.py.
    """

    _inherit = "relance.commitment"

    # Tells a word the judgment closed from one that a person gave up: the latter waives nothing any more.
    insolvency_id = fields.Many2one(
        "relance.hold", string="Closed by Proceedings", readonly=True, copy=False, index="btree_not_null"
    )

    def _forget_proceedings(self):
        """Unlink words that bind again from the proceedings that closed them."""
        self.filtered("insolvency_id")._set_agreement(insolvency_id=False)

    def _close_for(self, hold):
        """Close the words because of the proceedings ``hold``."""
        self._set_agreement(cancelled=True, insolvency_id=hold.id)
        self.env["relance.engine"]._refresh_progress(self.move_ids)

    def _go_on(self):
        """Give back the words that proceedings closed which never were: signed or not, they bind as before."""
        for commitment in self:
            commitment._set_agreement(cancelled=False)
            commitment._message_log(
                body=self.env._("The insolvency proceedings are taken back: what was agreed holds again.")
            )
        self.env["relance.engine"]._refresh_progress(self.move_ids)
