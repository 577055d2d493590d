import { registry } from "@web/core/registry";

/** Core saves a form when another tab is looked at. */
function lookElsewhere() {
    Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
    delete document.visibilityState;
}

/** Reload the page, as F5 does: core saves what is entered on the way. */
const reload = (trigger) => [
    { content: "Look at another tab", trigger, run: lookElsewhere },
    { content: "Reload the page", trigger, run: () => location.reload(), expectUnloadPage: true },
];

const openTab = {
    content: "Open the dunning tab of the overdue invoice",
    trigger: ".o_form_view a[name=relance]",
    run: "click",
};

registry.category("web_tour.tours").add("relance_fr_leave_hold", {
    steps: () => [
        openTab,
        {
            content: "Suspend dunning",
            trigger: "button[name=action_relance_hold]",
            run: "click",
        },
        {
            content: "Proceedings are no choice here",
            trigger: ".modal div[name=reason]:not(:has(input[data-value=insolvency]))",
        },
        {
            content: "Say why",
            trigger: ".modal div[name=note] textarea",
            run: "edit They asked for time. && press Tab",
        },
        ...reload(".modal div[name=date_from]"),
        openTab,
        {
            content: "The invoice is not held: once more",
            trigger: "body:not(:has(.modal)) div[name=relance_explanation]:contains('Late')",
        },
        {
            content: "Suspend dunning",
            trigger: "button[name=action_relance_hold]",
            run: "click",
        },
        {
            content: "Say why",
            trigger: ".modal div[name=note] textarea",
            run: "edit They asked for time. && press Tab",
        },
        {
            content: "Close the dialog",
            trigger: ".modal header .btn-close",
            run: "click",
        },
        {
            content: "The invoice is not held",
            trigger: "body:not(:has(.modal)) button[name=action_relance_hold]",
        },
    ],
});

registry.category("web_tour.tours").add("relance_fr_leave_promise", {
    steps: () => [
        openTab,
        {
            content: "Record what the debtor promises",
            trigger: "button[name=action_relance_commitment]",
            run: "click",
        },
        {
            content: "On a day",
            trigger: ".modal div[name=line_ids] .o_data_row td[name=date]",
            run: "click",
        },
        {
            content: "Enter it",
            trigger: ".modal div[name=line_ids] td[name=date] input",
            run: "edit 12/10/2030 && press Enter",
        },
        ...reload(".modal div[name=given_by]"),
        openTab,
        {
            content: "Nothing was promised",
            trigger: "body:not(:has(.modal)) div[name=relance_explanation]:contains('Late')",
        },
    ],
});

const newClause = [
    {
        content: "Enter a new clause",
        trigger: ".o_list_button_add",
        run: "click",
    },
    {
        content: "Name it: the defaults of the law fill the rest",
        trigger: ".o_form_view div[name=name] input",
        run: "edit Written by nobody && press Tab",
    },
];

registry.category("web_tour.tours").add("relance_fr_leave_terms", {
    steps: () => [
        ...newClause,
        ...reload(".o_form_view div[name=date_from]"),
        {
            content: "Nothing was saved: back to the list",
            trigger: ".breadcrumb-item a",
            run: "click",
        },
        {
            content: "The list has no such clause",
            trigger: ".o_list_view:not(:contains('Written by nobody'))",
        },
        ...newClause,
        {
            content: "Go back to the list",
            trigger: ".breadcrumb-item a",
            run: "click",
        },
        {
            content: "One is asked: stay",
            trigger: ".modal footer button:contains('Stay Here')",
            run: "click",
        },
        {
            content: "Still there, not saved",
            trigger: "body:not(:has(.modal)) .o_form_view .o_form_status_indicator .o_form_button_save:visible",
        },
        {
            content: "Go back to the list",
            trigger: ".breadcrumb-item a",
            run: "click",
        },
        {
            content: "Give it up",
            trigger: ".modal footer button:contains('Discard')",
            run: "click",
        },
        {
            content: "The list has no such clause",
            trigger: ".o_list_view:not(:contains('Written by nobody'))",
        },
    ],
});
