import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { KanbanController } from "@web/views/kanban/kanban_controller";
import { kanbanView } from "@web/views/kanban/kanban_view";
import { ListController } from "@web/views/list/list_controller";
import { listView } from "@web/views/list/list_view";

import { Component, onWillStart } from "@odoo/owl";

/** Says, above the notices, that a company is in test mode: what is there leaves for nobody. */
export class RelanceTestBanner extends Component {
    static template = "relance_fr.TestBanner";
    static props = {};

    setup() {
        this.orm = useService("orm");
        onWillStart(async () => {
            const companies = user.activeCompanies.map((company) => company.id);
            const domain = [
                ["id", "in", companies],
                ["relance_test_address", "!=", false],
            ];
            this.tested = await this.orm.searchRead("res.company", domain, ["name", "relance_test_address"]);
        });
    }
}

class RelanceNoticeListController extends ListController {
    static template = "relance_fr.NoticeListView";
    static components = { ...ListController.components, RelanceTestBanner };
}

class RelanceNoticeKanbanController extends KanbanController {
    static template = "relance_fr.NoticeKanbanView";
    static components = { ...KanbanController.components, RelanceTestBanner };
}

const views = registry.category("views");
views.add("relance_notice_list", { ...listView, Controller: RelanceNoticeListController });
views.add("relance_notice_kanban", { ...kanbanView, Controller: RelanceNoticeKanbanController });
