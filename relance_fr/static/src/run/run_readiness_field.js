import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { formatInteger, formatMonetary } from "@web/views/fields/formatters";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/**
 * What stands ready before a run is confirmed and what does not ({ready, lacks}, see relance_run_safety.py): a line for
 * each lack with the notices it concerns.
 */
export class RunReadinessField extends Component {
    static template = "relance_fr.RunReadinessField";
    static props = { ...standardFieldProps };

    get readiness() {
        return this.props.record.data[this.props.name] || { ready: [], lacks: [] };
    }

    count(value) {
        return formatInteger(value || 0);
    }

    money([currencyId, amount]) {
        return formatMonetary(amount, { currencyId });
    }
}

registry.category("fields").add("relance_run_readiness", {
    component: RunReadinessField,
    supportedTypes: ["json"],
});
