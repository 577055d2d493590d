def migrate(cr, version):
    """Keep what existing companies do: no least sum; plain letters wait where their posting is entered at all."""
    if not version:
        return
    cr.execute(
        """
        ALTER TABLE res_company ADD COLUMN IF NOT EXISTS relance_minimum numeric,
                                ADD COLUMN IF NOT EXISTS relance_minimum_paper numeric,
                                ADD COLUMN IF NOT EXISTS relance_letters_posted varchar;
        UPDATE res_company SET relance_minimum = COALESCE(relance_minimum, 0),
                               relance_minimum_paper = COALESCE(relance_minimum_paper, 0);
        UPDATE res_company
           SET relance_letters_posted = CASE WHEN EXISTS (
                   SELECT FROM relance_notice letter
                    WHERE letter.company_id = res_company.id AND letter.channel = 'letter'
                      AND letter.posted_date IS NOT NULL) THEN 'entered' ELSE 'made' END
         WHERE relance_letters_posted IS NULL;
        """
    )
