import logging

from odoo.tools import SQL

_logger = logging.getLogger(__name__)

#: Views that extended other views of this addon, or stood beside one on the same view; what they held is in those now.
GONE = (
    "account_move_insolvency_view_search",
    "relance_calendar_view_form_simulation",
    "relance_hold_insolvency_view_form",
    "relance_hold_insolvency_view_list",
    "relance_hold_insolvency_view_search",
    "relance_notice_view_form_calls",
    "relance_notice_view_form_portal",
    "relance_notice_view_form_safety",
    "relance_notice_view_kanban_safety",
    "relance_notice_view_list_safety",
    "relance_notice_view_list_to_post_safety",
    "relance_notice_view_search_safety",
    "relance_run_view_form_onboarding",
    "relance_run_view_form_review",
    "relance_run_view_form_safety",
    "relance_run_view_form_selection_safety",
    "relance_run_view_list_onboarding",
    "relance_run_view_list_safety",
    "relance_terms_view_form_mentions",
    "res_config_settings_dashboard_view_form",
    "res_config_settings_score_view_form",
    "res_config_settings_view_form_answer",
    "res_config_settings_view_form_commitment",
    "res_config_settings_view_form_invoice",
    "res_config_settings_view_form_provider",
    "res_config_settings_view_form_regime",
    "res_partner_insolvency_view_form",
    "res_partner_regime_view_form",
    "res_partner_score_view_form",
    "view_account_invoice_filter_limitation",
    "view_account_invoice_filter_payment_term",
    "view_move_form_calls",
    "view_move_form_limitation",
    "view_move_form_payment_term",
    "view_move_form_regime",
    "view_partner_form_calls",
    "view_partner_property_form_calls",
)


def migrate(cr, version):
    """Take away the views that were written into those they extended, before these are loaded with what they held.

    Left until Odoo's own cleaning at the end, they would be applied a second time while the others are checked. Views
    of other addons and of users that extend one of them extend from now on what it extended, which shows the same.
    """
    cr.execute(
        SQL(
            """
            SELECT known.name, view.id, view.arch_updated
              FROM ir_model_data known
              JOIN ir_ui_view view ON view.id = known.res_id
             WHERE known.module = 'relance_fr' AND known.model = 'ir.ui.view' AND known.name IN %s
          ORDER BY known.name
            """,
            GONE,
        )
    )
    found = cr.fetchall()
    edited = [name for name, _view_id, by_hand in found if by_hand]
    if edited:
        message = "Views edited by hand are no more; the views they extended show the default: %s"
        _logger.warning(message, ", ".join(edited))
    ids = tuple(view_id for _name, view_id, _by_hand in found)
    if ids:
        cr.execute(
            SQL(
                """
                UPDATE ir_ui_view child SET inherit_id = parent.inherit_id
                  FROM ir_ui_view parent
                 WHERE parent.id = child.inherit_id AND parent.id IN %s
                """,
                ids,
            )
        )
        cr.execute(SQL("DELETE FROM ir_ui_view WHERE id IN %s", ids))
    cr.execute(
        SQL("DELETE FROM ir_model_data WHERE module = 'relance_fr' AND model = 'ir.ui.view' AND name IN %s", GONE)
    )
