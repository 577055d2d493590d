import { Component, onWillStart, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { ListController } from "@web/views/list/list_controller";
import { listView } from "@web/views/list/list_view";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

const MODEL = "relance.onboarding";

/** The first steps of dunning: each opens its dialog and knows from the data whether it is done. */
export class RelanceOnboarding extends Component {
    static template = "relance_fr.Onboarding";
    // A view widget is given its record and more.
    static props = { always: { type: Boolean, optional: true }, "*": true };
    static defaultProps = { always: false };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ panel: {} });
        onWillStart(() => this.load());
    }

    get next() {
        return this.state.panel.steps.find((step) => !step.done);
    }

    get introduction() {
        const { company, done } = this.state.panel;
        return done
            ? _t("All is set for %s. Look at your formal notice before the first one leaves.", company)
            : _t("Four settings of %s, then you look at your first formal notice.", company);
    }

    async load() {
        this.state.panel = await this.orm.call(MODEL, "action_get_panel", [], { always: this.props.always });
    }

    async openStep(key) {
        const action = await this.orm.call(MODEL, "action_open_step", [key]);
        await this.action.doAction(action, { onClose: () => this.reload() });
    }

    /** Read the steps again, and the form they stand on: what was lacking may be complete now. */
    async reload() {
        await this.load();
        await this.props.record?.load();
    }

    async openLetter() {
        await this.action.doAction(await this.orm.call(MODEL, "action_open_letter", []));
    }

    async close() {
        await this.orm.call(MODEL, "action_close", []);
        this.state.panel = {};
    }
}

/** The same on a page of its own, which the menu opens. */
class RelanceOnboardingPage extends Component {
    static template = "relance_fr.OnboardingPage";
    static components = { Layout, RelanceOnboarding };
    static props = { ...standardActionServiceProps };
    display = { controlPanel: {} };
}

class RelanceRunListController extends ListController {
    static template = "relance_fr.RunListView";
    static components = { ...ListController.components, RelanceOnboarding };
}

registry.category("view_widgets").add("relance_onboarding", { component: RelanceOnboarding });
registry.category("actions").add("relance_fr.onboarding", RelanceOnboardingPage);
registry.category("views").add("relance_run_list", { ...listView, Controller: RelanceRunListController });
