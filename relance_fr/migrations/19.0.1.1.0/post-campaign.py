def migrate(cr, version):
    """Let drafts of campaigns remember what was unticked and that they were computed."""
    cr.execute(
        """
        UPDATE relance_run_line item SET left_out = TRUE FROM relance_run run
         WHERE run.id = item.run_id AND run.state = 'draft' AND item.decision = 'send' AND item.selected IS NOT TRUE
        """
    )
    cr.execute(
        """
        UPDATE relance_run run SET previewed_on = run.write_date, previewed_by = run.write_uid
         WHERE run.state = 'draft' AND run.previewed_on IS NULL
           AND EXISTS (SELECT FROM relance_run_line item WHERE item.run_id = run.id)
        """
    )
