"""A user logged in to a running Odoo, by the routes the web client uses."""

import http.cookiejar
import json
import urllib.error
import urllib.request


class CallError(Exception):
    """An error the server answered; ``name`` is the class of the exception it raised."""

    def __init__(self, error):
        data = error.get("data") or {}
        self.name = data.get("name", "")
        super().__init__(data.get("message") or error.get("message"))


class Session:
    """A user logged in: ``call`` runs a public method, ``json`` a JSON-RPC route, ``get`` reads a page.

    :param url: address of the server
    :raise CallError: when the server refuses the user
    """

    def __init__(self, url, database, login="admin", password="admin"):
        self.url = url
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(cookies)
        self.info = self.json("/web/session/authenticate", db=database, login=login, password=password)
        self.uid = self.info["uid"]

    def json(self, path, **parameters):
        """Call a JSON-RPC route and return its result.

        :raise CallError: when the server answers an error
        """
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": parameters}).encode()
        request = urllib.request.Request(self.url + path, body, {"Content-Type": "application/json"})
        with self._opener.open(request, timeout=120) as answer:
            content = json.load(answer)
        if "error" in content:
            raise CallError(content["error"])
        return content.get("result")

    def call(self, model, method, *args, **kwargs):
        """Call a public method of a model and return its result."""
        return self.json("/web/dataset/call_kw", model=model, method=method, args=list(args), kwargs=kwargs)

    def get(self, path):
        """Return the status and the body of a page."""
        try:
            with self._opener.open(self.url + path, timeout=120) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()
