import { useRef, useState } from "@odoo/owl";
import { SignatureForm } from "@portal/signature_form/signature_form";
import { _t } from "@web/core/l10n/translation";
import { rpc } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { addLoadingEffect } from "@web/core/utils/ui";
import { redirect } from "@web/core/utils/urls";
import { NameAndSignature } from "@web/core/signature/name_and_signature";

/**
 * The drawing area of a plan. A company has no handwriting: its plan is drawn by a person, or loaded as a picture.
 */
class PlanSignature extends NameAndSignature {
    static template = "relance_fr.PlanSignature";
    static props = { ...NameAndSignature.props, mayType: { type: Boolean } };

    setup() {
        super.setup();
        this.state.showSignatureArea = true;
        // The name stands outside: where it is written as the signature, it follows what is typed.
        this.props.signature.onName = () => this.state.signMode === "auto" && this.drawCurrentName();
    }
}

/**
 * The form that signs a payment plan: who signs, in what capacity, and the signature. Nothing is filled in beforehand.
 */
export class PlanSignatureForm extends SignatureForm {
    static template = "relance_fr.PlanSignatureForm";
    static components = { PlanSignature };

    setup() {
        super.setup();
        this.button = useRef("button");
        this.signatory = useState({ capacity: "", sumWords: "", sumFigures: "", sending: false });
        this.signature.name = "";
        Object.assign(this.nameAndSignatureProps, { mode: "draw", mayType: this.props.mayType });
    }

    onInputName(ev) {
        this.signature.name = ev.target.value;
        this.signature.onName?.();
    }

    get isComplete() {
        const { name, isSignatureEmpty } = this.signature;
        const { capacity, sumWords, sumFigures } = this.signatory;
        const writesSum = !this.props.writesSum || (sumWords.trim() && sumFigures.trim());
        return Boolean(name.trim() && capacity.trim() && writesSum && isSignatureEmpty === false);
    }

    async onClickSubmit() {
        if (this.signatory.sending || !this.isComplete) {
            return;
        }
        this.signatory.sending = true;
        this.state.error = false;
        const restore = addLoadingEffect(this.button.el);
        try {
            const answer = await rpc(this.props.callUrl, {
                name: this.signature.name,
                capacity: this.signatory.capacity,
                sum_words: this.signatory.sumWords,
                sum_figures: this.signatory.sumFigures,
                signature: this.signature.getSignatureImage().split(",")[1],
            });
            if (answer.redirect_url) {
                redirect(answer.redirect_url);
                // Nothing is signed twice while the page loads.
                return await new Promise(() => {});
            }
            this.state.error = answer.error;
        } catch {
            this.state.error = _t("The plan could not be sent: check your connection and sign again.");
        }
        restore();
        this.signatory.sending = false;
    }
}

registry.category("public_components").add("relance_fr.plan_signature_form", PlanSignatureForm);
