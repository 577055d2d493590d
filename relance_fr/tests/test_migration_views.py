import runpy
from pathlib import Path

from odoo.tests import TransactionCase, tagged

PATH = Path(__file__).parents[1] / "migrations" / "19.0.1.2.0" / "pre-views.py"


@tagged("post_install", "-at_install")
class TestMigrationViews(TransactionCase):
    """Views that are no more go before the others are loaded; what others hung on them stays, one view higher."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.base = cls.env.ref("relance_fr.relance_notice_view_form")
        cls.gone = cls._extend("gone", cls.base, "author_id")
        known = {"module": "relance_fr", "name": "relance_notice_view_form_safety", "model": "ir.ui.view"}
        cls.env["ir.model.data"].create({**known, "res_id": cls.gone.id})
        cls.env["ir.ui.view"].flush_model()

    @classmethod
    def _extend(cls, name, view, field, **values):
        arch = f'<h1 position="after"><field name="{field}" class="{name}"/></h1>'
        values = {"name": name, "model": view.model, "inherit_id": view.id, "arch": arch, **values}
        return cls.env["ir.ui.view"].create(values)

    def _migrate(self):
        self.env.flush_all()
        runpy.run_path(str(PATH))["migrate"](self.env.cr, "19.0.1.1.0")
        self.env.invalidate_all()
        self.env.registry.clear_cache("templates")

    def test_a_view_goes_with_its_name(self):
        self._migrate()
        self.assertFalse(self.gone.exists())
        self.assertFalse(self.env.ref("relance_fr.relance_notice_view_form_safety", raise_if_not_found=False))
        self.assertTrue(self.base.exists())
        self.assertFalse(self.base._get_combined_arch().xpath("//field[@class='gone']"))

    def test_views_of_others_stay_one_view_higher(self):
        extension = self._extend("theirs", self.gone, "approved_by")
        primary = self._extend("copied", self.gone, "approved_by", mode="primary")
        self._migrate()
        self.assertEqual((extension | primary).inherit_id, self.base)
        self.assertEqual(primary.mode, "primary")
        self.assertTrue(self.base._get_combined_arch().xpath("//field[@class='theirs']"))
        self.assertTrue(primary._get_combined_arch().xpath("//field[@class='copied']"))

    def test_it_says_which_were_edited_by_hand(self):
        self.gone.arch = self.gone.arch.replace("author_id", "approved_by")
        with self.assertLogs(level="WARNING") as said:
            self._migrate()
        self.assertIn("relance_notice_view_form_safety", said.output[0])

    def test_it_changes_nothing_where_they_are_gone(self):
        self._migrate()
        known = [("module", "=", "relance_fr"), ("model", "=", "ir.ui.view")]
        before = self.env["ir.model.data"].search_count(known)
        with self.assertNoLogs(level="WARNING"):
            self._migrate()
        self.assertEqual(self.env["ir.model.data"].search_count(known), before)
