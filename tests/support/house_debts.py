"""What is not yet as the rules of the house ask (``test_house.py``): the lists only shrink.

The reason of all of them: the addon was cut into files of at most 200 lines, by feature, and is being put together
by subject.
"""

#: Files that stand in ``models/`` itself, not in a storey.
DOORS = 0

#: Files of a model, where they are too many.
FILES = {}

#: Files of a core model in one storey, where there are more than one.
CORE_FILES = {
    "debtor: res.partner": 2,
    "run: res.company": 4,
}

#: Files that are too long.
LONG_FILES = ()

#: Methods that stand in several files of one storey and override each other: the order of imports decides.
OVERRIDES = ()

#: Files of a storey that call a model of a later one.
CALLS_UP = (
    "decision/res_company.py: relance.notice",
    "notice/relance_notice.py: relance.call",
    "scoring/res_company.py: relance.hold",
)

#: Abstract models without fields that are to be taken apart.
SERVICES = (
    "relance.claim",
    "relance.debtor.facts",
    "relance.decision",
    "relance.job",
    "relance.ledger",
    "relance.simulator",
)

#: Files whose name is not that of their model.
NAMES = ()

#: Views of the addon that extend a view of the addon.
VIEWS = ()

#: Files of jobs to be put into ``ir_cron_data.xml``.
CRONS = ()

#: Files of rights to be put into ``relance_fr_security.xml``.
RIGHTS = ()

#: Views of settings to be put into ``res_config_settings_views.xml``.
SETTINGS = ()

#: ``sudo()`` without its reason beside it.
SUDOS = (
    "relance_commitment.py: self.sudo()",
    "relance_hold.py: ended.sudo()",
    "relance_hold_claim.py: hold.sudo()",
    "relance_hold_claim.py: holds.sudo()",
    "relance_hold_claim.py: missed.sudo()",
    "relance_hold_insolvency.py: notices.sudo()",
    "relance_hold_insolvency.py: records.sudo()",
    "relance_hold_insolvency.py: self.sudo()",
)
