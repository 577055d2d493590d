import { Component, onWillUnmount, onWillUpdateProps, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { formatInteger } from "@web/views/fields/formatters";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

// Asking for a few counts; while the window is hidden nobody looks.
const EVERY = 4000;
const SECOND = 1000;

/**
 * How a confirmed run goes on: how long it may be called back, a bar, and what came of its notices ({state, progress,
 * outcomes, can_call_back, seconds_left, leaves}, see relance_run_result.py). Asked again every few seconds while notices are being made or sent.
 */
export class RunResultField extends Component {
    static template = "relance_fr.RunResultField";
    static props = { ...standardFieldProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.fresh = useState({ of: false, result: false });
        // Counted by the clock of the browser from what the server said was left: theirs may differ.
        this.clock = useState({ read: Date.now(), now: Date.now() });
        this.timers = [
            setInterval(() => this.refresh(), EVERY),
            setInterval(() => (this.clock.now = Date.now()), SECOND),
        ];
        onWillUpdateProps(() => Object.assign(this.clock, { read: Date.now(), now: Date.now() }));
        onWillUnmount(() => this.timers.forEach(clearInterval));
    }

    get result() {
        const { record, name } = this.props;
        const known = this.fresh.of === record.resId && this.fresh.result;
        return known || record.data[name] || { state: "draft", progress: 0, outcomes: [] };
    }

    get isRunning() {
        return this.result.state === "confirmed";
    }

    get isWaiting() {
        return this.isRunning && this.result.can_call_back;
    }

    /** Minutes and seconds left to call the campaign back, such as 9:05; "" once they are over. */
    get timeLeft() {
        const left = this.result.seconds_left - Math.floor((this.clock.now - this.clock.read) / SECOND);
        return left > 0 ? `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}` : "";
    }

    async callBack() {
        const { record } = this.props;
        await this.orm.call(record.resModel, "action_call_back", [[record.resId]]);
        this.fresh.of = false;
        await record.load();
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
            Object.assign(this.clock, { read: Date.now(), now: Date.now() });
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
