import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("relance_fr_dashboard", {
    steps: () => [
        {
            content: "The balance is at the head",
            trigger: ".o_relance_figure[name=balance]:contains('2,589.50')",
        },
        {
            content: "What is 31 to 60 days late",
            trigger: ".o_relance_panel[name=aged] tr[name='31']:contains('2,490.50') button",
            run: "click",
        },
        {
            content: "Its two instalments",
            trigger: ".o_list_view .o_data_row:eq(1)",
        },
        {
            content: "Add up to the same",
            trigger: ".o_list_view tfoot:contains('2,490.50')",
        },
        {
            content: "A row opens the invoice",
            trigger: ".o_list_view .o_data_row:contains('Menuiserie') td[name=date_due]",
            run: "click",
        },
        {
            content: "It is there",
            trigger: ".o_form_view .o_field_widget[name=partner_id]",
        },
        {
            content: "Back to the dashboard",
            trigger: ".breadcrumb-item:contains('Dunning Dashboard') a, .o_back_button:contains('Dunning Dashboard')",
            run: "click",
        },
        {
            content: "Its figures are there",
            trigger: ".o_relance_panel[name=stages] tr[name=total]:contains('2,589.50')",
        },
    ],
});

registry.category("web_tour.tours").add("relance_fr_dashboard_empty", {
    steps: () => [
        {
            content: "What to do when nobody owes anything",
            trigger: ".o_relance_panel[name=aged]:contains('Posted invoices show here')",
        },
        {
            content: "How the figures are made",
            trigger: ".o_relance_panel[name=aged] summary",
            run: "click",
        },
        {
            content: "It is explained",
            trigger: ".o_relance_panel[name=aged] details[open]:contains('balance of the accounts')",
        },
    ],
});
