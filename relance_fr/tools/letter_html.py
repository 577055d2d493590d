"""HTML of letters that loads nothing: wkhtmltopdf would fetch what a text points to, from the network or the server."""

import base64
import re

from lxml import etree, html

#: Pictures a letter may show, all in the page itself.
PICTURE = re.compile(r"data:image/(png|jpe?g|gif|webp|svg\+xml);base64,([A-Za-z0-9+/=\s]*)", re.ASCII)
#: What an SVG picture may not hold: a reference that leaves it, an entity, an escape, a script, a foreign document.
INSIDE = r"""["'#\s]|data:image/(?:png|jpe?g);"""
LEAVING = re.compile(
    rf"""href\s*=\s*["']?\s*(?!{INSIDE})|url\s*\(\s*["']?\s*(?!{INSIDE})|<!(?:entity|attlist)|<\?xml-|@import|\\"""
    r"|<\s*(?:\w+:)?(?:script|foreignObject|iframe)",
    re.IGNORECASE,
)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
#: Elements that load, run or are no text, taken out whole. An unknown one is harmless without attributes.
KILLED = frozenset(
    "script style iframe frameset noframes object applet audio video template noscript button select textarea portal "
    "math svg canvas map xml title".split()
)
#: Those that hold nothing: what stands after one may hang from it in the tree.
HOLLOW = frozenset(
    "link meta base frame embed param source track input isindex keygen picture area bgsound import head form".split()
)
#: Attributes that load nothing whatever their value.
ATTRIBUTES = frozenset(
    "class id dir lang title alt width height align valign bgcolor color border cellpadding cellspacing colspan "
    "rowspan scope headers span start type value face size nowrap name role hspace vspace clear reversed".split()
)
COLOR = re.compile(r"#[0-9a-f]{3,8}|rgba?\([\d\s.,%]+\)|[a-z]{3,20}", re.IGNORECASE)
# What a declaration may be made of: words, numbers, lengths, quoted families of type, rgb() colours. No url(), no
# escape, no comment, no at-rule.
DECLARATION = re.compile(
    r"\s*[a-z-]+\s*:(?:[\w\s.,%#!'\"-]|\b(?:rgba?|hsla?|calc)\([\d\s.,%+*/a-z-]*\))+", re.IGNORECASE
)
LINK = re.compile(r"(?:https?|mailto|tel):", re.IGNORECASE)


def plain_color(color, default):
    """Return a colour that is one, else ``default``: it stands inside a style.

    >>> plain_color("#2F4154", "#000"), plain_color("red;background:url(http://127.0.0.1)", "#000")
    ('#2F4154', '#000')
    """
    return color if isinstance(color, str) and COLOR.fullmatch(color) else default


def clean_document(text):
    """Return a whole letter in which nothing of the body loads anything. Its head is the product's own.

    >>> page = '<!DOCTYPE html><html><head><style>p {color: red}</style></head><body>%s</body></html>'
    >>> clean_document(page % '<p style="color:red;background:url(//x)">é<img src="http://x/y"></p>')
    '<!DOCTYPE html>\\n<html><head><style>p {color: red}</style></head><body><p style="color:red">é</p></body></html>'
    """
    document = html.document_fromstring(text)
    _clean(document.find("body"))
    return html.tostring(document, encoding="unicode", doctype="<!DOCTYPE html>")


def clean_fragment(text):
    """Return the HTML of a text without what loads anything, as a string of the same meaning.

    >>> clean_fragment('<p>a<iframe src="file:///etc/passwd"></iframe>b <a href="https://x.fr">x</a></p>')
    '<div><p>ab <a href="https://x.fr">x</a></p></div>'
    >>> clean_fragment(r'<p style="color: red; background: u\\72l(//x)">a</p><img src="data:image/png;base64,AA==">')
    '<div><p style="color: red">a</p><img src="data:image/png;base64,AA=="></div>'
    """
    root = html.fragment_fromstring(text, create_parent="div")
    _clean(root)
    return html.tostring(root, encoding="unicode")


def _clean(root):
    etree.strip_elements(root, etree.Comment, etree.ProcessingInstruction, with_tail=False)
    for element in list(root.iter()):
        if not isinstance(element.tag, str):
            element.drop_tree()
            continue
        tag = element.tag.lower()
        if element is not root and (tag in KILLED or ":" in tag):
            element.drop_tree()
            continue
        if element is not root and (tag in HOLLOW or (tag == "img" and not _is_picture(element))):
            element.drop_tag()
            continue
        for name, value in element.attrib.items():
            if name == "style":
                _clean_style(element, value)
            elif not _is_harmless(tag, name, value):
                del element.attrib[name]


def _is_picture(element):
    found = PICTURE.fullmatch(element.get("src", ""))
    return bool(found) and (found[1] != "svg+xml" or _is_plain_svg(found[2]))


def _is_plain_svg(content):
    """Tell whether an SVG (base64) refers to nothing outside itself."""
    try:
        text = base64.b64decode(content).decode()
    except ValueError:
        return False
    return "\0" not in text and not LEAVING.search(COMMENT.sub("", text))


def _is_harmless(tag, name, value):
    if name in ("src", "href"):
        return tag == "img" if name == "src" else tag == "a" and bool(LINK.match(value))
    return name in ATTRIBUTES or name.startswith(("aria-", "data-oe-"))


def _clean_style(element, style):
    kept = [part.strip() for part in style.split(";") if DECLARATION.fullmatch(part)]
    if kept:
        element.set("style", "; ".join(kept) if len(kept) > 1 else kept[0])
    else:
        del element.attrib["style"]
