import { registry } from "@web/core/registry";

const debtor = (name, position) => ({
    content: `${name} is shown, ${position}`,
    trigger: `.o_relance_one_by_one:has(.o_relance_position:contains('${position}')) .o_field_widget[name=partner_id]:contains('${name}')`,
});
const outcome = (name) => ({
    content: `The outcome: ${name}`,
    trigger: `.modal .o_field_widget[name=outcome] .o_selection_badge:contains('${name}')`,
    run: "click",
});
const logCall = {
    content: "Log a call",
    trigger: ".o_relance_bar button[name=action_relance_log_call]",
    run: "click",
};

registry.category("web_tour.tours").add("relance_fr_one_by_one", {
    steps: () => [
        {
            content: "One by one",
            trigger: ".o_statusbar_buttons button[name=action_review]:enabled",
            run: "click",
        },
        debtor("Menuiserie", "1 / 2"),
        {
            content: "Nobody before the first",
            trigger: ".o_relance_previous:disabled",
        },
        {
            content: "The next one",
            trigger: ".o_relance_next:enabled",
            run: "click",
        },
        debtor("Boulangerie", "2 / 2"),
        {
            content: "Nobody after the last",
            trigger: ".o_relance_next:disabled",
        },
        {
            content: "The invoice",
            trigger: ".o_relance_instalments tbody tr:contains('640.50'):contains('Courtesy')",
        },
        {
            content: "Never called",
            trigger: "div[name=contacts]:contains('Never written to')",
        },
        logCall,
        outcome("Refuses"),
        {
            content: "Not that debtor after all",
            trigger: ".modal footer button:contains('Discard')",
            run: "click",
        },
        {
            content: "Still never called",
            trigger: "body:not(:has(.modal)) div[name=contacts]:contains('Never written to')",
        },
        logCall,
        outcome("Promises to pay"),
        {
            content: "What the debtor said",
            trigger: ".modal .o_field_widget[name=note] textarea",
            run: "edit Virement le 30",
        },
        {
            content: "Log it and record the promise",
            trigger: ".modal footer button:contains('Log and Record the Promise')",
            run: "click",
        },
        {
            content: "The promise is filled in",
            trigger: ".modal:contains('Record the Promise') .o_data_row td[name=amount]:contains('640.50')",
        },
        {
            content: "The day is missing",
            trigger: ".modal .o_data_row td[name=date]",
            run: "click",
        },
        {
            content: "Enter it",
            trigger: ".modal .o_data_row td[name=date] input",
            run: "edit 12/31/2099",
        },
        {
            content: "Save the promise",
            trigger: ".modal .o_form_button_save",
            run: "click",
        },
        {
            content: "The call shows",
            trigger: "body:not(:has(.modal)) div[name=contacts] .o_relance_fact:contains('Promises to pay'):contains('Virement le 30')",
        },
        {
            content: "The promise shows, and stops the notice",
            trigger: ".o_relance_one_by_one:has(div[name=stops]:contains('640.50')) .alert-warning:contains('Nothing of this notice')",
        },
        {
            content: "Leave it out",
            trigger: ".o_relance_bar button[name=action_leave_out]",
            run: "click",
        },
        {
            content: "It was the last: it stays, left out",
            trigger: ".o_relance_bar .badge:contains('Left out')",
        },
        {
            content: "The previous one",
            trigger: ".o_relance_previous:enabled",
            run: "click",
        },
        debtor("Menuiserie", "1 / 2"),
        {
            content: "Another level",
            trigger: ".o_field_widget[name=level_id] input",
            run: "click",
        },
        {
            content: "The firm one",
            trigger: ".o-autocomplete--dropdown-item a:contains('Firm')",
            run: "click",
        },
        {
            content: "Its figures come at once: the indemnity is claimed",
            trigger: ".o_field_widget[name=indemnity_amount]:contains('40.00')",
        },
        {
            content: "Send",
            trigger: ".o_relance_bar button[name=action_send]",
            run: "click",
        },
        debtor("Boulangerie", "2 / 2"),
        {
            content: "Back to the run",
            trigger: ".o_breadcrumb .o_back_button",
            run: "click",
        },
        {
            content: "The run is there",
            trigger: ".o_statusbar_buttons button[name=action_review]",
        },
    ],
});
