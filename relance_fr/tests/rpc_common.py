"""To call everything from outside: the roles, a stranger's record of every model, what must stay as it is."""

from base64 import b64encode
from unittest.mock import patch

from odoo import SUPERUSER_ID, Command, fields
from odoo.exceptions import AccessError
from odoo.service.model import get_public_method
from odoo.tests import new_test_user
from odoo.tools import SQL

from .screens import ScreenCommon, blank_pdf
from .test_access_matrix import ROLES

ADDON = "odoo.addons.relance_fr."
# Said of strangers alone: whoever may not read their records never sees it. Amounts are looked for by their digits.
NAMES = {"another company": "Zéphyrin Quesnel", "another debtor": "Théodule Vercors"}
PHRASES = {"another company": "Ornithorynque", "another debtor": "Tatou"}
AMOUNTS = {"another company": 54321.17, "another debtor": 76543.29}
# What our tables hold and what our methods write elsewhere.
CORE_TABLES = (
    "account_move", "account_move_line", "account_payment_term", "ir_attachment", "ir_config_parameter",
    "ir_cron_trigger", "mail_activity", "mail_followers", "mail_mail", "mail_message", "mail_notification",
    "mail_template", "mail_tracking_value", "res_company", "res_partner", "res_users",
)  # fmt: skip
# Its contents are told by their checksum.
ATTACHMENT = SQL("(row_.id, name, checksum, res_model, res_id, res_field, public, access_token, mimetype)")
# Nothing of a record: called once a model.
WITHOUT_RECORD = frozenset(
    {
        "check_access_rights", "check_field_access_rights", "default_get", "fields_get", "get_empty_list_help",
        "get_import_templates", "get_property_definition", "get_view", "get_views", "is_transient",
        "mail_allowed_qweb_expressions", "mail_get_partner_fields", "view_header_get",
    }
)  # fmt: skip


class RpcCommon(ScreenCommon):
    """Two strangers: a debtor of another company, and another salesperson's debtor."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._ensure_rates()
        cls.other_company = cls.setup_other_company(name="Autre Maison")["company"]
        for company in cls.company | cls.other_company:
            company.write({"relance_calendar_id": cls.standard.id, "relance_bank_max_age": 0})
        cls.roles = {name: cls._role(name, groups, cls.company) for name, groups in ROLES.items()}
        cls.their_manager = cls._role("theirs", ROLES["manager"], cls.other_company)
        cls.other_manager = cls._role("colleague", ROLES["manager"], cls.company)
        other, own = NAMES
        cls.strangers = {
            other: cls._make_stranger(other, cls.other_company, cls.their_manager, company_id=cls.other_company.id),
            own: cls._make_stranger(own, cls.company, cls.other_manager, user_id=cls.other_manager.id),
        }

    @classmethod
    def _role(cls, name, groups, companies):
        return new_test_user(
            cls.env,
            f"rpc_{name}",
            groups=groups,
            company_id=companies[:1].id,
            company_ids=[Command.set(companies.ids)],
        )

    # === STRANGERS === #

    @classmethod
    def _make_stranger(cls, who, company, manager, **vals):
        """Return ``{model: records (sudo)}``: all that is known of a new debtor of ``company``, ``who`` for short.

        ``manager`` handled him: dialogs are his.
        """
        phrase, amount, today = PHRASES[who], AMOUNTS[who], company._relance_today()
        env = cls.env(user=SUPERUSER_ID, context={"allowed_company_ids": company.ids})
        theirs = env(user=manager.id)
        debtor = cls._create_debtor(NAMES[who], **vals).with_env(env)
        moves = env["account.move"].create(
            [cls._prepare_invoice(company, debtor, phrase, amount) for _rank in range(4)]
        )
        moves.action_post()
        dunned, promised, disputed, late = moves
        run = env["relance.run"]._create_for_moves(late)
        run._preview()
        notice = cls._send_notice(env, dunned)
        facts = {"company_id": company.id, "partner_id": debtor.id}
        plan = env["relance.commitment"].create(
            {
                **facts, "move_ids": promised.ids, "note": phrase, "parts": 3, "first_date": cls._days_ago(-30),
                "line_ids": [Command.create({"date": cls._days_ago(-30), "amount": 1})],
            }
        )  # fmt: skip
        plan.action_generate()
        plan._portal_ensure_token()
        plan.with_context(relance_plan_sent=True).message_post(body=phrase)
        plan.write({"signed_copy": b64encode(blank_pdf()), "signed_copy_name": f"{phrase}.pdf"})
        hold = env["relance.hold"].create({**facts, "move_id": disputed.id, "reason": "dispute", "note": phrase})
        company._relance_refresh_profiles()
        env["relance.digest"]._create_once(company, manager, today, fields.Datetime.now())
        provider_event = {"key": "1", "status": "posted", "date": today, "note": phrase}
        level = {"name": phrase, "kind": "courtesy", "delay": 7}
        calendar = env["relance.calendar"].create(
            {"name": phrase, "company_id": company.id, "level_ids": [Command.create(level)]}
        )
        answer = {"currency_id": company.currency_id.id, "kind": "paid", "note": phrase, "amount": amount}
        debtor_row = env["relance.debtor"]._get(debtor, company)
        simulation = theirs["relance.simulation"].create({"company_id": company.id})
        takeover = theirs["relance.takeover"].create({"company_id": company.id})
        tracking = theirs["relance.tracking.import"].create({"file": "YQ==", "filename": phrase})
        move_facts = {"move_id": dunned.id, "date": today}
        made = [
            debtor, moves, notice, notice.line_ids, plan, plan.line_ids, plan.debt_ids, hold, run, run.debtor_ids,
            run.line_ids, calendar, calendar.level_ids, debtor_row, simulation, takeover, tracking,
            env["relance.alert"].create({**facts, "kind": "credit_limit", "date": today, "amount": amount}),
            env["relance.answer"].create({**facts, **answer, "move_ids": dunned.ids}),
            env["relance.call"].create({**facts, "outcome": "no_answer", "note": phrase}),
            env["relance.commitment.reminder"].create(
                {"commitment_id": plan.id, "date": today, "amount": amount, "email_to": phrase}
            ),
            env["relance.digest"].search([("company_id", "=", company.id)]),
            env["relance.invoice.mention"].search([("move_id", "in", moves.ids)]),
            env["relance.limitation.alert"].create(move_facts),
            env["relance.partner.profile"].search([("partner_id", "=", debtor.id)]),
            env["relance.provider.event"].create({"notice_id": notice.id, **provider_event}),
            env["relance.rate"].search([], limit=1),
            env["relance.register"].search([("company_id", "=", company.id)]),
            env["relance.segment"].create({"name": phrase, "company_id": company.id, "active": False}),
            env["relance.terms"].create({"name": phrase, "company_id": company.id}),
            env["relance.commitment.withdrawal"].create(
                {"commitment_id": plan.id, "attachment_id": notice.attachment_id.copy({"res_id": 0}).id,
                 "sha256": phrase, "reason": phrase, "user_id": manager.id, "withdrawn_on": fields.Datetime.now()}
            ),
            theirs["relance.notice.cancel"].create(
                {"notice_ids": notice.ids, "reason": phrase, "until": cls._days_ago(0)}
            ),
            theirs["relance.plan.copy"].create({"plan_id": plan.id, "signed_by": phrase}),
            theirs["relance.plan.withdrawal"].create({"plan_id": plan.id, "reason": phrase}),
            theirs["relance.receipt.replace"].create(
                {"notice_id": notice.id, "receipt": "YQ==", "receipt_name": phrase, "reason": phrase}
            ),
            theirs["relance.register.check"].create({"company_id": company.id, "rank": phrase}),
            theirs["relance.suspension"].create({**facts, "note": phrase}),
            theirs["relance.terms.change"].create({"move_id": dunned.id, "reason": phrase}),
            theirs["relance.hold.resolve"].create({"hold_id": hold.id, "outcome": phrase}),
            theirs["relance.insolvency"].create({**facts, "date_from": cls._days_ago(5), "court": phrase}),
            theirs["relance.insolvency.step"].create({"hold_id": hold.id, "step": "liquidation"}),
            theirs["relance.onboarding.letter"].create({"letter_name": phrase}),
            theirs["relance.onboarding.step"].create({"step": "bank", "company_id": company.id, "city": phrase}),
            theirs["relance.preview"].create({"debtor_id": run.debtor_ids[:1].id, "subject": phrase}),
            theirs["relance.run.wizard"].create({"minimum_amount": amount}),
            theirs["relance.simulation.day"].sudo().create(
                {"simulation_id": simulation.id, "company_id": company.id, "date": today,
                 "scenario": "first", "levels": phrase}
            ),
            theirs["relance.simulation.notice"].sudo().create(
                {"simulation_id": simulation.id, "date": today, "scenario": "first",
                 "calendar_name": phrase, **facts}
            ),
            theirs["relance.takeover.line"].sudo().create(
                {"takeover_id": takeover.id, "outcome": "ok", "message": phrase}
            ),
            theirs["relance.tracking.import.line"].create({"import_id": tracking.id, "message": phrase}),
            *(
                env[f"relance.report.{name}"].search([("company_id", "=", company.id)])
                for name in ("aged", "cash", "notice", "promise")
            ),
            env["mail.mail"].search([("model", "=", "relance.notice"), ("res_id", "=", notice.id)]),
            notice.attachment_id,
            company,
        ]  # fmt: skip
        return {records._name: records.sudo() for records in made}

    @classmethod
    def _prepare_invoice(cls, company, debtor, phrase, amount):
        journal = cls.env["account.journal"].search([("company_id", "=", company.id), ("type", "=", "sale")], limit=1)
        return {
            "move_type": "out_invoice",
            "journal_id": journal.id,
            "partner_id": debtor.id,
            "invoice_date": cls._days_ago(50),
            "invoice_date_due": cls._days_ago(20),
            "invoice_payment_term_id": False,
            "invoice_line_ids": [Command.create({"name": phrase, "price_unit": amount, "tax_ids": []})],
        }

    @classmethod
    def _send_notice(cls, env, invoice):
        """Send a firm notice with a letter for ``invoice``, as a person does; return it."""
        letters = lambda notices: {notice.id: blank_pdf() for notice in notices}  # noqa: E731
        with patch.object(cls.registry["relance.notice"], "_render_letters", letters):
            run = env["relance.run"]._create_for_moves(invoice)
            run._preview()
            run.debtor_ids.level_id = cls.levels["formal"]
            notices = run._confirm()
            notices.filtered(lambda notice: notice.state == "draft")._seal()
            notices.filtered(lambda notice: notice.state == "ready")._dispatch()
        notices._ensure_notice_tokens()
        notices.attachment_id.generate_access_token()
        return notices

    # === METHODS === #

    def _get_methods(self, model_name):
        """Return the names of the public methods of a model: all of ours, those of our files in core's models."""
        model = self.env[model_name]
        own = model._original_module == "relance_fr"
        names = []
        for name in dir(type(model)):
            try:
                get_public_method(model, name)
            except (AccessError, AttributeError):
                continue
            classes = [cls for cls in type(model).mro() if name in cls.__dict__]
            if any(cls.__module__.startswith(ADDON) for cls in classes) or (own and not model._abstract):
                names.append(name)
        return names

    def _is_ours(self, model_name, name):
        """Tell whether a method is written, or overridden, in this addon."""
        classes = type(self.env[model_name]).mro()
        return any(cls.__module__.startswith(ADDON) and name in cls.__dict__ for cls in classes)

    # === FINGERPRINT === #

    def _get_tables(self):
        """Return the tables whose rows a stranger's call must leave alone: ``{table: condition (SQL)}``."""
        tables = dict.fromkeys(CORE_TABLES, SQL("TRUE"))
        # Whoever may make a dialog makes his own.
        uids = [self.their_manager.id, self.other_manager.id]
        for name, model in self.registry.items():
            if name.startswith("relance.") and model._auto and not model._abstract:
                own = SQL("create_uid = ANY(%s)", uids) if model._transient else SQL("TRUE")
                tables[model._table] = own
        return tables

    def _get_fingerprint(self):
        """Return ``{table: digest of its rows}``."""
        self.env.flush_all()
        queries = []
        for table, condition in self._get_tables().items():
            columns = SQL("row_") if table != "ir_attachment" else ATTACHMENT
            queries.append(
                SQL(
                    "SELECT %(table)s, md5(string_agg(h, '' ORDER BY h)) FROM (SELECT md5(%(columns)s::text) h"
                    " FROM %(name)s row_ WHERE %(condition)s) digests_",
                    table=table,
                    columns=columns,
                    name=SQL.identifier(table),
                    condition=condition,
                )
            )
        return dict(self.env.execute_query(SQL(" UNION ALL ").join(queries)))
