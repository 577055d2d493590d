"""The day that computed fields are asked for."""

from odoo import fields


def shown_day(env):
    """Return the day of ``relance_date`` in the context of ``env``; None: each company's today.

    For computed fields alone, which take no argument. A person who calls a method passes the day.
    """
    return fields.Date.to_date(env.context.get("relance_date")) or None
