from .plan_common import PlanCommon

JUDGMENT = "2026-06-10"


class InsolvencyCommon(PlanCommon):
    """Proceedings opened on 10 June 2026, entered as a person enters them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.representative = cls.env["res.partner"].create(
            {
                "name": "SELARL Aubry Mandataires",
                "is_company": True,
                "street": "4 place Bellecour",
                "zip": "69002",
                "city": "Lyon",
                "country_id": cls.env.ref("base.fr").id,
            }
        )

    @classmethod
    def _open(cls, **vals):
        # As their dialog does: nobody else opens proceedings.
        hold_sudo = (
            cls.env["relance.hold"]
            .sudo()
            .create(
                {
                    "partner_id": cls.debtor.id,
                    "reason": "insolvency",
                    "insolvency_kind": "receivership",
                    "date_from": JUDGMENT,
                    "administrator_id": cls.representative.id,
                    "court": "Tribunal de commerce de Lyon",
                    **vals,
                }
            )
        )
        return hold_sudo.sudo(False)

    def _step(self, hold, step, date, **vals):
        """Record the next step of proceedings by the dialog of its button."""
        dialog = self.env["relance.insolvency.step"].create({"hold_id": hold.id, "step": step, "date": date, **vals})
        return dialog.action_apply()

    def _rows(self, hold, *names):
        return [tuple(row[name] for name in names) for row in hold.declaration["rows"]]
