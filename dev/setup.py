"""Build the whole environment; what exists is kept, so a second call is quick."""

from . import databases, odoo_home, postgres, python_env, tools
from .console import say


def main(_arguments):
    """Set up everything and say where it is."""
    python_env.find()
    odoo_home.find()
    tools.environment()
    postgres.environment()
    databases.base_template()
    say("set-up complete")
