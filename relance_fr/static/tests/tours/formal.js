import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("relance_fr_formal", {
    steps: () => [
        {
            content: "Open the dunning tab of the overdue invoice",
            trigger: ".o_form_view a[name=relance]",
            run: "click",
        },
        {
            content: "Send a reminder",
            trigger: ".o_statusbar_buttons button[name=action_relance_send]",
            run: "click",
        },
        {
            content: "Open the row of the debtor",
            trigger: ".modal .o_data_row:contains('Menuiserie') td[name=partner_id]",
            run: "click",
        },
        {
            content: "Choose a harsher level",
            trigger: ".modal div[name=level_id] input",
            run: "edit Formal",
        },
        {
            content: "The mise en demeure",
            trigger: ".ui-autocomplete .dropdown-item:contains('Formal notice')",
            run: "click",
        },
        {
            content: "Save the row",
            trigger: ".modal:has(div[name=level_id]) footer .o_form_button_save",
            run: "click",
        },
        {
            content: "The dialog shows what it claims now: penalties, and the indemnity",
            trigger: "body:not(:has(.modal div[name=personal_note])) .modal .o_data_row:contains('Formal notice')",
        },
        {
            content: "Send it",
            trigger: ".modal footer button[name=action_send]",
            run: "click",
        },
        {
            content: "The invoice is still there: its tab shows the notice",
            trigger: "body:not(:has(.modal)) div[name=relance_notice_ids] .o_data_row:contains('RLF/') .o_data_cell",
            run: "click",
        },
        {
            content: "The notice, sent, with its number",
            trigger: ".o_form_view:has(.o_arrow_button_current:contains('Sent')) .o_field_widget[name=display_name]:contains('RLF/')",
        },
        {
            content: "The registered letter is posted today",
            trigger: "button[name=action_mark_posted]",
            run: "click",
        },
        {
            content: "Nothing is left to post",
            trigger: ".o_form_view:not(:has(button[name=action_mark_posted])) .o_field_widget[name=display_name]:contains('RLF/')",
        },
    ],
});
