"""Names of Odoo's jobs, for both sides."""

ESCALATE = "relance_fr.ir_cron_escalate"
DISPATCH = "relance_fr.ir_cron_dispatch"
MAIL = "mail.ir_cron_mail_scheduler_action"
