import { Component, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { _t } from "@web/core/l10n/translation";
import { formatMonetary } from "@web/views/fields/formatters";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { FactsField } from "../one_by_one/debtor_file_fields";

/** The next action of a debtor as a button that opens its place; the list is read again afterwards. */
export class NextActionField extends Component {
    static template = "relance_fr.NextActionField";
    static props = {
        ...standardFieldProps,
        hotkey: { type: String, optional: true },
        small: { type: Boolean, optional: true },
    };

    setup() {
        this.action = useService("action");
        this.state = useState({ busy: false });
    }

    get label() {
        const { selection } = this.props.record.fields[this.props.name];
        const found = selection.find(([key]) => key === this.props.record.data[this.props.name]);
        return found ? found[1] : "";
    }

    async open() {
        const { record } = this.props;
        this.state.busy = true;
        try {
            await this.action.doActionButton({
                type: "object",
                name: "action_do",
                resModel: record.resModel,
                resId: record.resId,
                resIds: [record.resId],
                context: record.context,
                onClose: () => record.model.load(),
            });
        } finally {
            this.state.busy = false;
        }
    }
}

/** Why a debtor is in the list: [{text, tone}]. */
export class ReasonsField extends Component {
    static template = "relance_fr.ReasonsField";
    static props = { ...standardFieldProps };

    get reasons() {
        return this.props.record.data[this.props.name] || [];
    }
}

/** The account at a glance, one block a currency; see relance.debtor's field `account`. */
export class AccountField extends Component {
    static template = "relance_fr.AccountField";
    static props = { ...standardFieldProps };

    setup() {
        this.action = useService("action");
    }

    get currencies() {
        return this.props.record.data[this.props.name] || [];
    }

    money(amount, row) {
        return formatMonetary(amount || 0, { currencyId: row.currency_id });
    }

    /** Rows of the ledger: what adds up to the balance, without those that hold nothing. */
    ledger(row) {
        return [
            { label: _t("Overdue"), amount: row.overdue, always: true, danger: row.overdue > 0 },
            { label: _t("Not due"), amount: row.not_due, always: true },
            { label: _t("Other entries"), amount: row.other },
            { label: _t("Credits not matched"), amount: -row.credits },
            { label: _t("Balance of the account"), amount: row.balance, always: true, total: true },
        ].filter((line) => line.always || line.amount);
    }

    /** Rows of the claim of today: what a letter about all that is overdue would ask for. */
    claim(row) {
        return [
            { label: _t("Principal past due, less credits"), amount: row.principal, always: true },
            { label: _t("Late-payment penalties"), amount: row.penalty, always: true },
            { label: _t("Recovery indemnity"), amount: row.indemnity, always: true },
            { label: _t("Claim as of today"), amount: row.total, always: true, total: true },
            { label: _t("Of which disputed or on hold"), amount: row.disputed, muted: true },
            { label: _t("Payments in progress, deducted"), amount: row.pending, muted: true },
        ].filter((line) => line.always || line.amount);
    }

    /** Width of a bar in percent of the widest; what holds something is never invisible. */
    width(bracket, row) {
        const widest = Math.max(...row.brackets.map(({ amount }) => amount));
        return bracket.amount > 0 ? Math.max(1.5, (100 * bracket.amount) / widest) : 0;
    }

    openBracket(bracket) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            name: bracket.label,
            res_model: "account.move",
            views: [
                [false, "list"],
                [false, "form"],
            ],
            domain: [["id", "in", bracket.move_ids]],
            context: { create: false },
        });
    }
}

const SHOWN = 12;

/** Facts, the newest first; older ones on demand. */
export class TimelineField extends FactsField {
    static template = "relance_fr.TimelineField";

    setup() {
        super.setup();
        this.state = useState({ all: false });
    }

    get facts() {
        return this.state.all ? this.rows : this.rows.slice(0, SHOWN);
    }

    get hidden() {
        return this.rows.length - this.facts.length;
    }

    get moreText() {
        return _t("Show older ones (%s)", this.hidden);
    }
}

const fields = registry.category("fields");
fields.add("relance_next_action", {
    component: NextActionField,
    supportedTypes: ["selection"],
    extractProps: ({ attrs, viewType }) => ({ hotkey: attrs.hotkey, small: viewType === "list" }),
});
fields.add("relance_reasons", { component: ReasonsField, supportedTypes: ["json"] });
fields.add("relance_account", { component: AccountField, supportedTypes: ["json"] });
fields.add("relance_timeline", {
    component: TimelineField,
    supportedTypes: ["json"],
    extractProps: ({ placeholder }) => ({ placeholder }),
});
