"""No letters today: the converter is missing, crashes or hangs, the disk is read-only or full; then all is well again.

E-mails without a letter leave meanwhile. Notices with one keep their number, say why they wait, and a person is told
once, however often the job tries.
"""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from dev import postgres
from dev.smtp import Sink
from faults import checks
from faults.sizes import FEW, some

_WRAPPER = """#!/bin/sh
case "$*" in *--version*) exec {real} --version;; esac
{fault}
"""
FAULTS = {"crashes with a status": "exit 3", "is killed by a signal": "kill -SEGV $$", "hangs": "exec sleep 600"}
_WAITING = """
    SELECT notice.state, notice.name, notice.failure_reason FROM relance_notice notice
      JOIN relance_level level ON level.id = notice.level_id WHERE level.with_letter
"""
_TOLD = """
    SELECT activity.summary FROM mail_activity activity
      JOIN res_company company ON company.partner_id = activity.res_id
     WHERE activity.res_model = 'res.partner' AND activity.active
"""


@pytest.fixture
def wkhtmltopdf(tmp_path):
    """Return a function that gives the variables of a process whose wkhtmltopdf is faulty, or missing (no fault)."""

    def make(fault=None):
        from dev import launcher

        found = launcher.environment()["PATH"].split(os.pathsep)
        real = shutil.which("wkhtmltopdf", path=os.pathsep.join(found))
        folders = [folder for folder in found if not Path(folder, "wkhtmltopdf").exists()]
        if fault:
            own = tmp_path / "bin"
            own.mkdir(exist_ok=True)
            program = own / "wkhtmltopdf"
            program.write_text(_WRAPPER.format(real=real, fault=fault), encoding="utf-8")
            program.chmod(program.stat().st_mode | stat.S_IXUSR)
            folders.insert(0, str(own))
        return {"PATH": os.pathsep.join(folders)}

    return make


def _hold_letters_back(debtors, jobs, tmp_path, database, environment, said):
    """Run the jobs twice under the fault, then once without; check what left when."""
    letters = len(range(0, FEW, 5))
    with Sink(tmp_path / "mail") as sink:
        jobs(database, sink, rounds=2, environment=environment).finish()
        assert len(checks.to_debtors(sink)) == FEW - letters
        waiting = database.query(_WAITING)
        assert {state for state, _name, _reason in waiting} == {"draft"} and len(waiting) == letters
        assert len({name for _state, name, _reason in waiting} - {"/"}) == letters
        assert all(said in (reason or "") for _state, _name, reason in waiting), waiting[0]
        told = [summary for (summary,) in database.query(_TOLD)]
        assert len(told) == 1 and said in told[0], told
        done = jobs(database, sink).finish()
        assert checks.outcome(database, sink, FEW, done) == 0
        reasons = database.query("SELECT failure_reason FROM relance_notice WHERE failure_reason IS NOT NULL")
        assert reasons == []


def test_wkhtmltopdf_is_missing(debtors, jobs, wkhtmltopdf, tmp_path, figures):
    database = debtors(FEW)
    _hold_letters_back(debtors, jobs, tmp_path, database, wkhtmltopdf(), "wkhtmltopdf")
    figures.append({"fault": "wkhtmltopdf missing, then there", "notices": FEW, "came twice": 0})


@pytest.mark.parametrize("fault", some(FAULTS, "hangs"))
def test_wkhtmltopdf_is_broken(debtors, jobs, wkhtmltopdf, tmp_path, figures, fault):
    database = debtors(FEW)
    database.query(
        "INSERT INTO ir_config_parameter (key, value) VALUES ('relance_fr.letter_timeout', '2')"
        " ON CONFLICT (key) DO UPDATE SET value = '2'"
    )
    _hold_letters_back(debtors, jobs, tmp_path, database, wkhtmltopdf(FAULTS[fault]), "wkhtmltopdf")
    figures.append({"fault": f"wkhtmltopdf {fault}", "notices": FEW, "came twice": 0})


def _filestore(database):
    return postgres.data_dir() / "filestore" / database.name


def test_filestore_is_read_only(debtors, jobs, tmp_path, figures):
    database = debtors(FEW)
    folders = [path for path in _filestore(database).rglob("*") if path.is_dir()] + [_filestore(database)]
    _lock(folders)
    try:
        letters = len(range(0, FEW, 5))
        with Sink(tmp_path / "mail") as sink:
            jobs(database, sink, rounds=1).finish()
            assert len(checks.to_debtors(sink)) == FEW - letters
            assert all(reason for _state, _name, reason in database.query(_WAITING))
            assert len(database.query(_TOLD)) == 1
            _unlock(folders)
            done = jobs(database, sink).finish()
            assert checks.outcome(database, sink, FEW, done) == 0
    finally:
        _unlock(folders)
    figures.append({"fault": "filestore read-only, then writable", "notices": FEW, "came twice": 0})


def _lock(folders):
    """Forbid new files in folders: by their mode, or by an attribute that binds root too."""
    if os.geteuid():
        for folder in folders:
            folder.chmod(0o555)
    elif shutil.which("chattr") is None or _chattr("+i", folders):
        pytest.skip("as root only a file system with the immutable attribute can be made read-only")


def _unlock(folders):
    if os.geteuid():
        for folder in folders:
            folder.chmod(0o755)
    elif shutil.which("chattr"):
        _chattr("-i", folders)


def _chattr(mode, folders):
    return subprocess.run(["chattr", mode, *map(str, folders)], capture_output=True, check=False).returncode


@pytest.mark.whole
def test_disk_is_full(debtors, jobs, tmp_path, figures):
    """A small file system in place of the filestore, with room for less than one letter; then there is room again."""
    database = debtors(FEW)
    store = _filestore(database)
    kept = store.with_name(f"{store.name}_kept")
    store.rename(kept)
    store.mkdir()
    try:
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200m", "tmpfs", store], check=False).returncode:
            pytest.skip("a small file system can only be mounted by root")
        shutil.copytree(kept, store, dirs_exist_ok=True)
        ballast = store / "ballast"
        ballast.write_bytes(bytes(shutil.disk_usage(store).free - 16_384))
        with Sink(tmp_path / "mail") as sink:
            jobs(database, sink, rounds=1).finish()
            waiting = [reason for state, _name, reason in database.query(_WAITING) if state == "draft"]
            assert waiting and all("No space left" in reason for reason in waiting), waiting
            assert len(checks.to_debtors(sink)) == FEW - len(waiting)
            ballast.unlink()
            done = jobs(database, sink).finish()
            assert checks.outcome(database, sink, FEW, done) == 0
    finally:
        subprocess.run(["umount", store], capture_output=True, check=False)
        shutil.rmtree(store)
        kept.rename(store)
    figures.append({"fault": "disk full, then larger", "notices": FEW, "came twice": 0})
