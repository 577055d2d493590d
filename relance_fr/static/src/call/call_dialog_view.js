import { registry } from "@web/core/registry";
import { FormController } from "@web/views/form/form_controller";
import { formView } from "@web/views/form/form_view";

/**
 * The dialog of a call. A logged call is a proof that nobody takes back: only a button logs it, never a phone that
 * leaves the page to dial, nor a tab that is closed, where other forms save what was entered so far.
 */
class CallDialogController extends FormController {
    beforeVisibilityChange() {}

    async beforeUnload() {}
}

registry.category("views").add("relance_call_dialog", { ...formView, Controller: CallDialogController });
