import { registry } from "@web/core/registry";
import { PdfViewerField, pdfViewerField } from "@web/views/fields/pdf_viewer/pdf_viewer_field";

/** The stored letter, shown as wide as the page allows and without the pane of bookmarks. */
export class LetterField extends PdfViewerField {
    get url() {
        const url = super.url;
        return url && `${url}&zoom=page-width&pagemode=none`;
    }
}

registry.category("fields").add("relance_letter", { ...pdfViewerField, component: LetterField });
