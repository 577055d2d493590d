"""Where things are: the checkout, the cache, and the names of what is ours on a database server."""

import hashlib
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ADDON = ROOT / "relance_fr"

#: Every database made by this project starts with it; no other database is ever touched.
DATABASE_PREFIX = "relance_fr_"


def cache_dir():
    """Return the folder that holds everything fetched or built, outside the checkout."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    path = Path(home) / "relance_fr"
    path.mkdir(parents=True, exist_ok=True)
    return path


def digest(*parts, length=10):
    """Return a short key that changes when one of the texts or bytes changes."""
    sha = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode()
        sha.update(len(data).to_bytes(8, "big") + data)
    return sha.hexdigest()[:length]


def tree_digest(folder, skip=(), length=10):
    """Return a key of the names and contents below ``folder``.

    :param skip: names of folders left out wherever they are (``__pycache__`` always is)
    """
    sha = hashlib.sha256()
    skipped = {"__pycache__", *skip}
    for base, folders, files in os.walk(folder):
        folders[:] = sorted(set(folders) - skipped)
        for name in sorted(files):
            path = os.path.join(base, name)
            sha.update(os.path.relpath(path, folder).encode() + b"\0")
            with open(path, "rb") as stream:
                sha.update(hashlib.sha256(stream.read()).digest())
    return sha.hexdigest()[:length]
