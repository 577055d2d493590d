"""Check the addon's XML against Odoo's own schemas, without a database."""

from lxml import etree

from . import odoo_home


def problems(addon):
    """Return one line for each fault in the XML files below ``addon``."""
    found = []
    schemas = _Schemas()
    for path in sorted(addon.rglob("*.xml")):
        name = path.relative_to(addon.parent)
        try:
            root = etree.parse(path).getroot()
        except etree.XMLSyntaxError as error:
            found.append(f"{name}:{error.lineno}: {error.msg}")
            continue
        if root.tag == "odoo":
            found += [f"{name}:{line}: {message}" for line, message in _data_file(root, schemas)]
    return found


def _data_file(root, schemas):
    """Yield the line and message of each fault in a data file and in the views it defines."""
    yield from schemas.faults("data", root)
    for record in root.iter("record"):
        inherits = record.find("field[@name='inherit_id']") is not None
        for arch in record.findall("field[@name='arch']"):
            views = [node for node in arch if isinstance(node.tag, str)]
            # What an inheriting view holds is positions, not a view.
            if record.get("model") == "ir.ui.view" and not inherits and views:
                yield from schemas.faults(views[0].tag, views[0])


class _Schemas:
    """The schemas of data files and of the views that have one, read once each."""

    def __init__(self):
        package = odoo_home.find().python_path / "odoo"
        self._files = {"data": package / "import_xml.rng"}
        for folder in (package / "addons" / "base" / "rng", package.parent / "addons" / "base" / "rng"):
            for path in folder.glob("*_view.rng"):
                self._files[path.name.removesuffix("_view.rng")] = path
        self._read = {}

    def faults(self, kind, node):
        """Return the line and message of each fault of ``node``; none when the kind has no schema."""
        if kind not in self._files:
            return []
        if kind not in self._read:
            self._read[kind] = etree.RelaxNG(etree.parse(self._files[kind]))
        schema = self._read[kind]
        start = node.sourceline
        # A schema wants a document of its own; its lines then start at the view's.
        alone = node if node.getparent() is None else etree.fromstring(etree.tostring(node, with_tail=False))
        if schema.validate(alone):
            return []
        shift = start - 1 if alone is not node else 0
        return [(error.line + shift, error.message) for error in schema.error_log]
