"""The nightly job of scores, inside Odoo: payments copied by SQL on the rows of :mod:`bench.rows`, then the job."""

from datetime import timedelta
from unittest.mock import patch

from odoo.tools import SQL

from .meter import Meter
from .rows import PER_DEBTOR, TODAY, _amounts, _copy, _make_invoice


def pay(env):
    """Pay all invoices of each debtor but one, 10 days early to 34 days late."""
    debtor = env["res.partner"].search([("name", "=", "Client 1")])
    invoice = _make_invoice(env, debtor, TODAY)
    register = env["account.payment.register"].with_context(active_model="account.move", active_ids=invoice.ids)
    payment = register.create({"payment_date": TODAY - timedelta(days=20)})._create_payments()
    env.flush_all()
    match = env["account.partial.reconcile"].search([("debit_move_id", "in", invoice.line_ids.ids)])
    env.cr.execute(
        """
        CREATE TEMPORARY TABLE bench_payment AS
        SELECT line.rank, line.id AS debit_id, line.partner_id, nextval('account_move_id_seq') AS id,
               nextval('account_move_line_id_seq') AS credit_id, line.amount / 100 AS factor,
               line.due + (line.rank * 7 %% 45)::int - 10 AS day
          FROM (SELECT id, partner_id, amount_currency AS amount, date_maturity AS due,
                       row_number() OVER (ORDER BY id) AS rank
                  FROM account_move_line
                 WHERE display_type = 'payment_term' AND parent_state = 'posted' AND move_id <> %s
               ) line
         WHERE line.rank %% %s <> 0
        """,
        [invoice.id, PER_DEBTOR],
    )
    _copy_payments(env, payment.move_id, match)
    env.execute_query(
        SQL(
            """
            UPDATE account_move_line SET reconciled = TRUE, amount_residual = 0, amount_residual_currency = 0
             WHERE id IN (SELECT debit_id FROM bench_payment) RETURNING 1
            """
        )
    )
    env.cr.execute("DROP TABLE bench_payment")
    env.invalidate_all()
    env.cr.execute("ANALYZE account_move, account_move_line, account_partial_reconcile")


def _copy_payments(env, entry, match):
    moves = {
        "id": SQL("new.id"),
        "partner_id": SQL("new.partner_id"),
        "commercial_partner_id": SQL("new.partner_id"),
        "name": SQL("'PAY/' || new.rank"),
        "sequence_prefix": SQL("'PAY/'"),
        "sequence_number": SQL("new.rank"),
        "date": SQL("new.day"),
        **_amounts("amount_total", "amount_total_signed", "amount_total_in_currency_signed"),
    }
    _copy(env, "account_move", SQL("bench_payment new JOIN account_move old ON old.id = %s", entry.id), moves)
    lines = {
        "id": SQL(
            "CASE WHEN old.id = %s THEN new.credit_id ELSE nextval('account_move_line_id_seq') END",
            match.credit_move_id.id,
        ),
        "move_id": SQL("new.id"),
        "partner_id": SQL("new.partner_id"),
        "date": SQL("new.day"),
        **_amounts("debit", "credit", "balance", "amount_currency", "amount_residual", "amount_residual_currency"),
    }
    source = SQL("bench_payment new JOIN account_move_line old ON old.move_id = %s", entry.id)
    _copy(env, "account_move_line", source, lines)
    matches = {
        "id": SQL("nextval('account_partial_reconcile_id_seq')"),
        "debit_move_id": SQL("new.debit_id"),
        "credit_move_id": SQL("new.credit_id"),
        "max_date": SQL("new.day"),
        **_amounts("amount", "debit_amount_currency", "credit_amount_currency"),
    }
    source = SQL("bench_payment new JOIN account_partial_reconcile old ON old.id = %s", match.id)
    _copy(env, "account_partial_reconcile", source, matches)


def score(env):
    """Run the job on a ledger it has not seen, the next night with the presets on, and once more without a change."""
    company = env.company
    debtors = env["res.partner"].search_count([("name", "=like", "Client %")])
    meter = Meter(env)
    with patch.object(type(env["res.company"]), "_relance_today", lambda company: TODAY):
        with meter.step("first night", debtors):
            company._relance_refresh_profiles()
        segments = env["relance.segment"].with_context(active_test=False).search([])
        with patch.object(type(env["res.company"]), "_relance_assign_segments_soon", lambda company: None):
            segments.active = True
        with meter.step("presets switched on", debtors):
            company._relance_refresh_profiles()
    with patch.object(type(env["res.company"]), "_relance_today", lambda company: TODAY + timedelta(days=1)):
        with meter.step("next night", debtors):
            company._relance_refresh_profiles()
        with meter.step("again, nothing new", debtors):
            company._relance_refresh_profiles()
    profiles = env["relance.partner.profile"]
    made = {
        "profiles": profiles.search_count([]),
        "scored": profiles.search_count([("status", "=", "scored")]),
        "in a segment": profiles.search_count([("segment_id", "!=", False)]),
    }
    return {"steps": meter.steps, "made": made}
