import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("relance_fr_send", {
    steps: () => [
        {
            content: "Open the dunning tab of the overdue invoice",
            trigger: ".o_form_view a[name=relance]",
            run: "click",
        },
        {
            content: "It says why it is dunned",
            trigger: "div[name=relance_explanation]:contains('Late'):contains('is due since')",
        },
        {
            content: "It shows the statement by period",
            trigger: ".o_relance_statement_row td:contains('1,850.00')",
        },
        {
            content: "Send a reminder",
            trigger: ".o_statusbar_buttons button[name=action_relance_send]",
            run: "click",
        },
        {
            content: "The dialog says what goes to whom: open the row",
            trigger: ".modal .o_data_row:contains('Menuiserie'):contains('Email'):contains('1,850.00') td[name=partner_id]",
            run: "click",
        },
        {
            content: "Add a sentence in the row, on top of the dialog",
            trigger: ".modal div[name=personal_note] textarea",
            run: "edit Thank you for calling back.",
        },
        {
            content: "Save the row",
            trigger: ".modal:has(textarea) .o_form_button_save",
            run: "click",
        },
        {
            content: "The dialog is still there with the sentence",
            trigger: ".modal .o_data_row:contains('Thank you for calling back.')",
        },
        {
            content: "Send it now",
            trigger: ".modal footer button[name=action_send]",
            run: "click",
        },
        {
            content: "It says so, with the register number of the notice",
            trigger: ".o_notification:contains('Menuiserie') a:contains('RLF/')",
        },
        {
            content: "The invoice is still there, and knows",
            trigger: "body:not(:has(.modal)) div[name=relance_notice_ids] .o_data_row:contains('Sent')",
        },
    ],
});
