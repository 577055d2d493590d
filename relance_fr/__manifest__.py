{
    "name": "Relance FR: French customer dunning",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "summary": "Dunning levels, late-payment penalties and mises en demeure under French law",
    "author": "relance_fr contributors",
    "license": "LGPL-3",
    "depends": [
        "account",
        "account_qr_code_sepa",
        "l10n_fr",
        "portal",
    ],
    "data": [
        # Rights first: every other file may refer to the models.
        "security/ir.model.access.csv",
        "security/relance_fr_security.xml",
        # Data without reference to a view.
        "data/relance_rate_data.xml",
        # Letters, then the e-mails, then the calendars which refer to them.
        "report/relance_letter_reports.xml",
        "report/relance_letter_style.xml",
        "report/relance_letter_templates.xml",
        "report/relance_letter_tables.xml",
        "report/relance_letter_law.xml",
        "report/relance_letter_kinds.xml",
        "report/relance_mail_templates.xml",
        "data/mail_activity_data.xml",
        "data/mail_template_data.xml",
        "data/relance_thanks_data.xml",
        "data/relance_calendar_data.xml",
        "data/ir_cron_data.xml",
        "data/ir_cron_rate_data.xml",
        # Wizards and views.
        "wizard/relance_send_views.xml",
        "views/relance_rate_views.xml",
        "views/relance_terms_views.xml",
        "views/relance_calendar_views.xml",
        "views/relance_notice_views.xml",
        "views/relance_run_views.xml",
        "views/relance_hold_views.xml",
        "views/relance_commitment_views.xml",
        "views/account_move_views.xml",
        "views/res_partner_views.xml",
        "views/res_config_settings_views.xml",
        "views/relance_menus.xml",
    ],
    "assets": {
        "web.assets_backend": [
            "relance_fr/static/src/**/*",
        ],
        "web.assets_tests": [
            "relance_fr/static/tests/tours/**/*",
        ],
    },
    "application": True,
    "post_init_hook": "post_init_hook",
}
