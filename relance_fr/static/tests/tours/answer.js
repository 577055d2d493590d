import { registry } from "@web/core/registry";

const { DateTime } = luxon;

registry.category("web_tour.tours").add("relance_fr_answer", {
    steps: () => [
        {
            content: "What is due is shown",
            trigger: "section[name=account] [name=total]:contains('1,850.00')",
        },
        {
            content: "Promise to pay",
            trigger: "div[name=answer] a:contains('I will pay')",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "On which day",
            trigger: "#relance_date",
            run: () => {
                document.querySelector("#relance_date").value = DateTime.now().plus({ days: 8 }).toISODate();
            },
        },
        {
            content: "How much: the sum is there, and wrong at first",
            trigger: "#relance_amount",
            run: "edit 99999",
        },
        {
            content: "Who says so",
            trigger: "#relance_given_by",
            run: "edit Claire Martin",
        },
        {
            content: "Send",
            trigger: "#relance_answer button[type=submit]",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "It is more than what is due; the name is still there",
            trigger: "#relance_answer:has(#relance_amount_error):has(#relance_given_by:value('Claire Martin')) #relance_amount",
            run: "edit 1850",
        },
        {
            content: "Send again",
            trigger: "#relance_answer button[type=submit]:enabled",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "It is recorded",
            trigger: "#relance_notice:has(div[name=answered]) ul[name=answers] li:contains('Being examined')",
        },
    ],
});

registry.category("web_tour.tours").add("relance_fr_answer_accept", {
    steps: () => [
        {
            content: "The answer waits",
            trigger: ".o_list_view .o_data_row:contains('Announces a payment') td[name=partner_id]",
            run: "click",
        },
        {
            content: "Who said so",
            trigger: ".o_form_view div[name=given_by]:contains('Claire Martin')",
        },
        {
            content: "One click",
            trigger: ".o_statusbar_buttons button[name=action_accept]:contains('Record the Promise')",
            run: "click",
        },
        {
            content: "The promise is there",
            trigger: ".o_form_view div[name=line_ids] .o_data_row:contains('1,850.00')",
        },
    ],
});
