import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** An e-mail as it leaves, a whole page of its own: in a frame where no script runs. */
export class MailField extends Component {
    static template = "relance_fr.MailField";
    static props = { ...standardFieldProps };

    get page() {
        return this.props.record.data[this.props.name]?.toString() || "";
    }
}

registry.category("fields").add("relance_mail", {
    component: MailField,
    supportedTypes: ["html"],
});
