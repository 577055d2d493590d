/* global luxon */

import { Component } from "@odoo/owl";
import { deserializeDate, formatDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { formatMonetary } from "@web/views/fields/formatters";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/**
 * The statement of interest: one row per period with its days, principal and rate, then the claim
 * added up. The server gives facts ({as_of, currency_id, rows, totals}), dates as ISO strings and
 * amounts as numbers; only their notation is the reader's.
 */
export class StatementField extends Component {
    static template = "relance_fr.StatementField";
    static props = { ...standardFieldProps };

    get statement() {
        return this.props.record.data[this.props.name] || { rows: [], totals: {} };
    }

    /** Rows that belong together (one invoice or one instalment) in the order of the server. */
    get groups() {
        const groups = [];
        for (const row of this.statement.rows) {
            const key = `${row.invoice}|${row.due}`;
            if (!groups.length || groups.at(-1).key !== key) {
                groups.push({ key, invoice: row.invoice, due: row.due, rows: [] });
            }
            groups.at(-1).rows.push(row);
        }
        return groups;
    }

    get hasTitles() {
        return this.groups.some((group) => group.invoice || group.due);
    }

    get hasFloor() {
        return this.statement.rows.some((row) => row.floored);
    }

    dueText(group) {
        return _t("due on %s", this.date(group.due));
    }

    get totalText() {
        return _t("Total claim on %s", this.date(this.statement.as_of));
    }

    date(value) {
        return value ? formatDate(deserializeDate(value)) : "";
    }

    money(value) {
        return formatMonetary(value || 0, { currencyId: this.statement.currency_id });
    }

    /** A rate in percent, with two decimals or the three a clause may have. */
    rate(value) {
        const options = { style: "percent", minimumFractionDigits: 2, maximumFractionDigits: 3 };
        return new Intl.NumberFormat(luxon.Settings.defaultLocale, options).format(value / 100);
    }
}

registry.category("fields").add("relance_statement", {
    component: StatementField,
    supportedTypes: ["json"],
});
