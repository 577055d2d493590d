import { useSubEnv } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { usePager } from "@web/search/pager_hook";
import { FormController } from "@web/views/form/form_controller";
import { formView } from "@web/views/form/form_view";

/** Buttons that decide about a notice: the next one follows. */
const DECISIONS = ["action_send", "action_leave_out"];
/** Choices whose figures the server computes: they are saved at once. */
const CHOICES = ["level_id", "channel", "selected"];

/**
 * Knows the whole list when the form is opened on one of its notices, be it by a button or by its address. The order
 * stays as it was at first, whatever the choices made on the way change in the sums.
 */
class OneByOneModel extends formView.Model {
    async load(params = {}) {
        const { resId, resIds, resModel } = this.config;
        if (resId && resIds.length < 2) {
            this.config.resIds = await this.orm.search(resModel, [["run_id.debtor_ids", "in", [resId]]]);
        }
        return super.load(params);
    }
}

class OneByOneController extends FormController {
    setup() {
        super.setup();
        // Ours stands beside the buttons, stops at the ends of the list and says where one is on a phone too.
        usePager(() => undefined);
        useSubEnv({
            relanceOneByOne: {
                offset: () => this.offset,
                total: () => this.model.root.resIds.length,
                move: (step) => this.move(step),
            },
        });
    }

    get modelParams() {
        const params = super.modelParams;
        params.hooks.onRecordChanged = (record, changes) => {
            if (CHOICES.some((name) => name in changes)) {
                // Not within the change itself, which holds the lock that saving needs.
                Promise.resolve().then(() => this.save());
            }
        };
        return params;
    }

    get offset() {
        return this.model.root.resIds.indexOf(this.model.root.resId);
    }

    /** Go `step` notices further (back when negative); stay at the ends of the list. */
    async move(step) {
        const { resIds } = this.model.root;
        const offset = this.offset + step;
        if (offset >= 0 && offset < resIds.length) {
            await this.onPagerUpdate({ offset, resIds });
        }
    }

    /** Decide, then show the next notice in its place. */
    async beforeExecuteActionButton(clickParams) {
        const saved = await super.beforeExecuteActionButton(clickParams);
        if (saved === false || !DECISIONS.includes(clickParams.name)) {
            return saved;
        }
        const { resId, resIds, resModel } = this.model.root;
        await this.orm.call(resModel, clickParams.name, [[resId]]);
        await this.model.load({ resId: resIds[Math.min(this.offset + 1, resIds.length - 1)] });
        return false;
    }
}

registry.category("views").add("relance_one_by_one", {
    ...formView,
    Model: OneByOneModel,
    Controller: OneByOneController,
});
