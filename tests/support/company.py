"""The company of the scripts: complete, so that its letters may leave, and at once."""

from datetime import datetime
from zoneinfo import ZoneInfo

#: Completes ``env.company``; what it lacks, its bank, its days and the time to call back have tests of their own.
READY = """
env.company.write({
    "street": "3 place Bellecour", "zip": "69002", "city": "Lyon", "email": "compta@atelier.example.com",
    "company_registry": "30326504500017", "report_footer": "<p>SARL, RCS Lyon 303 265 045</p>",
    "relance_signatory_id": env.ref("base.user_admin").id, "relance_bank_max_age": 0, "relance_recall_minutes": 0,
    "relance_working_days": False,
})
env["res.partner.bank"].create(
    {"acc_number": "FR1420041010050500013M02606", "partner_id": env.company.partner_id.id}
)
"""


def today():
    """Return the day it is for the company, whose clock is that of its country: near midnight not the machine's."""
    return datetime.now(ZoneInfo("Europe/Paris")).date()
