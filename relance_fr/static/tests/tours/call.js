import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("relance_fr_call", {
    steps: () => [
        {
            content: "A call is planned on the notice: log it",
            trigger: ".o-mail-Activity:contains('Call the debtor') .o_relance_log_call",
            run: "click",
        },
        {
            content: "The number is there",
            trigger: ".modal .o_field_widget[name=phone] input:value(04 78 00 00 01)",
        },
        {
            content: "No answer",
            trigger: ".modal .o_field_widget[name=outcome] .o_selection_badge:contains('No answer')",
            run: "click",
        },
        {
            content: "Log the call",
            trigger: ".modal footer button:contains('Log the Call')",
            run: "click",
        },
        {
            content: "The planned call is done",
            trigger: "body:not(:has(.modal)) .o-mail-Chatter:not(:has(.o_relance_log_call))",
        },
        {
            content: "The notice shows it",
            trigger: ".o_notebook a[name=calls]",
            run: "click",
        },
        {
            content: "As its proof",
            trigger: "div[name=call_ids] .o_data_row:contains('No answer')",
        },
    ],
});
