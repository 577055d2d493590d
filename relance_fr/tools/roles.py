"""Whether who was given a role is still there to fill it: the condition in SQL.

For users in Python it is ``res.company._relance_keep_present``, for contacts ``res.partner._relance_belongs_to``.
"""

from odoo.tools import SQL


def sql_belongs(contact, entity_id):
    """Return the condition: table ``contact`` (of res_partner) is in use and belongs to the commercial entity.

    A firm that was chosen, which has its own card, stays chosen: a lawyer, the accounts of a group. Who left for
    another company, or for none, does not.
    """
    return SQL(
        "(%(contact)s.active AND (%(contact)s.commercial_partner_id = %(entity)s"
        " OR %(contact)s.is_company AND %(contact)s.commercial_partner_id = %(contact)s.id))",
        contact=contact,
        entity=entity_id,
    )


def sql_present(user_id, company_id):
    """Return the condition: SQL ``user_id`` is an internal user who is active in the company of SQL ``company_id``."""
    return SQL(
        """
        EXISTS (SELECT FROM res_users present
                  JOIN res_company_users_rel allowed ON allowed.user_id = present.id AND allowed.cid = %s
                 WHERE present.id = %s AND present.active AND present.share IS NOT TRUE)
        """,
        company_id,
        user_id,
    )


def sql_reachable(person):
    """Return the condition: table ``person`` (of res_partner) is in use and, if it is a user's, that user is active.

    A shared mailbox or an adviser has no user; who left has one that is archived.
    """
    return SQL(
        """
        (%(person)s.active AND (
            NOT EXISTS (SELECT FROM res_users known WHERE known.partner_id = %(person)s.id)
            OR EXISTS (SELECT FROM res_users known WHERE known.partner_id = %(person)s.id AND known.active)))
        """,
        person=person,
    )
