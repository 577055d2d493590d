import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { formatInteger, formatMonetary } from "@web/views/fields/formatters";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/**
 * What a run sends and what it does not, added up ({send, unselected, stopped}: lists of rows, see
 * relance_run_summary.py). Each row is a button that opens what it counts.
 */
export class RunSummaryField extends Component {
    static template = "relance_fr.RunSummaryField";
    static props = { ...standardFieldProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
    }

    get summary() {
        return this.props.record.data[this.props.name] || { send: [], unselected: [], stopped: [] };
    }

    get isEmpty() {
        const { send, unselected, stopped } = this.summary;
        return !(send.length || unselected.length || stopped.length);
    }

    /** The rows of one list added up, amounts by currency. */
    total(rows) {
        const amounts = new Map();
        for (const [currency, amount] of rows.flatMap((row) => row.amounts)) {
            amounts.set(currency, (amounts.get(currency) || 0) + amount);
        }
        const sum = (name) => rows.reduce((count, row) => count + (row[name] || 0), 0);
        return { notices: sum("notices"), lines: sum("lines"), amounts: [...amounts] };
    }

    count(value) {
        return formatInteger(value || 0);
    }

    money([currencyId, amount]) {
        return formatMonetary(amount, { currencyId });
    }

    async open(row) {
        const { record } = this.props;
        if (record.isInEdition && !(await record.save())) {
            return;
        }
        const action = await this.orm.call(record.resModel, "action_open_summary", [[record.resId], row.key]);
        await this.action.doAction(action);
    }
}

registry.category("fields").add("relance_run_summary", {
    component: RunSummaryField,
    supportedTypes: ["json"],
});
