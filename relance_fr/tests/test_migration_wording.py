import runpy
from pathlib import Path

from odoo.tests import TransactionCase, tagged

PATH = Path(__file__).parents[1] / "migrations" / "19.0.1.3.0" / "post-email-wording.py"
OLD = {
    "firm": (
        "<p>Without a payment or an answer from you, the next step is a formal notice to pay.</p>",
        "<p>Sans règlement ni réponse de votre part, l’étape suivante sera une mise en demeure de payer.</p>",
    ),
    "formal": (
        "<p>Attached. You also receive it by registered letter. Propose: propose an instalment plan to us before that "
        "date. If you dispute</p>",
        "<p>Elle vous est également adressée par lettre recommandée avec avis de réception.</p>",
    ),
    "final": (
        "<p>send us your reasons by the same date: we will answer them.</p>",
        "<p>adressez-nous vos motifs dans le même délai\N{NO-BREAK SPACE}: nous y répondrons.</p>",
    ),
}
WRITTEN_BY_USER = "<p>The next step is ours to choose.</p>"


@tagged("post_install", "-at_install")
class TestMigrationWording(TransactionCase):
    """E-mails of a database made before say what is so, in each language; what users wrote stays."""

    def _migrate(self):
        self.env.flush_all()
        runpy.run_path(str(PATH))["migrate"](self.env.cr, "19.0.1.2.0")
        self.env.invalidate_all()

    def test_sentences(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        templates = {kind: self.env.ref(f"relance_fr.mail_template_{kind}") for kind in (*OLD, "courtesy")}
        for kind, (english, french) in OLD.items():
            templates[kind].with_context(lang="en_US").body_html = english
            templates[kind].with_context(lang="fr_FR").body_html = french
        for lang in ("en_US", "fr_FR"):
            templates["courtesy"].with_context(lang=lang).body_html = WRITTEN_BY_USER
        self._migrate()
        said = {
            kind: [str(template.with_context(lang=lang).body_html) for lang in ("en_US", "fr_FR")]
            for kind, template in templates.items()
        }
        for body in said["firm"]:
            self.assertEqual(body, '<p t-if="object._get_next_step_text()" t-out="object._get_next_step_text()"/>')
        self.assertIn("It will also be sent to you by registered letter.", said["formal"][0])
        self.assertIn('to us <t t-if="object.deadline">before that date</t><t t-else="">now</t>. If', said["formal"][0])
        self.assertIn("Elle vous sera également adressée par lettre recommandée", said["formal"][1])
        self.assertIn('<t t-if="object.deadline">by the same date</t><t t-else="">now</t>: we', said["final"][0])
        self.assertIn('<t t-if="object.deadline">dans le même délai</t>', said["final"][1])
        self.assertEqual(said["courtesy"], [WRITTEN_BY_USER] * 2)
        again = {kind: template.body_html for kind, template in templates.items()}
        self._migrate()
        self.assertEqual({kind: template.body_html for kind, template in templates.items()}, again)
