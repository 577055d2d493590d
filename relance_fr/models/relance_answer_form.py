from odoo import api, fields, models

from ..tools.answer_form import MAX_FILE_SIZE, MAX_FILES, file_name, file_type, read_amount, read_day, read_number
from ..tools.inputs import is_storable, read_id
from ..tools.pictures import MAX_PIXELS, count_pixels

# What each answer asks for; a star: it may be left empty.
FORM_FIELDS = {
    "paid": ("date", "amount*", "method", "reference*", "note*"),
    "promise": ("date", "amount", "note*"),
    "dispute": ("category", "amount*", "note"),
    "plan": ("parts", "date", "frequency", "note*"),
}
LENGTHS = {"given_by": 100, "reference": 100, "note": 2000}
# How far from today the day may be: a payment made, promised, a first instalment.
PAST_DAYS, PROMISE_DAYS, PLAN_DAYS = 365, 90, 60
MAX_PARTS = 24


class RelanceAnswer(models.Model):
    """The forms of the portal: what was typed becomes values, or one message a field. Nothing is guessed."""

    _inherit = "relance.answer"

    @api.model
    def _read_form(self, kind, typed, rows, today, currency):
        """Read a form of the portal.

        :param kind: one of `FORM_FIELDS`
        :param typed: dict of texts, ``move_ids`` being a list of texts
        :param rows: what is open, see ``relance.portal.account._get_rows``
        :param today: day of the company
        :return: ``(values, errors)``: values of the answer, and ``{field name: message}`` of what is wrong
        """
        values, errors = {"kind": kind}, {}
        open_ids = {row["move"].id for row in rows}
        chosen = set(map(read_id, typed.get("move_ids", ()))) - {None}
        values["move_ids"] = [fields.Command.set(sorted(chosen & open_ids))]
        if not chosen or chosen - open_ids:
            errors["move_ids"] = self.env._("Tick the invoices your answer is about.")
        for name in ("given_by", *FORM_FIELDS[kind]):
            required = not name.endswith("*")
            name = name.rstrip("*")
            text = (typed.get(name) or "").strip()
            if not text:
                if required:
                    errors[name] = self._get_missing_message(name)
                continue
            value, error = self._read_field(kind, name, text, today)
            values[name] = value
            if error:
                errors[name] = error
        if values.get("amount") and not {"amount", "move_ids"} & errors.keys():
            self._check_amount(kind, values, errors, [row for row in rows if row["move"].id in chosen], currency)
        return values, errors

    @api.model
    def _read_field(self, kind, name, text, today):
        """Return ``(value, message or None)`` of one field that is filled in."""
        if name in LENGTHS:
            if not is_storable(text):
                return None, self.env._("This text holds characters that cannot be kept: type it again.")
            too_long = len(text) > LENGTHS[name]
            return text, too_long and self.env._("Please write %s characters at most.", LENGTHS[name])
        if name == "date":
            return self._read_date(kind, text, today)
        if name == "amount":
            amount = read_amount(text)
            wrong = not amount and self.env._("Write the amount in figures, such as 1850.00.")
            return amount, wrong
        if name == "parts":
            parts = read_number(text)
            wrong = not parts or not 2 <= parts <= MAX_PARTS
            return parts, wrong and self.env._("Choose between 2 and %s instalments.", MAX_PARTS)
        known = dict(self._fields[name]._description_selection(self.env))
        return text, text not in known and self.env._("Choose one of the options.")

    @api.model
    def _read_date(self, kind, text, today):
        day = read_day(text)
        if not day:
            return None, self.env._("Choose a day, such as 30/09/2026.")
        days = (day - today).days
        if kind == "paid":
            if days > 0:
                return day, self.env._("This day is still to come: choose “I will pay” instead.")
            return day, days < -PAST_DAYS and self.env._("This day is more than a year ago: check it.")
        if days < 0:
            return day, self.env._("This day is past: choose a day from today on.")
        limit = PROMISE_DAYS if kind == "promise" else PLAN_DAYS
        return day, days > limit and self.env._("Choose a day within %s days, or write to us.", limit)

    @api.model
    def _check_amount(self, kind, values, errors, rows, currency):
        """Check a sum against what is open of the invoices chosen."""
        owed = currency.round(sum(row["total"] + row["disputed"] for row in rows))
        if kind in ("promise", "dispute") and currency.compare_amounts(values["amount"], owed) > 0:
            errors["amount"] = self.env._(
                "This is more than the %s left to pay of the invoices you ticked.", currency.format(owed)
            )

    @api.model
    def _get_missing_message(self, name):
        return {
            "given_by": self.env._("Enter your name."),
            "date": self.env._("Choose a day."),
            "amount": self.env._("Enter the amount."),
            "method": self.env._("Choose how you paid."),
            "category": self.env._("Choose what it is about."),
            "note": self.env._("Tell us what is wrong, so that we can answer you."),
            "parts": self.env._("Choose the number of instalments."),
            "frequency": self.env._("Choose how often."),
        }[name]

    @api.model
    def _read_files(self, uploads):
        """Return ``(files, message or None)`` of what was uploaded (werkzeug's ``FileStorage``).

        :return: files as ``(name, bytes, MIME type)``: the type of their bytes, whatever their names say
        """
        uploads = [upload for upload in uploads if upload.filename]
        if len(uploads) > MAX_FILES:
            return [], self.env._("Send %s files at most.", MAX_FILES)
        files = []
        for upload in uploads:
            content = upload.stream.read(MAX_FILE_SIZE + 1)
            if len(content) > MAX_FILE_SIZE:
                size = MAX_FILE_SIZE // (1024 * 1024)
                return [], self.env._("%(name)s is larger than %(size)s MB.", name=upload.filename, size=size)
            known = file_type(content)
            if not known:
                return [], self.env._("%s is neither a PDF file nor a PNG or JPEG picture.", upload.filename)
            if count_pixels(content) > MAX_PIXELS:
                return [], self.env._(
                    "%(name)s has more than %(number)s million pixels: send a smaller picture, or a PDF file.",
                    name=upload.filename,
                    number=MAX_PIXELS // 1_000_000,
                )
            mimetype, ends = known
            files.append((file_name(upload.filename, ends), content, mimetype))
        return files, None
