"""What the commands print: steps with their duration, waits that show they live, one-line errors."""

import contextlib
import subprocess
import sys
import threading
import time

#: A wait longer than this shows a line, and one more each time it passes again (seconds).
PATIENCE = 5

#: Locks held (file descriptors) that a program we run holds too: when we are killed and it goes on,
#: nobody builds the same thing beside it.
held_locks = set()


class SetupError(Exception):
    """A step that cannot be done; its text is one line that says what to set instead."""


def say(text):
    """Print one line on standard error, where the commands report their progress."""
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def step(title):
    """Announce a step, show that it is alive while it lasts, and say how long it took."""
    start = time.monotonic()
    done = threading.Event()

    def tick():
        while not done.wait(PATIENCE):
            say(f"   ... {title}: {time.monotonic() - start:.0f} s")

    say(f"-> {title}")
    ticker = threading.Thread(target=tick, daemon=True)
    ticker.start()
    try:
        yield
    finally:
        done.set()
        ticker.join()
    say(f"   done in {time.monotonic() - start:.1f} s")


def run(command, advice, **options):
    """Run a command quietly and return its output.

    :param advice: what to do instead, the end of the error line
    :raise SetupError: when the command fails or does not exist
    """
    command = [str(part) for part in command]
    options.setdefault("pass_fds", tuple(held_locks))
    try:
        result = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            **options,
        )
    except OSError as error:
        raise SetupError(f"cannot run {command[0]}: {error.strerror}; {advice}") from error
    if result.returncode:
        tail = " | ".join(result.stdout.strip().splitlines()[-3:])
        raise SetupError(f"{command[0]} failed ({tail}); {advice}")
    return result.stdout


def entry(function):
    """Run a command's entry point; a step that cannot be done ends it with one line and status 2."""
    try:
        sys.exit(function() or 0)
    except SetupError as error:
        say(f"error: {error}")
        sys.exit(2)
    except KeyboardInterrupt:
        say("interrupted")
        sys.exit(130)
