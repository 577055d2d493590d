"""Simulations on a large ledger, inside Odoo: the days to come, then days that are over."""

from datetime import timedelta
from unittest.mock import patch

from .meter import Meter
from .rows import TODAY


def simulate(env):
    """Simulate a month and a quarter to come, and the last quarter, as the screen does."""
    standard = env.ref("relance_fr.relance_calendar_standard")
    env.company.write({"relance_calendar_id": standard.id, "relance_automatic": True})
    debtors = env["res.partner"].search_count([("name", "=like", "Client %")])
    meter, made = Meter(env), {}
    ranges = {"next 31 days": (0, 30), "next 92 days": (0, 91), "last 92 days": (-92, -1)}
    with patch.object(type(env["res.company"]), "_relance_today", lambda company: TODAY):
        for name, (first, last) in ranges.items():
            days = {"date_from": TODAY + timedelta(first), "date_to": TODAY + timedelta(last)}
            simulation = env["relance.simulation"].create(days)
            with meter.step(name, debtors):
                simulation.action_simulate()
            made[f"notices of the {name}"] = len(simulation.row_ids)
    return {"steps": meter.steps, "made": made}
