"""Build a folder once, whole or not at all, no matter who else is building at the same time."""

import contextlib
import fcntl
import os
import shutil

from .console import held_locks, say, step
from .paths import cache_dir

_held = set()


@contextlib.contextmanager
def lock(name):
    """Hold the lock ``name`` of the cache; say so when another process has it.

    The lock belongs to the process and to the programs it runs meanwhile: taking it again inside is
    harmless, and it is free when all of them have ended, however they did.
    """
    if name in _held:
        yield
        return
    path = cache_dir() / f"{name}.lock"
    with open(path, "a+", encoding="utf-8") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"   another process holds {path}, waiting for it")
            with step(f"waiting for {name}"):
                fcntl.flock(stream, fcntl.LOCK_EX)
        _held.add(name)
        held_locks.add(stream.fileno())
        try:
            yield
        finally:
            _held.discard(name)
            held_locks.discard(stream.fileno())


def folder(path, title, make):
    """Return ``path``, made by ``make(temporary folder)`` when it does not exist yet.

    The work is done under another name and renamed when complete, so that what a killed
    process left behind is never used: it is thrown away and made again.
    """
    if path.exists():
        return path
    with lock("setup"):
        if path.exists():
            return path
        temporary = path.with_name(f".{path.name}.building")
        remove(temporary)
        temporary.mkdir(parents=True)
        with step(title):
            make(temporary)
            os.rename(temporary, path)
    return path


def folder_in_place(path, title, make):
    """Do as :func:`folder` for what cannot be renamed (its files hold its own path).

    A file written last says that it is complete; without it the folder is made again.
    """
    complete = path / ".complete"
    if complete.exists():
        return path
    with lock("setup"):
        if complete.exists():
            return path
        remove(path)
        with step(title):
            make(path)
            complete.touch()
    return path


def remove(path):
    """Delete a folder or file of the cache, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif path.exists() or path.is_symlink():
        path.unlink()
