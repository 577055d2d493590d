import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("relance_fr_plan", {
    steps: () => [
        {
            content: "Open the dunning tab of the overdue invoice",
            trigger: ".o_form_view a[name=relance]",
            run: "click",
        },
        {
            content: "Record what the debtor promises",
            trigger: "button[name=action_relance_commitment]",
            run: "click",
        },
        {
            content: "In three instalments",
            trigger: ".modal div[name=parts] input",
            run: "edit 3 && press Tab",
        },
        {
            content: "From a day on",
            trigger: ".modal div[name=first_date] input",
            run: "edit 12/10/2030 && press Enter",
        },
        {
            content: "The instalments are shown before anything is saved",
            trigger: ".modal div[name=line_ids] .o_data_row:nth-child(3):contains('616.66')",
        },
        {
            content: "Save the plan",
            trigger: ".modal footer .o_form_button_save",
            run: "click",
        },
        {
            content: "Open it",
            trigger: "div[name=relance_commitment_ids] .o_data_row:contains('1,850.00') .o_data_cell",
            run: "click",
        },
        {
            content: "Send it for signature",
            trigger: "button[name=action_send_for_signature]",
            run: "click",
        },
        {
            content: "The e-mail can be read before it leaves",
            trigger: ".modal .o_mail_send",
            run: "click",
        },
        {
            content: "It was sent",
            trigger: "div[name=sign_state]:contains('Sent for signature')",
        },
    ],
});

registry.category("web_tour.tours").add("relance_fr_plan_sign", {
    steps: () => [
        {
            content: "The debtor reads the instalments",
            trigger: "#instalments li:contains('616.66')",
        },
        {
            content: "Give a name",
            trigger: "#sign .o_web_sign_name_input",
            run: "edit Claire Martin",
        },
        {
            content: "Let the name be the signature",
            trigger: "#sign .o_web_sign_auto_button",
            run: "click",
        },
        {
            content: "Sign",
            trigger: "#sign .o_portal_sign_submit:enabled",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "It is signed",
            trigger: "#relance_plan div[name=signed]:contains('Thank you')",
        },
    ],
});
