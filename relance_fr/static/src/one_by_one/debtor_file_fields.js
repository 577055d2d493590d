import { Component } from "@odoo/owl";
import { deserializeDate, formatDate } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { formatMonetary } from "@web/views/fields/formatters";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** A table of facts given by the server as JSON rows; a row opens the record it is about. */
class RowsField extends Component {
    static props = { ...standardFieldProps };

    setup() {
        this.action = useService("action");
    }

    get rows() {
        return this.props.record.data[this.props.name] || [];
    }

    date(value) {
        return value ? formatDate(deserializeDate(value)) : "";
    }

    openRecord(model, id) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: model,
            res_id: id,
            views: [[false, "form"]],
        });
    }
}

/** Contacts, holds, promises, credits: [{date, icon, title, text, tone, model, id}]. */
export class FactsField extends RowsField {
    static template = "relance_fr.FactsField";
    static props = { ...RowsField.props, placeholder: { type: String, optional: true } };

    get facts() {
        return this.rows;
    }

    open(fact) {
        return this.openRecord(fact.model, fact.id);
    }
}

/** What a debtor owes: [{move_id, invoice, due, days_late, amount, currency_id, level, claimed, why}]. */
export class InstalmentsField extends RowsField {
    static template = "relance_fr.InstalmentsField";

    money(row) {
        return formatMonetary(row.amount, { currencyId: row.currency_id });
    }

    open(row) {
        return this.openRecord("account.move", row.move_id);
    }
}

registry.category("fields").add("relance_facts", {
    component: FactsField,
    supportedTypes: ["json"],
    extractProps: ({ placeholder }) => ({ placeholder }),
});
registry.category("fields").add("relance_instalments", { component: InstalmentsField, supportedTypes: ["json"] });
