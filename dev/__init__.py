"""Development environment of relance_fr: a real Odoo 19 on a bare Debian machine.

Nothing here belongs to the product. ``python3 -m dev.setup`` builds everything below one cache
folder; every other command (``dev.odoo``, ``dev.test``, ``dev.lint`` ...) sets up what is missing first.
"""
