import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("relance_fr_run", {
    steps: () => [
        {
            content: "No run yet: the screen says how to start",
            trigger: ".o_view_nocontent:contains('No run yet')",
        },
        {
            content: "Open the menu",
            trigger: "[data-menu-xmlid='relance_fr.relance_menu']",
            run: "click",
        },
        {
            content: "Run dunning",
            trigger: "[data-menu-xmlid='relance_fr.relance_run_menu_prepare']",
            run: "click",
        },
        {
            content: "The run opens with its preview",
            trigger: ".o_form_view div[name=send_line_ids] .o_data_row:contains('Menuiserie'):contains('Courtesy')",
        },
        {
            content: "Leave the bakery out",
            trigger: "div[name=send_line_ids] .o_data_row:contains('Boulangerie') div[name=selected] input",
            run: "click",
        },
        {
            content: "Its row is greyed out",
            trigger: "div[name=send_line_ids] .o_data_row.text-muted:contains('Boulangerie')",
        },
        {
            content: "Confirm",
            trigger: "button[name=action_confirm]",
            run: "click",
        },
        {
            content: "Confirm the question",
            trigger: ".modal footer .btn-primary",
            run: "click",
        },
        {
            content: "Open the notices",
            trigger: ".o_statusbar_buttons button[name=action_open_notices]",
            run: "click",
        },
        {
            content: "Only one was made",
            trigger: ".o_list_view .o_data_row:contains('Menuiserie')",
        },
        {
            content: "Select it",
            trigger: ".o_list_view .o_data_row:contains('Menuiserie') .o_list_record_selector input",
            run: "click",
        },
        {
            content: "Print its letter",
            trigger: "button[name=action_print]",
            run: "click",
        },
        {
            content: "Back on the register",
            trigger: ".o_list_view .o_data_row:not(:contains('Boulangerie'))",
        },
    ],
});
