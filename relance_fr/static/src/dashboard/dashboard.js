import { Component, onWillStart, useRef, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { DashboardFigures } from "./dashboard_figures";
import { DashboardPanel } from "./dashboard_panel";

const { DateTime } = luxon;

const MODEL = "relance.dashboard";

/**
 * The figures of dunning of one company at a time: amounts of companies are never added. The server says which panels
 * there are and what is in them (see relance_dashboard.py); each is asked for on its own, so that the screen is there
 * at once and a panel that fails leaves the others.
 */
export class Dashboard extends Component {
    static template = "relance_fr.Dashboard";
    static components = { DashboardFigures, DashboardPanel, Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ companyId: this.props.state?.companyId, panels: {} });
        useSetupAction({
            rootRef: useRef("root"),
            getLocalState: () => ({ companyId: this.state.companyId }),
        });
        onWillStart(async () => {
            const { companies, panels } = await this.orm.call(MODEL, "get_companies", []);
            this.companies = companies;
            this.names = panels.filter((name) => name !== "figures");
            const known = companies.some((company) => company.id === this.state.companyId);
            this.choose(known ? this.state.companyId : companies[0].id);
        });
    }

    get company() {
        return this.companies.find((company) => company.id === this.state.companyId);
    }

    get day() {
        return DateTime.fromISO(this.company.day).toLocaleString(DateTime.DATE_FULL);
    }

    choose(companyId) {
        this.state.companyId = companyId;
        for (const name of ["figures", ...this.names]) {
            this.load(name);
        }
    }

    async load(name) {
        const { companyId } = this.state;
        this.state.panels[name] = undefined;
        let panel;
        try {
            panel = await this.orm.silent.call(MODEL, "get_panel", [name, companyId]);
        } catch (error) {
            panel = { error: error.data?.message || error.message };
        }
        // Another company may have been chosen meanwhile.
        if (companyId === this.state.companyId) {
            this.state.panels[name] = panel;
        }
    }

    open(action) {
        return this.action.doAction(action.xmlid || action);
    }
}

registry.category("actions").add("relance_fr.dashboard", Dashboard);
