import { registry } from "@web/core/registry";
import { FormController } from "@web/views/form/form_controller";
import { formView } from "@web/views/form/form_view";

/**
 * The dialog of a call. A logged call is a proof that nobody takes back: only a button logs it. Where other forms save
 * what was entered when the page is closed, this one lets the browser ask.
 */
class CallDialogController extends FormController {
    async beforeUnload(ev) {
        if (this.model.root.dirty) {
            ev.preventDefault();
            ev.returnValue = true;
        }
    }
}

registry.category("views").add("relance_call_dialog", { ...formView, Controller: CallDialogController });
