"""Measure a step inside Odoo: statements, processor time of Python and of its database session, memory, clock."""

import contextlib
import os
import resource
import time
from pathlib import Path

from odoo import sql_db

_TICKS = os.sysconf("SC_CLK_TCK")


class Meter:
    """Measures of the steps of one process; ``steps`` is a list of dicts that JSON can hold.

    ``peak_mb`` is the highest memory of the process during the step, above what Odoo used before the first one.
    """

    def __init__(self, env):
        self.env = env
        self.steps = []
        self.start = _memory("VmRSS")
        env.cr.execute("SELECT pg_backend_pid()")
        [self.backend] = env.cr.fetchone()

    @contextlib.contextmanager
    def step(self, name, count=1):
        """Measure what is done inside, flushed and committed; ``count`` is the number of things it treats."""
        self.env.flush_all()
        self.env.cr.commit()
        _reset_peak()
        before = self._read()
        yield
        self.env.flush_all()
        self.env.cr.commit()
        after = self._read()
        self.steps.append(
            {
                "step": name,
                "count": count,
                **{key: round(after[key] - before[key], 4) for key in before},
                "peak_mb": round((_memory("VmHWM") - self.start) / 1024, 1),
            }
        )

    def _read(self):
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return {
            "statements": sql_db.sql_counter,
            "python_s": time.process_time(),
            "children_s": children.ru_utime + children.ru_stime,
            "database_s": _backend_seconds(self.backend),
            "clock_s": time.monotonic(),
        }


def _backend_seconds(pid):
    """Return the processor time of a database session in seconds, 0 when the server is on another machine."""
    try:
        fields = Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _memory(name):
    """Return a line of the process's status in KB: ``VmRSS`` now, ``VmHWM`` its peak."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    raise KeyError(name)


def _reset_peak():
    """Let the peak of memory start anew from what is used now (proc_pid_clear_refs(5))."""
    Path("/proc/self/clear_refs").write_text("5")
