# The tests stand in the storeys they try; Odoo's loader looks for them here.
from .setup import (
    test_branch_settings,
    test_calendar,
    test_company_common,
    test_install,
    test_payment_term,
    test_rate,
    test_shared,
    test_terms,
    test_company_day,
)
from .debtor import (
    test_partner,
    test_public_debtor,
    test_regime,
    test_regime_screen,
)
from .letter import (
    test_evidence_files,
    test_letter,
    test_letter_download,
    test_letter_format,
    test_letter_language,
    test_letter_loads,
    test_letter_paper,
    test_letter_parties,
    test_letter_pdf,
    test_next_step,
    test_postal_address,
    test_letter_words,
)
from .ledger import (
    test_account_cases,
    test_account_random,
    test_bank_gate,
    test_due_date,
    test_ledger,
)
from .hold import (
    test_hold,
    test_hold_insolvency,
    test_hold_part,
    test_insolvency_dialog,
    test_insolvency_steps,
    test_insolvency_words,
    test_insolvency_others,
    test_merged_cards,
    test_overindebtedness,
)
from .commitment import (
    test_commitment,
    test_commitment_events,
    test_commitment_reminder,
    test_commitment_story,
    test_plan_agreement,
    test_plan_consumer,
    test_plan_letter,
    test_plan_tour,
    test_proofs,
)
from .claim import (
    test_cfp_francs,
    test_indemnity_instalments,
    test_insolvency_claim,
    test_insolvency_deadline,
    test_insolvency_letter,
    test_invoice_mentions,
    test_invoice_mentions_print,
    test_limitation,
    test_statement,
    test_statement_credit,
    test_statement_currency,
    test_statement_oracle,
    test_statement_payment,
)
from .decision import (
    test_collection,
    test_decision_statement,
    test_entered_late,
    test_explain,
    test_held_back,
    test_invoice_screen,
    test_no_address,
    test_progress,
    test_working_days,
    test_small_sums,
)
from .notice import (
    test_address_room,
    test_min_interval,
    test_approval,
    test_copies,
    test_delivery,
    test_dispatch,
    test_dispatch_contact,
    test_dispatch_failure,
    test_dispatch_mail,
    test_letter_states,
    test_last_look,
    test_letters_posted,
    test_letters_wait,
    test_mail_manifest,
    test_mail_template,
    test_one_of_two_addresses,
    test_notice_state,
    test_other_addressees,
    test_postal_delivery,
    test_provider,
    test_provider_callback,
    test_provider_events,
    test_readiness,
    test_recall,
    test_recheck,
    test_recheck_level,
    test_register,
    test_register_anchor,
    test_register_certificate,
    test_register_clock,
    test_register_content,
    test_register_facts,
    test_register_rights,
    test_register_screen,
    test_register_verify,
    test_reply,
    test_secret_links,
    test_sending_window,
    test_tracking_file,
    test_tracking_import,
    test_cancel,
)
from .run import (
    test_campaign,
    test_campaign_choice,
    test_campaign_documents,
    test_campaign_draft,
    test_campaign_result,
    test_dispatch_cron,
    test_escalation,
    test_onboarding,
    test_one_by_one,
    test_payees,
    test_preview,
    test_run_screen,
    test_start_date,
    test_takeover,
    test_takeover_list,
    test_thanks,
    test_trial,
)
from .follow_up import (
    test_answer_follow_up,
    test_call,
    test_call_follow_up,
    test_portal_account,
    test_portal_answer,
    test_portal_overdue,
    test_portal_security,
)
from .scoring import (
    test_score,
    test_score_alert,
    test_score_screen,
    test_segment,
)
from .cockpit import (
    test_dashboard,
    test_debtor_account,
    test_debtor_tour,
    test_debtor_work,
    test_digest,
    test_report_aged,
    test_report_cash,
    test_report_notice,
    test_report_screen,
    test_debtor_waits,
)
from .simulation import (
    test_simulation,
)
from . import test_access_matrix
from . import test_case_tours
from . import test_explicit_save
from . import test_hold_steps
from . import test_hostile_input
from . import test_migration_views
from . import test_migration_wording
from . import test_nobody
from . import test_query_counts
from . import test_roles
from . import test_rpc
from . import test_salesperson
from . import test_stories
from . import test_stories_account
from . import test_stories_commitments
from . import test_stories_escalation
from . import test_stories_holds
from . import test_stories_mixed
from . import test_stories_payments
from . import test_stories_regimes
from . import test_stories_sending
from . import test_tours
from . import test_views
