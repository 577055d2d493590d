from odoo import api, models


class RelanceProvider(models.AbstractModel):
    """The contract of a service that prints, posts and tracks registered letters (e-LRAR).

    One small class a service: an abstract model ``relance.provider.<value>`` that ``_inherit``s this one, and
    ``selection_add`` of ``<value>`` on ``res.company.relance_provider``. The methods run as superuser in the company
    of the letters. Times out whatever asks the network: 30 seconds at most.
    """

    _name = "relance.provider"
    _description = "Registered Letter Provider"

    @api.model
    def _get(self, value):
        """Return the provider of a value of ``relance_provider``; None when its addon is not installed any more."""
        name = f"relance.provider.{value or 'manual'}"
        return self.env[name] if name in self.env else None

    @api.model
    def _accepts(self, notice):
        """Tell whether the service takes this letter; the others are left to a person.

        Called for each letter as it is dispatched. It asks nobody and raises nothing.
        """
        return notice.channel == "registered"

    @api.model
    def _submit(self, notice):
        """Hand one letter over, with ``notice._get_provider_key()`` as idempotency key.

        Called by the submitting job, one letter at a time, never inside the dispatch. The letter is
        ``notice.attachment_id.raw``, its address ``notice._get_letter_debtor()``, whose ``envelope`` has the
        lines that fit on the envelope. It may be called again
        with the same key when the answer was lost (timeout, crash): the service must then give the same answer and
        send one letter only; one that knows no such key is asked first whether it has ``notice.name`` already. A letter
        it refused may come again with the same key, once a person corrected what was wrong.

        :return: dict with any of ``reference`` (the service's own), ``tracking_number``, ``posted_date``
        :raises TemporaryError: it is tried again later, less and less often, then left to a person
        :raises PermanentError: it is left to a person at once, with the text of the error
        """
        raise NotImplementedError

    @api.model
    def _fetch(self, notices):
        """Ask for news of submitted letters; services that call back need not override it.

        Called by the polling job with up to a hundred letters of one company.

        :return: list of ``relance_fr.tools.provider.Event``; telling the same again does no harm
        :raises TemporaryError: it is asked again by the next job
        """
        return []

    @api.model
    def _parse_event(self, request_data):
        """Read what the service posted to ``/relance_fr/provider/<company id>``; the token was checked already.

        :param request_data: dict of ``headers`` (names in lower case), ``query``, ``form`` (dicts) and ``body`` (bytes)
        :return: list of ``relance_fr.tools.provider.Event``
        :raises ProviderError, ValueError, KeyError, TypeError: a request that makes no sense or is signed wrongly: it
            is answered 400 and changes nothing
        """
        raise NotImplementedError
