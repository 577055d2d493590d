import { Component, onWillStart } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { FormViewDialog } from "@web/views/view_dialogs/form_view_dialog";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/** The button of a notice to come that shows its e-mail and its letter as they would leave, on top of what is open. */
export class DocumentsWidget extends Component {
    static template = "relance_fr.DocumentsWidget";
    static props = { ...standardWidgetProps, wide: { type: Boolean, optional: true } };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.dialog = useService("dialog");
        // A user who only reads the register sees what was sent, not what would be.
        onWillStart(async () => {
            this.isAllowed = await user.checkAccessRight("relance.preview", "create");
        });
    }

    get label() {
        return _t("See the email and the letter");
    }

    async open() {
        const { record } = this.props;
        if (record.isInEdition && record.model.root === record && !(await record.save())) {
            return;
        }
        const action = await this.orm.call(record.resModel, "action_open_documents", [[record.resId]]);
        if (action.target !== "new") {
            await this.action.doAction(action);
            return;
        }
        this.dialog.add(FormViewDialog, {
            resModel: action.res_model,
            resId: action.res_id,
            title: action.name,
            size: "xl",
            readonly: true,
            canExpand: false,
        });
    }
}

registry.category("view_widgets").add("relance_documents", {
    component: DocumentsWidget,
    extractProps: ({ attrs }) => ({ wide: attrs.wide === "1" }),
});
