import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("relance_fr_approve", {
    steps: () => [
        {
            content: "Two notices wait",
            trigger: ".o_list_view .o_data_row:nth-child(2)",
        },
        {
            content: "Select them all",
            trigger: ".o_list_view thead .o_list_record_selector input",
            run: "click",
        },
        {
            content: "Approve them",
            trigger: "button[name=action_approve]",
            run: "click",
        },
        {
            content: "Nothing is left to approve",
            trigger: ".o_view_nocontent:contains('Nothing to approve')",
        },
        {
            content: "Open the menu",
            trigger: "[data-menu-xmlid='relance_fr.relance_menu']",
            run: "click",
        },
        {
            content: "Go to the register",
            trigger: "[data-menu-xmlid='relance_fr.relance_notice_menu']",
            run: "click",
        },
        {
            content: "They are ready, with their numbers",
            trigger: ".o_list_view .o_data_row:contains('RLF/'):contains('Ready')",
        },
        {
            content: "Select them all",
            trigger: ".o_list_view thead .o_list_record_selector input",
            run: "click",
        },
        {
            content: "Send them",
            trigger: "button[name=action_dispatch]",
            run: "click",
        },
        {
            content: "They are sent",
            trigger: ".o_list_view:not(:has(.o_data_row:contains('Ready'))) .o_data_row:contains('Sent')",
        },
    ],
});

registry.category("web_tour.tours").add("relance_fr_post", {
    steps: () => [
        {
            content: "Enter the number of the letter in its row",
            trigger: ".o_list_view .o_data_row:contains('Transports') td[name=tracking_number]",
            run: "click",
        },
        {
            content: "The number",
            trigger: ".o_list_view .o_selected_row div[name=tracking_number] input",
            run: "edit 1A 200 123 4567 8",
        },
        {
            content: "Save the row",
            trigger: ".o_list_button_save",
            run: "click",
        },
        {
            content: "Select it",
            trigger: ".o_list_view .o_data_row:contains('1A 200') .o_list_record_selector input",
            run: "click",
        },
        {
            content: "It was posted today",
            trigger: "button[name=action_mark_posted]",
            run: "click",
        },
        {
            content: "No letter is left",
            trigger: ".o_view_nocontent:contains('No letter to post')",
        },
    ],
});

registry.category("web_tour.tours").add("relance_fr_read", {
    steps: () => [
        {
            content: "Open a notice",
            trigger: ".o_list_view .o_data_row:contains('Menuiserie') td[name=partner_id]",
            run: "click",
        },
        {
            content: "It can be read, not changed",
            trigger: ".o_form_view:not(:has(button[name=action_ask_cancel])) .o_field_widget[name=display_name]:contains('RLF/')",
        },
        {
            content: "See its seal",
            trigger: "a[name=register]",
            run: "click",
        },
        {
            content: "The seal is shown",
            trigger: ".o_field_widget[name=seal]:contains(/[0-9a-f]{64}/)",
        },
    ],
});
