import { Component } from "@odoo/owl";
import { formatFigure } from "./dashboard_format";

/** A table of figures, its rows with or without bars (see relance_dashboard.py): each row opens what it adds up. */
export class DashboardPanel extends Component {
    static template = "relance_fr.DashboardPanel";
    static props = { name: String, panel: { type: Object, optional: true }, open: Function, retry: Function };

    figure(row, index) {
        const { columns, currency_id: currencyId } = this.props.panel;
        // A total has no figure where values cannot be added.
        if (row.key === "total" && row.values[index] === null) {
            return "";
        }
        return formatFigure(row.values[index], columns[index].type, currencyId);
    }

    openRow(row) {
        if (row.action) {
            this.props.open(row.action);
        }
    }
}
