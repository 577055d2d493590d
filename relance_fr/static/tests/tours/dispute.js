import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("relance_fr_dispute", {
    steps: () => [
        {
            content: "Open the dunning tab of the overdue invoice",
            trigger: ".o_form_view a[name=relance]",
            run: "click",
        },
        {
            content: "The debtor does not agree",
            trigger: "button[name=action_relance_hold]",
            run: "click",
        },
        {
            content: "It is a dispute",
            trigger: ".modal div[name=reason] input[data-value=dispute]",
            run: "click",
        },
        {
            content: "About the price",
            trigger: ".modal div[name=category] input",
            run: "click",
        },
        {
            content: "Choose the category",
            trigger: ".o_select_menu_item:contains('Price')",
            run: "click",
        },
        {
            content: "A part of the invoice only",
            trigger: ".modal div[name=amount] input",
            run: "edit 350.50 && press Tab",
        },
        {
            content: "Say why",
            trigger: ".modal div[name=note] textarea",
            run: "edit The price is not that of the offer.",
        },
        {
            content: "Suspend",
            trigger: ".modal footer button[name=action_confirm]",
            run: "click",
        },
        {
            content: "The invoice shows it: open it",
            trigger: "div[name=relance_hold_ids] .o_data_row:contains('Dispute') .o_data_cell",
            run: "click",
        },
        {
            content: "It was settled",
            trigger: "button[name=action_resolve]",
            run: "click",
        },
        {
            content: "Accepted in part",
            trigger: ".modal div[name=resolution] input[data-value=partly]",
            run: "click",
        },
        {
            content: "A hundred euros",
            trigger: ".modal div[name=accepted_amount] input",
            run: "edit 100",
        },
        {
            content: "Start the credit note",
            trigger: ".modal footer button[name=action_apply]:contains('Credit Note'):visible",
            run: "click",
        },
        {
            content: "Core asks how",
            trigger: ".modal button[name=refund_moves]",
            run: "click",
        },
        {
            content: "The credit note is a draft to correct and post",
            trigger: ".o_form_view .o_arrow_button_current:contains('Draft')",
        },
    ],
});
