import { Component, onWillUnmount, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { formatInteger } from "@web/views/fields/formatters";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

// Asking for a few counts; while the window is hidden nobody looks.
const EVERY = 4000;

/**
 * How a confirmed run goes on: a bar, and what came of its notices ({state, progress, outcomes}, see
 * relance_run_result.py). Asked again every few seconds while notices are being made or sent.
 */
export class RunResultField extends Component {
    static template = "relance_fr.RunResultField";
    static props = { ...standardFieldProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.fresh = useState({ of: false, result: false });
        this.timer = setInterval(() => this.refresh(), EVERY);
        onWillUnmount(() => clearInterval(this.timer));
    }

    get result() {
        const { record, name } = this.props;
        const known = this.fresh.of === record.resId && this.fresh.result;
        return known || record.data[name] || { state: "draft", progress: 0, outcomes: [] };
    }

    get isRunning() {
        return this.result.state === "confirmed";
    }

    count(value) {
        return formatInteger(value);
    }

    async refresh() {
        const { record, name } = this.props;
        if (!this.isRunning || document.hidden || this.asking) {
            return;
        }
        this.asking = true;
        try {
            const [values] = await this.orm.silent.read(record.resModel, [record.resId], [name]);
            this.fresh.of = record.resId;
            this.fresh.result = values[name];
            if (!this.isRunning) {
                // Done: the buttons and the lists of the form follow.
                await record.load();
            }
        } finally {
            this.asking = false;
        }
    }

    async open(outcome) {
        const { record } = this.props;
        const args = [[record.resId], outcome.key];
        await this.action.doAction(await this.orm.call(record.resModel, "action_open_outcome", args));
    }
}

registry.category("fields").add("relance_run_result", {
    component: RunResultField,
    supportedTypes: ["json"],
});
