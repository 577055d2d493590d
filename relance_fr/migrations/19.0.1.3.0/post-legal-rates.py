# Sources of rows shipped without, and the semester shipped before its order was found: as shipped then, in percent.
SOURCES = (
    ("2014-01-01", 0.04, 0.04, 0.25, "Décret n° 2014-98 du 04/02/2014"),
    ("2014-07-01", 0.04, 0.04, 0.15, "Décret n° 2014-98 du 04/02/2014"),
    ("2015-01-01", 4.06, 0.93, 0.05, "Arrêté du 23/12/2014 (JO 27/12)"),
    ("2022-01-01", 3.13, 0.76, 0.00, "Arrêté du 26/12/2021 ECOT2138139A (JO 28/12)"),
    ("2022-07-01", 3.15, 0.77, 0.00, "Arrêté du 27/06/2022 ECOT2218806A (JO 02/07)"),
    ("2023-01-01", 4.47, 2.06, 2.50, "Arrêté du 26/12/2022"),
    ("2024-01-01", 8.01, 5.07, 4.50, "Service-Public.fr, fiche F20688"),
    ("2025-01-01", 7.21, 3.71, 3.15, "Arrêté du 17/12/2024"),
    ("2026-07-01", 6.84, 2.75, 2.40, "Arrêté du 26/06/2026 (JO 30/06)"),
)


def migrate(cr, version):
    """Confirm 2026 S2 and give rows their source, where they still hold what was shipped: their file is read once.

    A figure, a source or a status that a person changed stays.
    """
    for day, private, business, ecb, source in SOURCES:
        cr.execute(
            """
            UPDATE relance_rate
               SET source = %s, status = 'confirmed'
             WHERE date_from = %s AND COALESCE(source, '') = ''
               AND (legal_rate_private, legal_rate_business, ecb_rate) = (%s::numeric, %s::numeric, %s::numeric)
            """,
            (source, day, private, business, ecb),
        )
