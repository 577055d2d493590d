#: The clock of a company that does not say where it is.
TIMEZONE = "Europe/Paris"


def without_defaults(records, names):
    """Return ``records`` in a context that gives no default to the fields ``names``.

    A client chooses the ``default_*`` keys of its context: they fill at creation what a guard refuses in the values.
    """
    unwanted = {f"default_{name}" for name in names} & records.env.context.keys()
    if not unwanted:
        return records
    context = {key: value for key, value in records.env.context.items() if key not in unwanted}
    return records.with_env(records.env(context=context))
