from markupsafe import Markup
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date

from ...tools.bulk_sql import update_rows
from ...tools.channels import DELIVERY_DATES, PAPER
from ...tools.postal_address import COLUMNS
from ...tools.tracking_file import normalize

RETURN_REASONS = [
    ("refused", "Refused"),
    ("unclaimed", "Not Collected"),
    ("unknown", "Unknown at This Address"),
    ("other", "Other Reason"),
]

# The states a letter goes through, in the words of every screen, message and page.
LETTER_STATES = [
    ("to_print", "To print"),
    ("to_post", "To post"),
    ("handed_over", "With the provider"),
    ("posted", "Posted"),
    ("presented", "Presented"),
    # Not "Received", which is said of money.
    ("received", "Letter received"),
    ("returned", "Returned"),
]

PROOF = ("tracking_number", *DELIVERY_DATES, "return_reason")


class RelanceNotice(models.Model):
    """What became of a letter: printed, posted, presented, received or returned; and the deadline that follows.

    Letters without a usable address wait or are cancelled; proofs come by hand or from the files of carriers.
    """

    _inherit = "relance.notice"

    postal_to = fields.Char(
        string="Postal Address",
        readonly=True,
        help="Address the letter was made for. After a return, letters wait until the debtor's card has another one.",
    )
    printed_on = fields.Datetime(string="First Printed on", readonly=True, copy=False)
    printed_by = fields.Many2one("res.users", string="First Printed by", readonly=True, copy=False)
    returned_date = fields.Date(string="Returned on", copy=False, tracking=True)
    return_reason = fields.Selection(RETURN_REASONS, copy=False, tracking=True)
    letter_state = fields.Selection(
        LETTER_STATES,
        string="Letter Status",
        compute="_compute_letter_state",
        help="Where the letter is: to print, to post, posted, presented, received or returned.",
    )
    deadline_days = fields.Integer(
        string="Days Given",
        compute="_compute_deadline_days",
        help="Days left to pay, from the date of the notice to the deadline it prints.",
    )
    deadline = fields.Date(
        string="Payment Deadline",
        compute="_compute_deadline",
        store=True,
        help="The debtor has the days given from the first presentation of the letter; until it is known, the date the "
        "letter prints counts.",
    )

    _returned_idx = models.Index("(partner_id) WHERE return_reason = 'unknown'")

    # === COMPUTE METHODS === #

    @api.depends("state", "channel", "provider_state", "taken_over", "printed_on", *DELIVERY_DATES)
    def _compute_letter_state(self):
        # The last one it reached.
        reached = [(name, name.removesuffix("_date")) for name in reversed(DELIVERY_DATES)]
        for notice in self:
            on_paper = notice.channel in PAPER and notice.state == "sent" and not notice.taken_over
            known = next((state for name, state in reached if notice[name]), False)
            waiting = "handed_over" if not notice.to_post else "to_post" if notice.printed_on else "to_print"
            notice.letter_state = on_paper and (known or waiting)

    @api.depends("printed_deadline", "date")
    def _compute_deadline_days(self):
        for notice in self:
            notice.deadline_days = (notice.printed_deadline - notice.date).days if notice.printed_deadline else 0

    @api.depends("printed_deadline", "date", "presented_date", "received_date")
    def _compute_deadline(self):
        for notice in self:
            # The days given are frozen: date and printed deadline are sealed. A letter received without a known
            # presentation was presented that day at the latest.
            presented = notice.presented_date or notice.received_date
            notice.deadline = effective_deadline(notice.date, notice.printed_deadline, presented)

    # === CONSTRAINT METHODS === #

    @api.constrains("date", "return_reason", *DELIVERY_DATES)
    def _check_delivery_dates(self):
        todays = {company: company._relance_today() for company in self.company_id}
        for notice in self:
            facts = {name: notice[name] for name in (*DELIVERY_DATES, "return_reason")}
            fault = any(facts.values()) and self._get_delivery_fault(facts, notice.date, todays[notice.company_id])
            if fault:
                raise UserError(self.env._("%(notice)s: %(fault)s", notice=notice.display_name, fault=fault))

    @api.model
    def _get_delivery_fault(self, facts, made, today):
        """Return why the dates of a letter cannot be true, as a sentence, or False.

        :param facts: dict of the four dates (``date`` or False) and ``return_reason``, as they would be
        :param made: the date of the notice
        :param today: the day it is for its company
        """
        labels = {name: self._fields[name]._description_string(self.env) for name in DELIVERY_DATES}
        known = [(name, facts[name]) for name in DELIVERY_DATES if facts[name]]
        for name, day in known:
            values = {"field": labels[name], "day": format_date(self.env, day)}
            if day > today:
                return self.env._("%(field)s %(day)s: this day is still to come.", **values)
            if day < made:
                values["made"] = format_date(self.env, made)
                return self.env._("%(field)s %(day)s: the notice was only made on %(made)s.", **values)
        if facts["received_date"] and facts["returned_date"]:
            return self.env._("A letter is received or returned, not both: clear one of the two dates.")
        if bool(facts["returned_date"]) != bool(facts["return_reason"]):
            return self.env._("The return of a letter takes a date and a reason: enter both.")
        if known != sorted(known, key=lambda item: item[1]):
            return self.env._("A letter is posted, then presented, then received or returned. Check the dates.")
        return False

    # === BUSINESS METHODS - ADDRESS === #

    @api.model
    def _sql_postal(self):
        """Return the postal address of ``contact``, else of ``debtor``, on one line; NULL when there is none.

        The address the letter prints: see ``relance.notice._get_letter_debtor``. One from which a letter came back
        because nobody knew the addressee there is not used again until it is corrected.
        """
        return self.env["relance.decision"]._sql_place(
            self.env["relance.decision"]._sql_address(SQL("contact")),
            self.env["relance.decision"]._sql_address(SQL("debtor")),
        )

    @api.model
    def _sql_may_not_fit(self):
        """Return whether the address of ``contact`` or ``debtor`` may not fit on an envelope.

        In France six short lines always fit; the others are few, and looked at one by one (`_find_address_fault`).
        """
        card = """
            concat_ws(' ', %(p)s.zip, %(p)s.city)
            || '|' || COALESCE(%(p)s.street, '') || '|' || COALESCE(%(p)s.street2, '') || '|' || %(p)s.name
        """
        texts = SQL("concat_ws('|', %s, %s)", SQL(card, p=SQL("contact")), SQL(card, p=SQL("debtor")))
        return SQL(
            "(%(texts)s ~ %(long)s OR COALESCE(contact.country_id, debtor.country_id, %(home)s) <> %(home)s)",
            texts=texts,
            long=f"[^|]{{{COLUMNS + 1}}}|[\n\r]",
            home=self.env["ir.model.data"]._xmlid_to_res_id("base.fr"),
        )

    def _cancel_unaddressed(self):
        """Cancel e-mails whose addressee has no address left: their level comes again by letter. Return them."""
        unaddressed = self.filtered(lambda notice: notice.channel == "email" and not notice.email_to)
        reason = self.env._("The e-mail address is missing, refused or blacklisted by now.")
        unaddressed.with_env(self.env)._set_state("cancelled", reason)
        return unaddressed

    def _readdress_letters(self):
        """Give letters the address as it is now; cancel those that have none left, and return them."""
        paper = self.filtered(lambda notice: notice.channel in PAPER)
        if not paper:
            return paper
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE relance_notice SET postal_to = %s FROM res_partner contact, res_partner debtor
                 WHERE relance_notice.id = ANY(%s) AND contact.id = relance_notice.contact_id
                   AND debtor.id = relance_notice.partner_id
             RETURNING relance_notice.id, relance_notice.postal_to
                """,
                self._sql_postal(),
                paper.ids,
            )
        )
        paper.invalidate_recordset(["postal_to"])
        return paper.browse([id_ for id_, address in rows if not address])._cancel_unreachable()

    def _cancel_returning(self):
        """Cancel sealed letters from whose address another came back meanwhile: they would too. Return them."""
        paper = self.filtered(lambda notice: notice.channel in PAPER)
        if not paper:
            return paper
        rows = self.env.execute_query(
            SQL(
                "SELECT notice.id FROM relance_notice notice WHERE notice.id = ANY(%s) AND %s",
                paper.ids,
                self.env["relance.decision"]._sql_dead_address(SQL("notice.partner_id"), SQL("notice.postal_to")),
            )
        )
        return paper.browse([row[0] for row in rows])._cancel_unreachable()

    def _cancel_unreachable(self):
        """Cancel letters that would reach nobody: their instalments are decided afresh. Return them."""
        reason = self.env._(
            "The postal address is missing, or a letter came back from it: correct it on the debtor's card."
        )
        self.with_env(self.env)._set_state("cancelled", reason)
        return self

    def _ask_for_address(self):
        """Ask the person who handles these notices for another address: nobody knows the addressee at this one."""
        self._schedule(
            "mail.mail_activity_data_warning", self.env._("The letter came back: find the address of the debtor")
        )

    # === BUSINESS METHODS - WHERE THE LETTER IS === #

    def _get_letter_state_text(self):
        """Return where the letter is, with its day, as the end of a sentence; "" when nothing goes by post."""
        self.ensure_one()
        texts = {
            "posted": self.env._("posted on %s", format_date(self.env, self.posted_date)),
            "presented": self.env._("presented on %s", format_date(self.env, self.presented_date)),
            "received": self.env._("received on %s", format_date(self.env, self.received_date)),
            "returned": self.env._("returned on %s", format_date(self.env, self.returned_date)),
        }
        labels = dict(self._fields["letter_state"]._description_selection(self.env))
        return texts.get(self.letter_state) or labels.get(self.letter_state, "").lower()

    # === BUSINESS METHODS - PRINT === #

    def _record_print(self):
        """Record that stored letters were printed or downloaded: who and when the first time, each time in the chatter.

        Called with what is handed to the reader. A reader who may not post letters leaves a trace in the chatter only.
        """
        paper = self.filtered(lambda notice: notice.channel in PAPER and notice.state in ("ready", "sent"))
        if not paper:
            return
        if paper.has_access("write"):
            first = {"printed_on": fields.Datetime.now(), "printed_by": self.env.uid}
            new_ids = paper.filtered(lambda notice: not notice.printed_on).ids
            update_rows(self.env, "relance.notice", dict.fromkeys(new_ids, first))
        paper._message_log_batch(bodies=dict.fromkeys(paper.ids, self.env._("Letter printed or downloaded.")))
        paper._count_as_posted()

    def _count_as_posted(self):
        """Enter that plain letters just printed were posted today, where their company says that it does so."""
        printed = self.filtered(lambda notice: notice.to_post and notice.channel == "letter")
        for company, letters in printed.grouped("company_id").items():
            if company._get_relance_setting("relance_letters_posted") == "printed" and letters.has_access("write"):
                letters.posted_date = company._relance_today()

    # === BUSINESS METHODS - FILES OF CARRIERS === #

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
        days = {company.id: company._relance_today() for company in companies}
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
        update_rows(self.env, "relance.notice", rows)
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
        self.env["relance.decision"]._refresh_progress(notices.line_ids.move_id)
        return notices

    @api.model
    def _tell_import(self, filename, line):
        return self.env._("Imported from %(file)s, line %(line)s.", file=filename, line=line)


def effective_deadline(made, printed, presented):
    """Return the last day to pay of a notice dated ``made`` that prints a deadline, presented on a day or not (yet)."""
    return presented + (printed - made) if printed and presented else printed
