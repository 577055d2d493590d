import { Component, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/** Previous debtor, "12 / 87", next debtor: to be reached with a thumb as with the keyboard. */
export class OneByOnePager extends Component {
    static template = "relance_fr.OneByOnePager";
    static props = { ...standardWidgetProps };

    setup() {
        this.state = useState({ moving: false });
    }

    get offset() {
        return this.env.relanceOneByOne.offset();
    }

    get total() {
        return this.env.relanceOneByOne.total();
    }

    async move(step) {
        this.state.moving = true;
        try {
            await this.env.relanceOneByOne.move(step);
        } finally {
            this.state.moving = false;
        }
    }
}

registry.category("view_widgets").add("relance_one_by_one_pager", { component: OneByOnePager });
