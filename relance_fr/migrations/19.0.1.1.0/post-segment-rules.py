from odoo import SUPERUSER_ID, api
from odoo.exceptions import ValidationError


def migrate(cr, version):
    """Switch off the segments whose rule leads beyond the facts of a customer, and say so.

    They were accepted before; left on, they would stop the nightly scores of every company.
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    for segment in env["relance.segment"].search([("active", "=", True)]):
        company = segment.company_id or env["res.company"].search([], limit=1)
        try:
            segment._get_rule(company)
        except ValidationError as error:
            segment.active = False
            company._relance_in_company()._relance_warn_accountant(str(error))
