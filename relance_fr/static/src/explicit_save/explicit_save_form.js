import { _t } from "@web/core/l10n/translation";
import { useBus } from "@web/core/utils/hooks";
import { registry } from "@web/core/registry";
import { FormController } from "@web/views/form/form_controller";
import { formView } from "@web/views/form/form_view";
import { SettingsConfirmationDialog } from "@web/webclient/settings_form_view/settings_confirmation_dialog";

/**
 * A form of what has a legal effect: nothing of it is saved but by a button.
 *
 * Core's forms save what was entered, defaults included, when the page is reloaded or closed, when another tab is
 * looked at and when one goes elsewhere. Here the browser asks before the page is left, and so do we before another
 * screen is shown.
 */
export class ExplicitSaveController extends FormController {
    setup() {
        super.setup();
        this.isTyping = false;
        useBus(this.model.bus, "FIELD_IS_DIRTY", (ev) => (this.isTyping = ev.detail));
    }

    beforeUnload(ev) {
        if (this.model.root.dirty || this.isTyping) {
            ev.preventDefault();
            ev.returnValue = "Unsaved changes";
        }
    }

    beforeVisibilityChange() {}

    async beforeLeave({ forceLeave } = {}) {
        return forceLeave ? true : this.askToSave();
    }

    async onPagerUpdate(params) {
        if (await this.askToSave()) {
            return super.onPagerUpdate(params);
        }
    }

    async create() {
        if (await this.askToSave()) {
            return super.create();
        }
    }

    /** Let the user save what was entered, give it up or stay; tell whether the form may be left. */
    async askToSave() {
        if (!(await this.model.root.isDirty())) {
            return true;
        }
        return new Promise((resolve) => {
            this.dialogService.add(SettingsConfirmationDialog, {
                body: _t("Would you like to save your changes?"),
                confirm: () => this.save({ reload: false }).then(resolve, (error) => {
                    resolve(false);
                    throw error;
                }),
                cancel: () => this.model.root.discard().then(() => resolve(true)),
                stayHere: () => resolve(false),
                dismiss: () => resolve(false),
            });
        });
    }
}

registry.category("views").add("relance_explicit_save", { ...formView, Controller: ExplicitSaveController });
