import { registry } from "@web/core/registry";
import { formView } from "@web/views/form/form_view";

/** A draft is computed again each time it is opened, so that it never shows the debtors of this morning. */
class RelanceRunModel extends formView.Model {
    async load(params = {}) {
        const resId = params.resId === undefined ? this.config.resId : params.resId;
        if (resId && resId !== this.opened) {
            this.opened = resId;
            try {
                await this.orm.call("relance.run", "action_open_up_to_date", [[resId]]);
            } catch (error) {
                // It opens all the same: what it shows says when it was computed.
                this.notification.add(error.data?.message || error.message, { type: "warning" });
            }
        }
        return super.load(params);
    }
}

registry.category("views").add("relance_run_form", { ...formView, Model: RelanceRunModel });
