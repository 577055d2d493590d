"""Open instalments in bulk, inside Odoo: one debtor and one invoice made by the ORM, then copied by SQL.

Every column of the models is copied, links between the copies are followed, so that a copy differs from
what the ORM would have posted by its dates, its amount and its number only. Posting through the ORM
takes 60 ms an invoice; this takes 60 ms a thousand.
"""

from datetime import date, timedelta

from odoo import Command
from odoo.tools import SQL

#: The day everything is measured for: rates are known, 2 000 debtors are late.
TODAY = date(2026, 10, 15)
PER_DEBTOR = 5
#: Instalments fell due between these numbers of days ago.
YOUNGEST, OLDEST = 11, 190


def build(env, instalments, today=TODAY, per_debtor=PER_DEBTOR, ages=(YOUNGEST, OLDEST)):
    """Make ``instalments`` posted invoices of one instalment each, ``per_debtor`` a debtor, all overdue on ``today``.

    :param ages: they fell due from the first number of days before ``today`` on, less than the second
    """
    company = env.company
    company.write({"name": "Atelier du Rhône", "country_id": env.ref("base.fr").id, "zip": "69002", "city": "Lyon"})
    company.write({"street": "3 place Bellecour", "email": "compta@atelier.example.com"})
    env["account.chart.template"].try_loading("fr", company=company, install_demo=False)
    # Complete, with a bank nobody looks at: what is measured is sent at once.
    company.write({"company_registry": "30326504500017", "report_footer": "<p>SARL, RCS Lyon 303 265 045</p>"})
    env["res.partner.bank"].create({"acc_number": "FR1420041010050500013M02606", "partner_id": company.partner_id.id})
    if "relance.notice" in env:
        company.write({"relance_signatory_id": env.ref("base.user_admin").id, "relance_bank_max_age": 0})
        company.write({"relance_recall_minutes": 0, "relance_working_days": False})
    debtor = _make_debtor(env)
    invoice = _make_invoice(env, debtor, today)
    env.flush_all()
    debtors = instalments // per_debtor
    _copy_debtors(env, debtor, debtors)
    _copy_invoices(env, invoice, instalments, today, per_debtor, ages)
    env.execute_query(SQL("DELETE FROM account_move_line WHERE move_id = %s RETURNING id", invoice.id))
    env.execute_query(SQL("DELETE FROM account_move WHERE id = %s RETURNING id", invoice.id))
    env.cr.execute("DROP TABLE bench_debtor, bench_invoice")
    env.invalidate_all()
    # What autovacuum does within a minute of any such load.
    env.cr.execute("ANALYZE res_partner, account_move, account_move_line")


def _make_debtor(env):
    return env["res.partner"].create(
        {
            "name": "Client",
            "is_company": True,
            "company_registry": "300000014",
            "email": "compta@client.example.com",
            "street": "1 rue de la République",
            "zip": "69001",
            "city": "Lyon",
            "country_id": env.ref("base.fr").id,
            "lang": "fr_FR",
        }
    )


def _make_invoice(env, debtor, today):
    account = env["account.account"].search([("account_type", "=", "income")], limit=1)
    line = {"name": "Prestation", "price_unit": 100.0, "account_id": account.id, "tax_ids": []}
    invoice = env["account.move"].create(
        {
            "move_type": "out_invoice",
            "partner_id": debtor.id,
            "invoice_date": today - timedelta(days=60),
            "invoice_date_due": today - timedelta(days=30),
            "invoice_payment_term_id": False,
            "invoice_line_ids": [Command.create(line)],
        }
    )
    invoice.action_post()
    if "relance_entered_on" in invoice._fields:
        # It was entered with its date, not on the day of the benchmark.
        invoice.relance_entered_on = invoice.invoice_date
    return invoice


def _copy_debtors(env, debtor, count):
    env.cr.execute(
        """
        CREATE TEMPORARY TABLE bench_debtor AS
        SELECT rank, nextval('res_partner_id_seq') AS id FROM generate_series(1, %s) AS debtor (rank)
        """,
        [count],
    )
    name = SQL("'Client ' || new.rank")
    _copy(
        env,
        "res_partner",
        SQL("bench_debtor new JOIN res_partner old ON old.id = %s", debtor.id),
        {
            "id": SQL("new.id"),
            "commercial_partner_id": SQL("new.id"),
            "name": name,
            "complete_name": name,
            "email": SQL("'compta@client' || new.rank || '.example.com'"),
            "email_normalized": SQL("'compta@client' || new.rank || '.example.com'"),
        },
    )


def _copy_invoices(env, invoice, count, today, per_debtor, ages):
    """Copy the invoice: amounts of 50.00 to 9 999.99 EUR, due dates spread evenly."""
    youngest, oldest = ages
    env.cr.execute(
        """
        CREATE TEMPORARY TABLE bench_invoice AS
        SELECT invoice.rank, nextval('account_move_id_seq') AS id, debtor.id AS partner_id,
               (5000 + invoice.rank::bigint * 7919 %% 995000)::numeric / 10000 AS factor,
               %s::date - (%s + invoice.rank * 31 %% %s)::int AS due
          FROM generate_series(1, %s) AS invoice (rank)
          JOIN bench_debtor debtor ON debtor.rank = 1 + (invoice.rank - 1) / %s
        """,
        [today, youngest, oldest - youngest, count, per_debtor],
    )
    # The first number is the copied invoice's.
    rank = SQL("(new.rank + 1)::text")
    number = SQL("%s || lpad(%s, GREATEST(5, length(%s)), '0')", invoice.sequence_prefix, rank, rank)
    moves = {
        "id": SQL("new.id"),
        "partner_id": SQL("new.partner_id"),
        "commercial_partner_id": SQL("new.partner_id"),
        "partner_shipping_id": SQL("new.partner_id"),
        "name": number,
        "payment_reference": number,
        "sequence_number": SQL("new.rank + 1"),
        "invoice_date": SQL("new.due - 30"),
        "date": SQL("new.due - 30"),
        "invoice_date_due": SQL("new.due"),
        "access_token": SQL("NULL"),
        **_amounts("amount_untaxed", "amount_total", "amount_residual", "amount_untaxed_signed", "amount_total_signed",
                   "amount_total_in_currency_signed", "amount_residual_signed", "amount_untaxed_in_currency_signed"),
    }  # fmt: skip
    _copy(env, "account_move", SQL("bench_invoice new JOIN account_move old ON old.id = %s", invoice.id), moves)
    lines = {
        "id": SQL("nextval('account_move_line_id_seq')"),
        "move_id": SQL("new.id"),
        "move_name": number,
        "partner_id": SQL("new.partner_id"),
        "invoice_date": SQL("new.due - 30"),
        "date": SQL("new.due - 30"),
        "date_maturity": SQL("CASE WHEN old.date_maturity IS NOT NULL THEN new.due END"),
        **_amounts("debit", "credit", "balance", "amount_currency", "amount_residual", "amount_residual_currency",
                   "price_unit", "price_subtotal", "price_total"),
    }  # fmt: skip
    source = SQL("bench_invoice new JOIN account_move_line old ON old.move_id = %s", invoice.id)
    _copy(env, "account_move_line", source, lines)


def _amounts(*names):
    """Return the amounts of a copy, the invoice copied being of 100 EUR."""
    return {name: SQL("round(%s * new.factor, 2)", SQL.identifier("old", name)) for name in names}


def _copy(env, table, source, changes):
    """Copy rows of ``old`` for each row of ``new``, with the columns of ``changes`` computed anew."""
    rows = env.execute_query(
        SQL(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND table_schema = 'public'"
            " AND is_generated = 'NEVER'",
            table,
        )
    )
    names = [row[0] for row in rows]
    unknown = set(changes) - set(names)
    if unknown:
        raise ValueError(f"{table} has no column {', '.join(sorted(unknown))}")
    env.execute_query(
        SQL(
            "WITH made AS (INSERT INTO %s (%s) SELECT %s FROM %s RETURNING id) SELECT count(*) FROM made",
            SQL.identifier(table),
            SQL(", ").join(map(SQL.identifier, names)),
            SQL(", ").join(changes.get(name, SQL.identifier("old", name)) for name in names),
            source,
        )
    )
