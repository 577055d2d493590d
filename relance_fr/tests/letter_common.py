from datetime import date

from lxml import html
from odoo.tools.misc import formatLang

from .common import RelanceCommon

NBSP = "\N{NO-BREAK SPACE}"


class LetterCommon(RelanceCommon):
    """Notices with figures written by hand, so that what is printed is compared with what was frozen."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("fr_FR")
        cls.company.write(
            {
                "name": "Ateliers Bérénice",
                "street": "14 quai Jean-Moulin",
                "zip": "69001",
                "city": "Lyon",
                "company_registry": "30326504500017",
                "vat": "FR40303265045",
                "email": "compta@berenice.example.com",
            }
        )
        cls.bank = cls.company.partner_id.bank_ids.ensure_one()
        cls.bank.bank_id = cls.env["res.bank"].create({"name": "Crédit Rhodanien", "bic": "AGRIFRPP"})
        cls.debtor.company_registry = "55210055400013"

    @classmethod
    def _line(cls, move, penalty=0.0, indemnity=0.0, paid=0.0, segments=(), **vals):
        """Return the values of a notice line on the receivable of ``move``; amounts in its currency."""
        receivable = move.line_ids.filtered(lambda line: line.display_type == "payment_term")
        principal = move.amount_total - paid
        return {
            "company_id": move.company_id.id,
            "currency_id": move.currency_id.id,
            "move_id": move.id,
            "line_id": receivable.id,
            "invoice_name": move.name,
            "invoice_date": move.invoice_date,
            "date_maturity": receivable.date_maturity,
            "days_late": 31,
            "amount_invoiced": move.amount_total,
            "amount_paid": paid,
            "principal_amount": principal,
            "penalty_amount": penalty,
            "indemnity_amount": indemnity,
            "total_amount": principal + penalty + indemnity,
            "segments": list(segments),
            **vals,
        }

    @classmethod
    def _segment(cls, start, end, days, principal, rate, amount, floored=False):
        return {
            "date_from": start, "date_to": end, "days": days, "principal": principal, "rate": rate,
            "amount": amount, "floored": floored,
        }  # fmt: skip

    @classmethod
    def _notice(cls, kind, lines, partner=None, **vals):
        """Create a notice of ``kind`` from values of lines; its totals are theirs."""
        partner = partner or cls.debtor
        level = cls.levels[kind]
        known = cls.env["relance.notice"].sudo().search_count([("name", "=like", "RLF/2026/%")])
        amounts = ("principal_amount", "penalty_amount", "indemnity_amount", "total_amount")
        # Only campaigns make notices; no user may.
        notice_sudo = (
            cls.env["relance.notice"]
            .sudo()
            .create(
                {
                    "name": f"RLF/2026/{12 + known:05d}",
                    "date": date(2026, 9, 1),
                    "printed_deadline": date(2026, 9, 16),
                    "company_id": cls.company.id,
                    "currency_id": lines[0]["currency_id"],
                    "partner_id": partner.id,
                    "contact_id": partner._get_relance_contact().id,
                    "level_id": level.id,
                    "kind": kind,
                    "channel": "email",
                    "regime": partner.relance_regime,
                    "lang": "fr_FR",
                    "state": "cancelled",
                    "email_to": partner.email,
                    "user_id": False,
                    "line_ids": [(0, 0, {"level_id": level.id, **line}) for line in lines],
                    **{name: sum(line[name] for line in lines) for name in amounts},
                    **vals,
                }
            )
        )
        return notice_sudo.with_env(cls.env)

    @classmethod
    def _formal_lines(cls, partner=None):
        """Return two late lines with penalties of 67.31 (27.71 + 39.60) and 125.37 (84.60 + 40.77)."""
        first = cls._invoice(1850.0, "2026-05-16", partner)
        second = cls._invoice(12450.5, "2026-07-31", partner)
        return [
            cls._line(first, 67.31, 40.0, segments=[
                cls._segment("2026-05-17", "2026-06-30", 45, "1850.00", "12.15", "27.71"),
                cls._segment("2026-07-01", "2026-09-01", 63, "1850.00", "12.40", "39.60"),
            ]),
            cls._line(second, 125.37, 40.0, paid=2450.5, segments=[
                cls._segment("2026-08-01", "2026-08-20", 20, "12450.50", "12.40", "84.60"),
                cls._segment("2026-08-21", "2026-09-01", 12, "10000.00", "12.40", "40.77"),
            ]),
        ]  # fmt: skip

    def _html(self, notice):
        """Return the letter of ``notice`` as an lxml tree."""
        return html.fromstring(notice._render_letters()[notice.id].decode())

    def _text(self, notice):
        """Return the words of the letter of ``notice``, spaces made plain."""
        body = self._html(notice).find("body")
        for block in body.iter("div", "p", "td", "th", "h1", "h2", "br"):
            block.tail = f" {block.tail or ''}"
        return _plain(body.text_content())

    def _rows(self, tree, css_class="figures", position=0):
        """Return the rows of a table of the letter as lists of texts, its heading left out."""
        table = tree.xpath(f"//table[contains(@class, '{css_class}')]")[position]
        return [[_plain(cell.text_content()) for cell in row.xpath("td")] for row in table.xpath(".//tr[td]")]

    def _figure(self, amount, lang="fr_FR"):
        """Return an amount as the letter writes it, by another way than the letter's."""
        return _plain(formatLang(self.env(context={"lang": lang}), amount, digits=2))


def _plain(text):
    return " ".join(text.replace(NBSP, " ").split())
