import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("relance_fr_debtor", {
    steps: () => [
        {
            content: "The most useful first: a notice waits for an approval",
            trigger:
                ".o_kanban_view .o_kanban_record:not(.o_kanban_ghost):first:contains('Menuiserie') .badge:contains('Notice to approve')",
        },
        {
            content: "One click opens it",
            trigger: ".o_kanban_record:contains('Menuiserie') .o_relance_next_action:contains('Approve')",
            run: "click",
        },
        {
            content: "Approve the notice",
            trigger: ".o_form_view .o_statusbar_buttons button[name=action_approve]",
            run: "click",
        },
        {
            content: "Approved",
            trigger: ".o_form_view:not(:has(.o_statusbar_buttons button[name=action_approve]))",
        },
        {
            content: "Back to the list",
            trigger: ".breadcrumb-item a:contains('To Do Today'), .o_back_button",
            run: "click",
        },
        {
            content: "It is done; open the other debtor",
            trigger:
                ".o_kanban_view:not(:has(.badge:contains('Notice to approve'))) .o_kanban_record:contains('Boulangerie')",
            run: "click",
        },
        {
            content: "The account adds up",
            trigger: ".o_relance_account tr:contains('Balance of the account'):contains('640.50')",
        },
        {
            content: "By age",
            trigger: ".o_relance_bracket:contains('1 to 30 days'):contains('640.50')",
        },
        {
            content: "Log a call from there",
            trigger: ".o_statusbar_buttons button[name=action_log_call]",
            run: "click",
        },
        {
            content: "No answer",
            trigger: ".modal .o_field_widget[name=outcome] .o_selection_badge:contains('No answer')",
            run: "click",
        },
        {
            content: "Log it",
            trigger: ".modal footer button:contains('Log the Call')",
            run: "click",
        },
        {
            content: "It is in the account at once",
            trigger: "body:not(:has(.modal)) .o_field_relance_timeline .o_relance_fact:contains('No answer')",
        },
        {
            content: "Where the open invoices are",
            trigger: ".o_relance_bracket:contains('1 to 30 days')",
            run: "click",
        },
        {
            content: "The invoice behind the bar",
            trigger: ".o_list_view .o_data_row:contains('640.50')",
        },
    ],
});

registry.category("web_tour.tours").add("relance_fr_debtor_read", {
    steps: () => [
        {
            content: "An auditor reads the account and is offered no action",
            trigger:
                ".o_form_view:not(:has(.o_relance_next_action)):not(:has(button[name=action_remind])) .o_relance_account:contains('640.50')",
        },
    ],
});
