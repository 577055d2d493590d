"""The day that computed fields are asked for, and the day that new records start with."""

from odoo import fields


def shown_day(env):
    """Return the day of ``relance_date`` in the context of ``env``; None: each company's today.

    For computed fields alone, which take no argument. A person who calls a method passes the day.
    """
    return fields.Date.to_date(env.context.get("relance_date")) or None


def company_day(records):
    """Return the day it is for the company a new record is made for: the default of a date, never the user's day."""
    # A default may name a company whose card the user does not read.
    companies_sudo = records.env["res.company"].sudo()
    company_id = records.env.context.get("default_company_id")
    company_sudo = companies_sudo.browse(company_id if isinstance(company_id, int) else None).exists()
    return (company_sudo or records.env.company)._relance_today()


def fill_company_day(env, vals_list, name):
    """Return ``vals_list`` with the day of their company as ``name``, where they name a company and no day."""
    # The same.
    companies_sudo = env["res.company"].sudo()
    return [
        {**vals, name: companies_sudo.browse(vals["company_id"])._relance_today()}
        if vals.get("company_id") and isinstance(vals["company_id"], int) and name not in vals
        else vals
        for vals in vals_list
    ]
