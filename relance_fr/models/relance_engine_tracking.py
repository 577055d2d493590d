from markupsafe import Markup
from odoo import api, models
from odoo.tools import SQL, format_date

from ..tools.channels import DELIVERY_DATES
from ..tools.tracking_file import normalize
from .relance_notice_postal import effective_deadline

PROOF = ("tracking_number", *DELIVERY_DATES, "return_reason")


class RelanceEngine(models.AbstractModel):
    """The file of a carrier: which letter each line is about, what it says, what cannot be; then written at once.

    Set-based: a file of any size takes the same number of statements.
    """

    _inherit = "relance.engine"

    @api.model
    def _match_tracking(self, table, lock=False):
        """Hold the rows of a ``tracking_file.Table`` against the letters of the user's companies.

        :param lock: whether to keep others from changing these letters until the transaction ends
        :return: list of dicts, one a row: ``line``, ``reference`` (as the file says), ``notice_id`` or False,
            ``outcome`` (``write``, ``same`` or ``problem``), ``message`` and ``values`` to write
        """
        self.env.flush_all()
        letters = self._query_letters(table.rows, lock)
        by_number, by_tracking = {}, {}
        for letter in letters:
            by_number.setdefault(normalize(letter["name"]), []).append(letter)
            if letter["tracking_number"]:
                by_tracking.setdefault(normalize(letter["tracking_number"]), []).append(letter)
        companies = self.env["res.company"].browse({letter["company_id"] for letter in letters})
        days = {company.id: self._today(company) for company in companies}
        matched = [self._match_row(row, by_number, by_tracking) for row in table.rows]
        seen = {}
        for row, (letter, _problem) in zip(table.rows, matched, strict=True):
            for key in self._get_row_keys(row, letter):
                seen.setdefault(key, []).append(row.line)
        return [
            self._judge_row(row, letter, problem, seen, days)
            for row, (letter, problem) in zip(table.rows, matched, strict=True)
        ]

    @api.model
    def _query_letters(self, rows, lock):
        """Return what is known of the letters that ``rows`` name, as dicts."""
        numbers = {normalize(row.values.get("number") or "") for row in rows} - {""}
        trackings = {normalize(row.values.get("tracking_number") or "") for row in rows} - {""}
        return self.env.execute_query_dict(
            SQL(
                """
                SELECT id, name, company_id, state, channel, date, printed_deadline, tracking_number, posted_date,
                       presented_date, received_date, returned_date, return_reason
                  FROM relance_notice
                 WHERE company_id = ANY(%(companies)s) AND name <> '/'
                   AND (regexp_replace(upper(name), '[^A-Z0-9]', '', 'g') = ANY(%(numbers)s)
                        OR regexp_replace(upper(tracking_number), '[^A-Z0-9]', '', 'g') = ANY(%(trackings)s))
              ORDER BY id %(lock)s
                """,
                companies=self.env.companies.ids,
                numbers=list(numbers),
                trackings=list(trackings),
                lock=SQL("FOR NO KEY UPDATE") if lock else SQL(),
            )
        )

    @api.model
    def _match_row(self, row, by_number, by_tracking):
        """Return the letter of a row, by register number or else by tracking number, and what is wrong with that."""
        number = row.values.get("number") or ""
        tracking = row.values.get("tracking_number") or ""
        if not normalize(number) and not normalize(tracking):
            return None, self.env._("The line names no letter: neither register number nor tracking number.")
        named = by_number.get(normalize(number), [])
        tracked = by_tracking.get(normalize(tracking), [])
        # Each company has its own register: two of them may have given the same number.
        both = [letter for letter in named if letter in tracked]
        found = both or named or tracked
        if not found:
            return None, self.env._("No letter of the register has this number.")
        if len(found) > 1:
            names = ", ".join(letter["name"] for letter in found)
            return None, self.env._("Several letters have this number: %s. Work in one company at a time.", names)
        others = [letter["name"] for letter in tracked if letter is not found[0]]
        if others:
            return found[0], self.env._("This tracking number belongs to %s.", ", ".join(others))
        return found[0], False

    @api.model
    def _get_row_keys(self, row, letter):
        """Return what two lines of one file may not share."""
        tracking = normalize(row.values.get("tracking_number") or "")
        return ([("letter", letter["id"])] if letter else []) + ([("tracking", tracking)] if tracking else [])

    @api.model
    def _judge_row(self, row, letter, problem, seen, days):
        """Return the outcome of one row (see `_match_tracking`)."""
        given = row.values
        outcome = {
            "line": row.line,
            "reference": " · ".join(filter(None, (given.get("number"), given.get("tracking_number")))),
            "notice_id": letter["id"] if letter else None,
            "values": {},
        }
        twins = sorted({line for key in self._get_row_keys(row, letter) for line in seen[key]} - {row.line})
        problem = problem or self._find_row_problem(row, letter, twins)
        if not problem:
            outcome["values"] = self._get_row_values(given, letter)
            merged = {name: outcome["values"].get(name, letter[name]) for name in (*DELIVERY_DATES, "return_reason")}
            problem = self.env["relance.notice"]._get_delivery_fault(merged, letter["date"], days[letter["company_id"]])
        if problem:
            return outcome | {"outcome": "problem", "message": problem, "values": {}}
        if not outcome["values"]:
            return outcome | {"outcome": "same", "message": self.env._("Already in the register.")}
        return outcome | {"outcome": "write", "message": self._tell_values(outcome["values"], letter)}

    @api.model
    def _find_row_problem(self, row, letter, twins):
        """Return why a row cannot be imported, whatever its dates, or False."""
        if twins:
            return self.env._("The file has this letter more than once: see line %s.", ", ".join(map(str, twins)))
        if row.unreadable:
            return self.env._(
                "This date cannot be read: %s. Write it as 31/12/2026.", ", ".join(row.unreadable.values())
            )
        if letter["channel"] != "registered":
            return self.env._("%s is not a registered letter.", letter["name"])
        if letter["state"] != "sent":
            return self.env._("%s was not sent.", letter["name"])
        tracking = row.values.get("tracking_number")
        if tracking and letter["tracking_number"] and normalize(tracking) != normalize(letter["tracking_number"]):
            return self.env._(
                "%(letter)s already has the tracking number %(number)s.",
                letter=letter["name"],
                number=letter["tracking_number"],
            )
        return False

    @api.model
    def _get_row_values(self, given, letter):
        """Return what a row says that the register does not hold yet. An empty cell says nothing."""
        values = {name: given[name] for name in PROOF if given.get(name)}
        if values.get("returned_date") and not values.get("return_reason") and not letter["return_reason"]:
            values["return_reason"] = "other"
        if letter["tracking_number"]:
            values.pop("tracking_number", None)
        return {name: value for name, value in values.items() if value != letter[name]}

    @api.model
    def _tell_values(self, values, letter):
        """Return ``values`` as a text for people, with what they replace."""
        notice = self.env["relance.notice"]
        reasons = dict(notice._fields["return_reason"]._description_selection(self.env))
        parts = []
        for name, value in values.items():
            texts = [
                format_date(self.env, day) if name in DELIVERY_DATES and day else reasons.get(day, day)
                for day in (value, letter[name])
            ]
            told = {"field": notice._fields[name]._description_string(self.env), "new": texts[0], "old": texts[1]}
            parts.append(
                self.env._("%(field)s: %(new)s instead of %(old)s", **told)
                if letter[name]
                else self.env._("%(field)s: %(new)s", **told)
            )
        return ", ".join(parts)

    # === WRITING === #

    @api.model
    def _import_tracking(self, outcomes, filename):
        """Write the proofs of matched rows (see `_match_tracking`), leave a trace on each letter, refresh what follows.

        :return: the notices changed
        """
        changes = {row["notice_id"]: row for row in outcomes if row["outcome"] == "write"}
        notices = self.env["relance.notice"].browse(changes)
        if not notices:
            return notices
        columns = (*PROOF, "date", "printed_deadline")
        known = {row["id"]: row for row in notices.read(columns, load="")}
        rows = {}
        for notice_id, change in changes.items():
            fact = known[notice_id]
            row = {name: change["values"].get(name, fact[name]) or None for name in PROOF}
            presented = row["presented_date"] or row["received_date"]
            row["deadline"] = effective_deadline(fact["date"], fact["printed_deadline"], presented) or None
            rows[notice_id] = row
        self._update_rows("relance.notice", rows)
        notices.invalidate_recordset(["to_post"])
        title = Markup("%s<br/>%s")
        notices._message_log_batch(
            bodies={
                notice_id: title % (self._tell_import(filename, change["line"]), change["message"])
                for notice_id, change in changes.items()
            }
        )
        # They ask to post the letter; what a file of its carrier knows was posted.
        notices.activity_unlink(["mail.mail_activity_data_todo"])
        unknown = notices.filtered(lambda notice: changes[notice.id]["values"].get("return_reason") == "unknown")
        unknown._ask_for_address()
        self._refresh_progress(notices.line_ids.move_id)
        return notices

    @api.model
    def _tell_import(self, filename, line):
        return self.env._("Imported from %(file)s, line %(line)s.", file=filename, line=line)
