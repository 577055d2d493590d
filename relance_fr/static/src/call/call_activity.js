import { Activity } from "@mail/core/web/activity";
import { ActivityListPopoverItem } from "@mail/core/web/activity_list_popover_item";
import { patch } from "@web/core/utils/patch";

/** Models of ours on which a call with a debtor is planned. */
const CALLED_MODELS = ["relance.notice", "relance.call"];

/** A planned call with a debtor is done by logging it: the dialog opens from the activity itself. */
const loggedCall = {
    get isRelanceCall() {
        const { activity_category: category, res_model: model } = this.props.activity;
        return category === "phonecall" && CALLED_MODELS.includes(model);
    },

    async onClickLogRelanceCall() {
        const { res_model: model, res_id: id } = this.props.activity;
        const { action: actionService, "mail.store": store, orm } = this.env.services;
        const action = await orm.call(model, "action_relance_log_call", [[id]]);
        const thread = store.Thread.insert({ model, id });
        await actionService.doAction(action, {
            onClose: () => {
                this.props.onActivityChanged?.(thread);
                this.props.reloadParentView?.();
            },
        });
    },
};

patch(Activity.prototype, loggedCall);
patch(ActivityListPopoverItem.prototype, loggedCall);
