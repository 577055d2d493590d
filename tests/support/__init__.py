"""What the system tests stand on: databases of their own, a running Odoo, an SMTP server.

See the fixtures in ``tests/conftest.py``.
"""
