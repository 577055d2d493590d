import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { BooleanField, booleanField } from "@web/views/fields/boolean/boolean_field";
import { X2ManyField, x2ManyField } from "@web/views/fields/x2many/x2many_field";
import { FormViewDialog } from "@web/views/view_dialogs/form_view_dialog";

/** Save the form a row is shown in, if it is one that can be saved; false when it could not be. */
export async function saveRoot({ root }) {
    return !root.resId || !root.isInEdition || (await root.save());
}

/**
 * The notices to come of a run. A row opens in a dialog of its own, saved by itself: the server computes
 * what a choice changes, and the run behind is read again.
 */
export class RunDebtorsField extends X2ManyField {
    setup() {
        super.setup();
        this.dialogService = useService("dialog");
    }

    async openRecord(record) {
        const { model, resModel, resId, data } = record;
        if (!(await saveRoot(model))) {
            return;
        }
        this.dialogService.add(FormViewDialog, {
            resModel,
            resId,
            title: data.partner_id?.display_name,
            size: "xl",
            readonly: data.run_state !== "draft",
            onRecordSaved: () => model.root.load(),
        });
    }
}

registry.category("fields").add("relance_run_debtors", { ...x2ManyField, component: RunDebtorsField });

/** A tick that is stored at once, in a list whose rows open. */
export class TickField extends BooleanField {
    static template = "relance_fr.TickField";

    get isReadonly() {
        return this.props.record.data.run_state !== "draft";
    }

    async onChange(value) {
        const { model, resModel, resId } = this.props.record;
        if (await saveRoot(model)) {
            await model.orm.write(resModel, [resId], { [this.props.name]: value });
            await model.root.load();
        }
    }
}

registry.category("fields").add("relance_tick", { ...booleanField, component: TickField });
