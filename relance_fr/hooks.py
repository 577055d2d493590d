from odoo.tools import SQL

from .tools.due_date import DUE_DATE
from .tools.open_items import OPEN_ITEM


def post_init_hook(env):
    """Put existing companies and invoices in the calendar, set-based; nobody is dunned before a person looked.

    A company that already has overdue invoices starts with automatic sending
    off: everything the daily job drafts waits for approval.
    """
    companies = env["res.company"].search([])
    standard = env.ref("relance_fr.relance_calendar_standard")
    companies.filtered(lambda company: not company.relance_calendar_id and not company.parent_id).write(
        {"relance_calendar_id": standard.id}
    )
    overdue = env.execute_query(
        SQL(
            """
            SELECT DISTINCT line.company_id
              FROM account_move_line line
              JOIN account_move move ON move.id = line.move_id
             WHERE %s AND %s < CURRENT_DATE
            """,
            OPEN_ITEM,
            DUE_DATE,
        )
    )
    companies.browse([row[0] for row in overdue]).write({"relance_automatic": False})
    env["relance.decision"]._refresh_progress(companies=companies, condition=SQL("move.state = 'posted'"))
    env["relance.register"]._resume_all()


def uninstall_hook(env):
    """Leave the head of every register, from which another installation goes on: no number is ever given twice."""
    env["relance.register"]._leave_heads()
