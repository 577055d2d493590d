import io

from odoo import models


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        """Make dunning letters the way the register does: the stored bytes of a letter, else a fresh rendering.

        A certificate of the register is made the same way, from a verification of the moment; so is the letter of a
        payment plan.
        """
        certificate = self.env.ref("relance_fr.action_report_register", raise_if_not_found=False)
        if res_ids and self._get_report(report_ref) == certificate:
            companies = self.env["res.company"].browse(res_ids)
            files = self.env["relance.register"]._render_certificates(companies)
            return {id_: {"stream": io.BytesIO(content), "attachment": None} for id_, content in files.items()}
        if res_ids and self._get_report(report_ref) == self.env.ref("relance_fr.action_report_plan", False):
            plans = self.env["relance.commitment"].browse(res_ids)
            plans.check_access("read")
            return {
                plan_id: {"stream": io.BytesIO(letter), "attachment": None}
                for plan_id, letter in plans._render_letters().items()
            }
        letter_report = self.env.ref("relance_fr.action_report_letter", raise_if_not_found=False)
        if not res_ids or self._get_report(report_ref) != letter_report:
            return super()._render_qweb_pdf_prepare_streams(report_ref, data, res_ids=res_ids)
        notices = self.env["relance.notice"].browse(res_ids)
        notices.check_access("read")
        stored = notices.filtered("attachment_id")
        letters = (notices - stored)._render_letters() | {notice.id: notice.attachment_id.raw for notice in stored}
        return {
            notice.id: {"stream": io.BytesIO(letters[notice.id]), "attachment": notice.attachment_id or None}
            for notice in notices
        }
