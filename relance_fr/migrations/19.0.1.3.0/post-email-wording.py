from odoo.tools import SQL
from psycopg2.extras import Json

NEXT_STEP = '<p t-if="object._get_next_step_text()" t-out="object._get_next_step_text()"/>'
IF_DEADLINE = '<t t-if="object.deadline">%s</t><t t-else="">%s</t>'
# What the e-mails said that the facts did not bear out, and what they say now; in English and in French.
CHANGES = (
    (
        "<p>Without a payment or an answer from you, the next step is a formal notice to pay.</p>",
        NEXT_STEP,
    ),
    (
        "<p>Sans règlement ni réponse de votre part, l’étape suivante sera une mise en demeure de payer.</p>",
        NEXT_STEP,
    ),
    ("You also receive it by registered letter.", "It will also be sent to you by registered letter."),
    ("You also receive it by post.", "It will also be sent to you by post."),
    ("you also receive it by registered letter.", "it will also be sent to you by registered letter."),
    ("you also receive it by post.", "it will also be sent to you by post."),
    ("Elle vous est également adressée par", "Elle vous sera également adressée par"),
    ("qui vous est également adressé par", "qui vous sera également adressé par"),
    (
        "propose an instalment plan to us before that date. If",
        f"propose an instalment plan to us {IF_DEADLINE % ('before that date', 'now')}. If",
    ),
    (
        "proposez-nous un échéancier avant cette date. Si",
        f"proposez-nous un échéancier {IF_DEADLINE % ('avant cette date', 'dès maintenant')}. Si",
    ),
    (
        "send us your reasons by the same date: we",
        f"send us your reasons {IF_DEADLINE % ('by the same date', 'now')}: we",
    ),
    (
        "adressez-nous vos motifs dans le même délai : nous",
        f"adressez-nous vos motifs {IF_DEADLINE % ('dans le même délai', 'dès maintenant')} : nous",
    ),
)


def migrate(cr, version):
    """Let the e-mails of existing databases say what is so, sentence by sentence: what users rewrote stays theirs.

    The shipped templates are never loaded again. Non-breaking spaces may have become plain ones in an editor.
    """
    cr.execute(
        SQL(
            """
            SELECT template.id, template.body_html FROM mail_template template
              JOIN ir_model_data known ON known.model = 'mail.template' AND known.res_id = template.id
             WHERE known.module = 'relance_fr' AND known.name LIKE 'mail\\_template\\_%%'
               AND template.body_html IS NOT NULL
            """
        )
    )
    for template_id, bodies in cr.fetchall():
        changed = {lang: _reworded(body) for lang, body in bodies.items()}
        if changed != bodies:
            cr.execute(SQL("UPDATE mail_template SET body_html = %s WHERE id = %s", Json(changed), template_id))


def _reworded(body):
    for old, new in CHANGES:
        for space in ("\N{NO-BREAK SPACE}", " ", "&nbsp;"):
            before, after = (text.replace(" :", f"{space}:") for text in (old, new))
            body = (body or "").replace(before, after)
    return body
