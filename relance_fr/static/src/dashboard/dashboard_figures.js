import { Component } from "@odoo/owl";
import { formatFigure } from "./dashboard_format";

/** The figures at the head of the dashboard: each opens what it adds up. */
export class DashboardFigures extends Component {
    static template = "relance_fr.DashboardFigures";
    static props = { panel: { type: Object, optional: true }, open: Function, retry: Function };

    figure(row) {
        return formatFigure(row.values[0], row.type, this.props.panel.currency_id);
    }
}
