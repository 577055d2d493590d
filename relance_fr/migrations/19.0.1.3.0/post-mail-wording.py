from odoo import SUPERUSER_ID, api

# Templates of which the words changed.
TEMPLATES = ("firm", "commitment_reminder", "commitment_broken", "thanks")


def migrate(cr, version):
    """Give e-mails their new words where nobody changed them: their file is read once."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    for name in TEMPLATES:
        template = env.ref(f"relance_fr.mail_template_{name}", raise_if_not_found=False)
        # What a person saved has that person's name on it.
        if template and template.write_uid.id == SUPERUSER_ID and template.template_fs:
            template.reset_template()
