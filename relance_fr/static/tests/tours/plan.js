import { registry } from "@web/core/registry";

/** Draw a signature with the mouse, as slowly as the pad listens. */
async function draw() {
    const { left, top, width, height } = this.anchor.getBoundingClientRect();
    const points = [[0.1, 0.6], [0.3, 0.2], [0.4, 0.8], [0.6, 0.3], [0.8, 0.7]];
    for (const [rank, [x, y]] of points.entries()) {
        const last = rank === points.length - 1;
        const type = rank ? (last ? "pointerup" : "pointermove") : "pointerdown";
        this.anchor.dispatchEvent(
            new PointerEvent(type, {
                clientX: left + x * width,
                clientY: top + y * height,
                buttons: last ? 0 : 1,
                isPrimary: true,
                bubbles: true,
            })
        );
        await new Promise((resolve) => setTimeout(resolve, 40));
    }
}

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
            content: "Nothing is filled in, nothing can be sent",
            trigger: "#sign:has(.o_portal_sign_submit:disabled) input[name=signatory]",
            run() {
                if (this.anchor.value) {
                    throw new Error("A name is filled in.");
                }
            },
        },
        {
            content: "Say who signs",
            trigger: "#sign input[name=signatory]",
            run: "edit Claire Martin",
        },
        {
            content: "In what capacity",
            trigger: "#sign input[name=capacity]",
            run: "edit Gérante",
        },
        {
            content: "Draw",
            trigger: "#sign canvas.o_web_sign_signature",
            run: draw,
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
