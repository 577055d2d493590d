import { registry } from "@web/core/registry";

const ROWS = "div[name=debtor_ids]";

registry.category("web_tour.tours").add("relance_fr_campaign", {
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
            content: "The campaign of the month",
            trigger: "[data-menu-xmlid='relance_fr.relance_run_menu_prepare']",
            run: "click",
        },
        {
            content: "It opens with its preview: who, which level, how much",
            trigger: `${ROWS} .o_data_row:contains('Menuiserie'):contains('Courtesy'):contains('1,850.00')`,
        },
        {
            content: "What is not sent is counted by reason",
            trigger: ".o_relance_summary_part[name=stopped] button:contains('On hold')",
        },
        {
            content: "Filter by the sum owed",
            trigger: "div[name=minimum_amount] input",
            run: "edit 100 && press Tab",
        },
        {
            content: "Bring it up to date",
            trigger: ".o_statusbar_buttons button[name=action_bring_up_to_date]:visible",
            run: "click",
        },
        {
            content: "The small debtor is gone",
            trigger: `${ROWS}:not(:contains('Petit'))`,
        },
        {
            content: "Leave the bakery out",
            trigger: `${ROWS} .o_data_row:contains('Boulangerie') .o_relance_tick input`,
            run: "click",
        },
        {
            content: "Its row is greyed out, and it is counted apart",
            trigger: `.o_form_view:has(${ROWS} .o_data_row.text-muted:contains('Boulangerie')) .o_relance_summary_part[name=send]:contains('Unticked')`,
        },
        {
            content: "Open the joiner's row",
            trigger: `${ROWS} .o_data_row:contains('Menuiserie') td[name=partner_id]`,
            run: "click",
        },
        {
            content: "Choose a harsher level",
            trigger: ".modal div[name=level_id] input",
            run: "edit Formal",
        },
        {
            content: "The formal notice",
            trigger: ".ui-autocomplete .dropdown-item:contains('Formal notice')",
            run: "click",
        },
        {
            content: "Add a sentence",
            trigger: ".modal div[name=personal_note] textarea",
            run: "edit As agreed on the phone.",
        },
        {
            content: "Save and read what would leave",
            trigger: ".modal .o_relance_documents",
            run: "click",
        },
        {
            content: "The e-mail carries the sentence",
            trigger: ".modal .o_field_relance_mail iframe[srcdoc*='As agreed on the phone.']",
        },
        {
            content: "Open the letter",
            trigger: ".modal a[name=letter]",
            run: "click",
        },
        {
            content: "The letter is shown",
            trigger: ".modal .o_field_relance_letter iframe",
        },
        {
            content: "Close the documents",
            trigger: ".modal:has(.o_field_relance_letter) footer .btn-primary",
            run: "click",
        },
        {
            content: "The row claims penalties and the indemnity now",
            trigger: ".modal:not(:has(.o_field_relance_letter)) div[name=indemnity_amount]:contains('40.00')",
        },
        {
            content: "Close the row",
            trigger: ".modal footer .o_form_button_save",
            run: "click",
        },
        {
            content: "The run shows the new level",
            trigger: `body:not(:has(.modal)) ${ROWS} .o_data_row:contains('Menuiserie'):contains('Formal notice'):contains('As agreed')`,
        },
        {
            content: "Confirm",
            trigger: ".o_statusbar_buttons button[name=action_confirm]",
            run: "click",
        },
        {
            content: "Confirm the question",
            trigger: ".modal footer .btn-primary",
            run: "click",
        },
        {
            content: "One notice is ready, with the bar of what is left to do",
            trigger: ".o_relance_result:has([role=progressbar]) button[data-outcome=ready]:contains('1')",
        },
        {
            content: "Its letter can be printed",
            trigger: ".o_statusbar_buttons button[name=action_print_letters]",
        },
        {
            content: "Open what is ready",
            trigger: "button[data-outcome=ready]",
            run: "click",
        },
        {
            content: "Only one was made, and the list says what to do",
            trigger: ".o_list_view:not(:contains('Boulangerie')) .o_data_row:contains('Menuiserie'):contains('sending job')",
        },
    ],
});
