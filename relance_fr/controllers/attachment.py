from odoo import http
from odoo.addons.mail.controllers.attachment import AttachmentController
from odoo.http import request


class EvidenceController(AttachmentController):
    """Files that people add to the messages of our records."""

    @http.route()
    def mail_attachment_upload(self, ufile, thread_id, thread_model, is_pending=False, **kwargs):
        """Keep the bytes of evidence: until its message is posted, the file does not say which record it belongs to."""
        if thread_model.startswith("relance."):
            request.update_context(image_no_postprocess=True)
        return super().mail_attachment_upload(ufile, thread_id, thread_model, is_pending, **kwargs)
