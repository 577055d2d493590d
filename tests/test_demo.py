"""The demo, run as ``make demo`` runs it: what it prints holds against its database, its e-mails and its files."""

import doctest
import hashlib
import importlib
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections import Counter
from datetime import date, timedelta
from email import message_from_bytes, policy
from types import SimpleNamespace

import pytest

from dev import databases, demo_ledger, demo_story
from dev.paths import ROOT, cache_dir

#: A day whose legal rates are known, whenever the test runs; a Friday.
LAST_DAY = date(2025, 12, 19)


def run(*arguments):
    """Run the demo to its end and return it finished."""
    command = [sys.executable, "dev", "demo", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Make the demo in a database and a folder of its own, not served."""
    folder = tmp_path_factory.mktemp("demo")
    name = f"{databases.DATABASE_PREFIX}demo_test_{os.getpid()}"
    options = ["--database", name, "--folder", str(folder)]
    finished = run(*options, "--until", str(LAST_DAY), "--no-serve")
    assert finished.returncode == 0, finished.stderr[-3000:]
    files = folder / name
    summary = json.loads((files / "summary.json").read_text(encoding="utf-8"))
    yield SimpleNamespace(name=name, options=options, finished=finished, summary=summary, files=files)
    databases.drop(name)
    (cache_dir() / f"demo-{name}.lock").unlink()


@pytest.fixture
def query(demo):
    """Return a function that runs one SQL statement on the demo database and gives its rows."""
    with databases.connection(demo.name) as connection, connection.cursor() as cursor:

        def execute(sql, *parameters):
            cursor.execute(sql, parameters or None)
            return cursor.fetchall()

        yield execute


def mails(demo):
    """Return the e-mails the SMTP server kept."""
    paths = sorted((demo.files / "mail").glob("*.eml"))
    return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in paths]


# -- what is printed


def test_every_step_shows_progress(demo):
    days = re.findall(r"^   (\d{4}-\d\d-\d\d) \w{3}: \w", demo.finished.stderr, re.M)
    assert len(days) == demo_ledger.STORY_DAYS
    assert days[-1] == str(LAST_DAY)
    assert days[0] == demo.summary["first_day"]


def test_summary_printed_is_the_one_of_the_database(demo, query):
    rows = query(
        """
        SELECT notice.kind, notice.channel, notice.state, currency.name, count(*), sum(principal_amount)::text,
               sum(penalty_amount)::text, sum(indemnity_amount)::text, sum(total_amount)::text
          FROM relance_notice notice JOIN res_currency currency ON currency.id = notice.currency_id
      GROUP BY 1, 2, 3, 4
        """
    )
    names = ("kind", "channel", "state", "currency", "count", "principal", "penalty", "indemnity", "total")
    told = {tuple(row[name] for name in names) for row in demo.summary["notices"]}
    assert told == {(*row[:5], *(f"{float(amount):.2f}" for amount in row[5:])) for row in rows}
    printed = demo.finished.stdout
    for kind, channel, state, currency, count, *_parts, total in told:
        words = (kind, channel, state.replace("_", " "), str(count))
        pattern = r"\s+".join(map(re.escape, words)) + rf"\s.*\b{re.escape(total)} {currency}$"
        assert re.search(pattern, printed, re.M), f"{words} {total} {currency} is not in\n{printed}"


def test_story_shows_every_kind_and_channel(demo):
    sent = {(row["kind"], row["channel"]) for row in demo.summary["notices"] if row["state"] == "sent"}
    kinds = {kind for kind, _channel in sent}
    assert kinds == {"preventive", "courtesy", "firm", "formal", "final"}
    assert {channel for _kind, channel in sent} == {"email", "letter", "registered"}
    assert {row["currency"] for row in demo.summary["notices"]} == {"EUR", "CHF"}


def test_nothing_leaves_on_a_day_of_rest(query):
    # The days played hold week-ends and no public holiday.
    days = [
        day for (day,) in query("SELECT DISTINCT date FROM relance_notice WHERE state = 'sent' AND seal IS NOT NULL")
    ]
    assert days
    assert [day for day in days if day.weekday() > 4] == []


def test_claimed_counts_each_instalment_once(demo, query):
    rows = query(
        """
        SELECT currency.name, sum(principal_amount), sum(total_amount)
          FROM (SELECT DISTINCT ON (line_id) * FROM relance_notice_line WHERE state = 'sent'
              ORDER BY line_id, date DESC, id DESC) last
          JOIN res_currency currency ON currency.id = last.currency_id
      GROUP BY 1
        """
    )
    claimed = {currency: (sums["principal"], sums["total"]) for currency, sums in demo.summary["claimed"].items()}
    assert claimed == {currency: (f"{principal:.2f}", f"{total:.2f}") for currency, principal, total in rows}


# -- e-mails and files


def test_each_mail_is_the_one_of_a_notice_or_of_a_payment_to_come(demo, query):
    sent = query(
        """
        SELECT notice.email_to FROM relance_notice notice JOIN mail_mail mail ON mail.id = notice.mail_id
         WHERE mail.state = 'sent'
         UNION ALL
        SELECT email_to FROM relance_commitment_reminder WHERE sent_on IS NOT NULL
        """
    )
    received = mails(demo)
    assert sent
    assert Counter(message["X-Envelope-To"] for message in received) == Counter(address for (address,) in sent)
    assert len(received) == demo.summary["received"] == demo.summary["emails"]


def test_mails_carry_whole_pdf_files(demo, query):
    names = {
        name
        for (name,) in query(
            "SELECT file.name FROM ir_attachment file JOIN relance_notice notice ON notice.attachment_id = file.id"
        )
    }
    promised = {address for (address,) in query("SELECT email_to FROM relance_commitment_reminder")}
    letters = 0
    for message in mails(demo):
        files = {part.get_filename(): part.get_content() for part in message.iter_attachments()}
        # The reminder of a promised payment carries nothing.
        assert files or message["X-Envelope-To"] in promised, message["Subject"]
        assert all(content.startswith(b"%PDF") for content in files.values()), files.keys()
        letters += len(names & files.keys())
    formal = query(
        """
        SELECT count(*) FROM relance_notice notice JOIN mail_mail mail ON mail.id = notice.mail_id
         WHERE notice.kind IN ('formal', 'final') AND mail.state = 'sent'
        """
    )
    assert letters >= formal[0][0] > 0


def test_letters_exported_are_those_sealed(demo, query):
    sealed = {
        number.replace("/", "-"): json.loads(payload)["letter"]
        for number, payload in query("SELECT name, seal_payload FROM relance_notice WHERE seal IS NOT NULL")
    }
    paths = sorted((demo.files / "letters").glob("*.pdf"))
    assert len(paths) == demo.summary["letters"] > 0
    checked = 0
    for path in paths:
        content = path.read_bytes()
        assert content.startswith(b"%PDF"), path.name
        digest = sealed[path.name.split("_")[0]]
        if digest:
            assert hashlib.sha256(content).hexdigest() == digest, path.name
            checked += 1
    assert checked


def test_invoices_exported_are_pdf_files(demo):
    paths = list((demo.files / "invoices").glob("FAC-*.pdf"))
    assert len(paths) == demo.summary["invoice_pdfs"] > 0
    assert all(path.read_bytes().startswith(b"%PDF") for path in paths)


def test_registered_letters_are_posted_with_their_number(query):
    rows = query(
        """
        SELECT count(*), count(posted_date), count(tracking_number), count(presented_date), count(received_date)
          FROM relance_notice WHERE channel = 'registered' AND state = 'sent' AND date < %s
        """,
        LAST_DAY - timedelta(days=demo_story.LEFT_TO_POST),
    )
    [(letters, posted, tracked, presented, received)] = rows
    assert letters == posted == tracked
    assert posted >= presented >= received > 0


# -- the register


def test_register_is_a_whole_chain(demo, query):
    rows = query(
        """
        SELECT name, previous_seal, seal, seal_payload FROM relance_notice
         WHERE seal IS NOT NULL ORDER BY seal_sequence
        """
    )
    previous = "0" * 64
    for name, before, seal, payload in rows:
        assert before == previous, name
        assert hashlib.sha256((previous + payload).encode()).hexdigest() == seal, name
        previous = seal
    [register] = demo.summary["registers"]
    assert register["valid"]
    assert (register["first"], register["last"], register["checked"]) == (rows[0][0], rows[-1][0], len(rows))
    assert f"{rows[0][0]} to {rows[-1][0]}" in demo.finished.stdout


# -- who was dunned


def dunned_after(query, debtor, day):
    """Return the dates of the notices to a debtor after a day, those not sent yet included."""
    assert query("SELECT 1 FROM res_partner WHERE name = %s", debtor), debtor
    rows = query(
        """
        SELECT notice.date FROM relance_notice notice JOIN res_partner debtor ON debtor.id = notice.partner_id
         WHERE debtor.name = %s AND notice.date > %s AND notice.state NOT IN ('cancelled', 'failed')
        """,
        debtor,
        day,
    )
    return [day for (day,) in rows]


@pytest.mark.parametrize(
    ("debtor", "ago"),
    [
        ("Bréval Immobilier", 200),  # excluded
        ("Escaliers Moulin", 200),  # insolvent
        ("Agence Équinoxe Architecture", 200),  # keeps to its plan
        ("Décors Fantôme", 200),  # without any address
        ("Parquets Dujardin", 29),  # paid on account
        ("Vérandas Oriel", 15),  # paid by cheque before the first reminder
    ],
)
def test_nobody_is_dunned_who_must_not_be(query, debtor, ago):
    late = query(
        """
        SELECT move.name FROM account_move move JOIN res_partner debtor ON debtor.id = move.partner_id
         WHERE debtor.name = %s AND move.move_type = 'out_invoice' AND move.invoice_date_due < %s
        """,
        debtor,
        LAST_DAY - timedelta(days=8),
    )
    assert late, "a reminder would not have come by then: nothing is proved"
    assert dunned_after(query, debtor, demo_ledger.day_of(LAST_DAY, ago)) == []


def test_disputed_invoice_is_left_alone(query):
    rows = query(
        """
        SELECT hold.date_from, line.date FROM relance_hold hold
     LEFT JOIN relance_notice_line line ON line.move_id = hold.move_id AND line.state <> 'cancelled'
         WHERE hold.reason = 'dispute'
        """
    )
    assert rows
    assert [day for since, day in rows if day and day > since] == []
    # Dunned before the dispute, and its debtor is still dunned for what he does not dispute.
    assert any(day and day <= since for since, day in rows)
    assert dunned_after(query, "Cuisines Ôtaké", rows[0][0])


def test_nothing_paid_is_claimed(query):
    paid = query(
        """
        SELECT due.id, max(match.max_date) FROM account_move_line due
          JOIN account_partial_reconcile match ON match.debit_move_id = due.id
         WHERE due.display_type = 'payment_term' AND due.reconciled GROUP BY 1
        """
    )
    claimed = query("SELECT line_id, date FROM relance_notice_line WHERE state <> 'cancelled'")
    paid_on = dict(paid)
    assert any(line in paid_on for line, _day in claimed)
    assert [(line, day) for line, day in claimed if line in paid_on and day > paid_on[line]] == []


def test_refused_address_is_written_to_by_letter(demo, query):
    rows = query(
        """
        SELECT notice.channel, notice.state, notice.failure_reason
          FROM relance_notice notice JOIN res_partner debtor ON debtor.id = notice.partner_id
         WHERE debtor.name = 'Atelier Faïence de Quimperlé' ORDER BY notice.id
        """
    )
    assert demo.summary["refused"] >= 1
    assert rows[0][:2] == ("email", "failed")
    assert "no such mailbox" in rows[0][2]
    assert rows[1][:2] == ("letter", "sent")


# -- the command


def test_demo_kept_is_served_until_it_is_stopped(demo, query):
    [(before,)] = query("SELECT count(*) FROM account_move")
    process = subprocess.Popen(
        [sys.executable, "dev", "demo", *demo.options, "--keep"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        lines = iter(process.stdout.readline, "")
        url = next((line.strip() for line in lines if line.startswith("http://127.0.0.1:")), None)
        assert url, process.stderr.read()
        assert "admin, compta, facturation" in next(lines)
        with urllib.request.urlopen(f"{url}/web/login") as answer:
            assert answer.status == 200
    finally:
        process.send_signal(signal.SIGTERM)
        _output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert query("SELECT count(*) FROM account_move") == [(before,)]
    assert not re.search(r" ERROR ", (demo.files / "server.log").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--days", "0"], "the story has 1 to 31 days"),
        (["--until", "2999-01-01"], "choose today or an earlier day"),
        (["--database", "postgres"], "must start with relance_fr_"),
    ],
)
def test_bad_option_is_refused_in_one_line(tmp_path, arguments, message):
    finished = run("--no-serve", "--folder", str(tmp_path), *arguments)
    assert finished.returncode == 2
    assert message in finished.stderr.splitlines()[-1]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("newest", "wanted", "last_day"),
    [
        (date(2026, 7, 1), date(2026, 11, 20), date(2026, 11, 20)),
        (date(2026, 7, 1), date(2027, 1, 5), date(2026, 12, 31)),
        (date(2026, 1, 1), date(2026, 7, 1), date(2026, 6, 30)),
    ],
)
def test_story_stays_in_the_semesters_whose_rates_are_known(newest, wanted, last_day):
    rows = SimpleNamespace(mapped=lambda _name: [date(2025, 7, 1), newest])
    env = {"relance.rate": SimpleNamespace(search=lambda _domain: rows)}
    assert demo_story.known_last_day(env, wanted) == last_day


@pytest.mark.parametrize("name", ["dev.demo_data", "dev.demo_ledger"])
def test_examples_in_the_documentation(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
