"""Run Python inside Odoo on one of our databases, and get its result back."""

import json
import tempfile
from pathlib import Path

from . import launcher

_SCRIPT = """
import json as _json
values = _json.loads({values!r})
result = None
exec(compile({code!r}, {name!r}, "exec"))
env.cr.commit()
with open({output!r}, "w") as _stream:
    _json.dump(result, _stream, default=str)
"""


class ScriptError(Exception):
    """A script that failed inside Odoo; its text is the end of what Odoo said."""


def text_of(code, output, name="<script>", **values):
    """Return the script that :func:`run` gives a shell of Odoo; it writes its result to the file ``output``."""
    return _SCRIPT.format(code=code, name=name, values=json.dumps(values, default=str), output=str(output))


def run(database, code, name="<script>", **values):
    """Run ``code`` in a shell of Odoo, commit, and return ``(result, log)``.

    The code finds ``env`` (the superuser's) and the dict ``values``; what it leaves in ``result``
    comes back. Both must be what JSON can hold; dates and the like become texts.

    :raise ScriptError: when the code fails; nothing of what it did since its last commit is kept
    """
    with tempfile.TemporaryDirectory() as folder:
        source, output, log = Path(folder, "script.py"), Path(folder, "result.json"), Path(folder, "log")
        source.write_text(text_of(code, output, name, **values), encoding="utf-8")
        with source.open("rb") as stdin, log.open("wb") as said:
            launcher.call("shell", "-d", database, "--no-http", stdin=stdin, stdout=said, stderr=said)
        text = log.read_text(encoding="utf-8", errors="replace")
        if not output.exists():
            raise ScriptError(text[-3000:])
        return json.loads(output.read_text(encoding="utf-8")), text
