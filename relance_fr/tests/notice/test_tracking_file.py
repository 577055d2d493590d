import doctest
from datetime import date

from odoo.tests import TransactionCase, tagged

from ...tools import csv_table, provider, tracking_file


@tagged("post_install", "-at_install")
class TestTrackingFile(TransactionCase):
    """How a carrier's file is read."""

    def test_examples_in_the_documentation(self):
        for module in (csv_table, tracking_file, provider):
            self.assertEqual(doctest.testmod(module).failed, 0)

    def test_encodings_and_separators(self):
        text = "Référence;Présenté le;Motif de retour\nRLF/2026/00001;18/06/2026;Pli refusé\n"
        for encoding in ("utf-8", "utf-8-sig", "cp1252", "utf-16"):
            for separator in (";", ",", "\t"):
                with self.subTest(encoding=encoding, separator=separator):
                    table = tracking_file.read(text.replace(";", separator).encode(encoding))
                    self.assertEqual(table.columns, ("number", "presented_date", "return_reason"))
                    self.assertEqual(
                        table.rows[0].values,
                        {"number": "RLF/2026/00001", "presented_date": date(2026, 6, 18), "return_reason": "refused"},
                    )

    def test_titles(self):
        for titles, columns in (
            ("N° de suivi;Avisé le;Distribué;Remarque", ("tracking_number", "presented_date")),
            (
                "NUMERO LRAR;date d’envoi;RETOUR;MOTIF",
                ("tracking_number", "posted_date", "returned_date", "return_reason"),
            ),
            ("Tracking number,Delivered on,Return reason", ("tracking_number", "received_date", "return_reason")),
            ("Relevé de juin;;\n\nSuivi;Présentation;x", ("tracking_number", "presented_date")),
        ):
            with self.subTest(titles=titles):
                self.assertEqual(tracking_file.read(f"{titles}\n1A1;18/06/2026;1;x".encode()).columns, columns)

    def test_dates(self):
        for text in (
            *("18/06/2026", "18-06-2026", "18.06.2026", "18/06/26", "2026/06/18", "20260618", "2026-06-18"),
            *("2026-06-18T10:12:00Z", "18/06/2026 10:12", "18/06/2026 10:12:59", "18/06/2026 à 10h12"),
        ):
            with self.subTest(text=text):
                [row] = tracking_file.read(f"suivi;posté le\n1A;{text}\n".encode()).rows
                self.assertEqual(row.values["posted_date"], date(2026, 6, 18))
        [row] = tracking_file.read("suivi;posté le\n1A;hier\n".encode()).rows
        self.assertEqual((row.values["posted_date"], row.unreadable), (None, {"posted_date": "hier"}))

    def test_cells_of_spreadsheets(self):
        rows = tracking_file.read(b'suivi;retour\n="1A 234";\n\'1A 235; \n;;\n\n').rows
        self.assertEqual([(row.line, row.values["tracking_number"]) for row in rows], [(2, "1A 234"), (3, "1A 235")])

    def test_no_such_file(self):
        for content, code in (
            (b"", "empty"),
            (b"suivi;retour\n", "empty"),
            (b"PK\x03\x04zip", "not_csv"),
            (b"%PDF\x00\x01", "not_csv"),
            (b"a;b\n1;2\n", "no_header"),
            (b"motif;retour\nx;18/06/2026\n", "no_header"),
            (b"suivi;retour\n" + b"1A;\n" * (csv_table.MAX_ROWS + 1), "too_long"),
        ):
            with self.subTest(code=code), self.assertRaises(csv_table.TableError) as caught:
                tracking_file.read(content)
            self.assertEqual(caught.exception.code, code)
