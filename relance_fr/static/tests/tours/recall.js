import { registry } from "@web/core/registry";

const ROWS = "div[name=debtor_ids]";
const CONFIRM = ".o_statusbar_buttons button[name=action_confirm]:visible";

/** A campaign as one meets it the first time: lacks refused, mended, confirmed, called back, confirmed again. */
registry.category("web_tour.tours").add("relance_fr_recall", {
    steps: () => [
        {
            content: "What is lacking is told with what it concerns",
            trigger: ".o_relance_lack[data-lack=signatory]:contains('1 notices'):contains('1 with a letter')",
        },
        {
            content: "Confirm all the same",
            trigger: CONFIRM,
            run: "click",
        },
        {
            content: "Yes",
            trigger: ".modal .btn-primary",
            run: "click",
        },
        {
            content: "It is refused, with how many and how much",
            trigger: ".modal:contains('not ready'):contains('Signatory'):contains('1 notices')",
        },
        {
            content: "Understood",
            trigger: ".modal .btn-primary",
            run: "click",
        },
        {
            content: "Complete the company",
            trigger: "button[name=action_complete_company]",
            run: "click",
        },
        {
            content: "The letterhead",
            trigger: ".o_relance_onboarding button[data-step=letterhead]",
            run: "click",
        },
        {
            content: "Somebody signs",
            trigger: ".modal div[name=signatory_id] input",
            run: "edit relance_manager",
        },
        {
            content: "That one",
            trigger: ".ui-autocomplete .dropdown-item:contains('relance_manager')",
            run: "click",
        },
        {
            content: "Save",
            trigger: ".modal button[name=action_save]",
            run: "click",
        },
        {
            content: "It is complete",
            trigger: "body:not(:has(.modal)) .o_relance_onboarding:contains('signed by')",
        },
        {
            content: "Open the menu of dunning",
            trigger: "[data-menu-xmlid='relance_fr.relance_menu']",
            run: "click",
        },
        {
            content: "Back to the campaign of the month",
            trigger: "[data-menu-xmlid='relance_fr.relance_run_menu_prepare']",
            run: "click",
        },
        {
            content: "Nothing is lacking any more",
            trigger: `.o_form_view:not(:has(.o_relance_lack)) ${ROWS} .o_data_row`,
        },
        {
            content: "The bakery stays out",
            trigger: `${ROWS} .o_data_row:contains('Boulangerie') .o_relance_tick input`,
            run: "click",
        },
        {
            content: "Its row is greyed out",
            trigger: `${ROWS} .o_data_row.text-muted:contains('Boulangerie')`,
        },
        {
            content: "Confirm",
            trigger: CONFIRM,
            run: "click",
        },
        {
            content: "Yes",
            trigger: ".modal .btn-primary",
            run: "click",
        },
        {
            content: "Nothing has left, and the time runs",
            trigger: ".o_relance_result:contains('Nothing has left yet') .o_relance_time_left:contains('9:')",
        },
        {
            content: "Call it back",
            trigger: ".o_relance_call_back",
            run: "click",
        },
        {
            content: "It is a draft again, with the choice made",
            trigger: `.o_form_view:not(:has(.o_relance_call_back)) ${ROWS} .o_data_row.text-muted:contains('Boulangerie')`,
        },
        {
            content: "Confirm again",
            trigger: CONFIRM,
            run: "click",
        },
        {
            content: "Yes",
            trigger: ".modal .btn-primary",
            run: "click",
        },
        {
            content: "It will leave",
            trigger: ".o_relance_result .o_relance_time_left",
        },
    ],
});
