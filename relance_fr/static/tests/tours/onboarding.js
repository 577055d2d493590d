import { registry } from "@web/core/registry";

const step = (key) => `.o_relance_onboarding button[data-step=${key}]`;

registry.category("web_tour.tours").add("relance_fr_onboarding", {
    steps: () => [
        {
            content: "The first steps stand above the runs; the first one to do is outlined",
            trigger: `${step("terms")}.btn-outline-primary:contains('the law applies')`,
            run: "click",
        },
        {
            content: "The terms are filled with what the law says: save them",
            trigger: ".modal .o_form_view:contains('plus 10 points')",
        },
        {
            content: "Put the terms in force",
            trigger: ".modal .o_form_view button[name=action_put_in_force]",
            run: "click",
        },
        {
            content: "They apply from now on",
            trigger: ".modal:contains('Put it in force?') footer .btn-primary",
            run: "click",
        },
        {
            content: "The step is done, the calendar was from the start, the letterhead comes next",
            trigger: `body:has(${step("terms")}.o_relance_done):has(${step("calendar")}.o_relance_done)`,
        },
        {
            content: "Open the letterhead",
            trigger: `${step("letterhead")}.btn-outline-primary:contains('signatory')`,
            run: "click",
        },
        {
            content: "Choose who signs",
            trigger: ".modal div[name=signatory_id] input",
            run: "edit relance_manager",
        },
        {
            content: "The signatory",
            trigger: ".ui-autocomplete .dropdown-item:contains('relance_manager')",
            run: "click",
        },
        {
            content: "Save the letterhead",
            trigger: ".modal button[name=action_save]",
            run: "click",
        },
        {
            content: "All four are done",
            trigger: ".o_relance_onboarding:contains('All is set')",
        },
        {
            content: "The bank can be changed all the same",
            trigger: `${step("bank")}.o_relance_done`,
            run: "click",
        },
        {
            content: "Five days",
            trigger: ".modal div[name=bank_max_age] input",
            run: "edit 5",
        },
        {
            content: "Save the bank",
            trigger: ".modal button[name=action_save]",
            run: "click",
        },
        {
            content: "It ends with the letter",
            trigger: "body:not(:has(.modal)) .o_relance_onboarding_letter.btn-primary",
            run: "click",
        },
        {
            content: "A formal notice of an invented customer is shown",
            trigger: ".modal:contains('invented') .o_field_relance_letter iframe",
        },
        {
            content: "Close it",
            trigger: ".modal footer .btn-primary",
            run: "click",
        },
        {
            content: "Put the steps away",
            trigger: "body:not(:has(.modal)) .o_relance_onboarding_close",
            run: "click",
        },
        {
            content: "They are gone",
            trigger: ".o_list_view:not(:has(.o_relance_onboarding))",
        },
        {
            content: "Open the menu",
            trigger: "[data-menu-xmlid='relance_fr.relance_menu']",
            run: "click",
        },
        {
            content: "The configuration shows them again",
            trigger: "[data-menu-xmlid='relance_fr.relance_onboarding_menu']",
            run: "click",
        },
        {
            content: "On a page of their own",
            trigger: `.o_relance_onboarding_page ${step("bank")}`,
        },
    ],
});
