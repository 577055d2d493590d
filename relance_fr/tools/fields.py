"""A field of a file that refuses what is no file, where core's ends in a traceback."""

from odoo import fields
from odoo.exceptions import UserError

from .inputs import read_base64


class CheckedBinary(fields.Binary):
    """A binary field whose value, written by a client as base64, is base64.

    :raises UserError: on create and write, when it is not
    """

    def create(self, record_values):
        for record, value in record_values:
            self._check(record, value)
        return super().create(record_values)

    def write(self, records, value):
        self._check(records, value)
        return super().write(records, value)

    def convert_to_column(self, value, record, values=None, validate=True):
        self._check(record, value)
        return super().convert_to_column(value, record, values=values, validate=validate)

    def _check(self, records, value):
        if value and read_base64(value) is None:
            label = self._description_string(records.env)
            raise UserError(records.env._("%s: the file did not arrive whole. Choose it again.", label))
