"""Pictures of the demo, drawn here so that none is shipped: a logo, a signature, an acknowledgement of receipt."""

import base64
import io

from PIL import Image, ImageDraw, ImageFont

_GREEN, _OCHRE, _INK = (47, 93, 80), (181, 118, 58), (28, 40, 90)


def logo(name):
    """Return the logo of the company as base64 PNG: a cut log and its name."""
    image = Image.new("RGB", (900, 240), "white")
    draw = ImageDraw.Draw(image)
    for radius, colour in ((100, _GREEN), (88, "white"), (76, _OCHRE), (62, "white"), (50, _OCHRE), (36, "white")):
        draw.ellipse((120 - radius, 120 - radius, 120 + radius, 120 + radius), fill=colour)
    draw.ellipse((108, 108, 132, 132), fill=_GREEN)
    first, _space, rest = name.partition(" ")
    draw.text((260, 38), first.upper(), font=_font("Lato-Bol-webfont.ttf", 48), fill=_OCHRE)
    draw.text((256, 96), rest, font=_font("Lato-Bol-webfont.ttf", 84), fill=_GREEN)
    return _encode(image)


def signature():
    """Return a signature as base64 PNG with a transparent ground."""
    image = Image.new("RGBA", (600, 220), (255, 255, 255, 0))
    draw = ImageDraw.Draw(image)
    strokes = (
        [(70, 60), (20, 40), (10, 190), (110, 150), (150, 120), (130, 70), (190, 160), (230, 100)],
        [(230, 100), (260, 190), (290, 60), (300, 30), (270, 150), (320, 150), (360, 90), (400, 150)],
        [(400, 150), (440, 110), (460, 140), (560, 100)],
        [(60, 195), (240, 175), (420, 180), (540, 160)],
    )
    for points in strokes:
        curve = [_bezier(points, step / 80) for step in range(81)]
        draw.line(curve, fill=(*_INK, 255), width=5, joint="curve")
    return _encode(image)


def receipt(number, tracking, received):
    """Return a signed acknowledgement of receipt as base64 PNG.

    :param number: register number of the notice, :param tracking: of the letter, :param received: day, as text
    """
    image = Image.new("RGB", (1000, 460), (252, 246, 214))
    draw = ImageDraw.Draw(image)
    draw.rectangle((12, 12, 987, 447), outline=(120, 110, 60), width=3)
    draw.text(
        (40, 34), "AVIS DE RÉCEPTION (document de démonstration)", font=_font("Lato-Bol-webfont.ttf", 34), fill="black"
    )
    rows = (f"Lettre recommandée n° {tracking}", f"Notre référence : {number}", f"Distribuée le : {received}")
    for rank, text in enumerate(rows):
        draw.text((40, 120 + 62 * rank), text, font=_font("Lato-Reg-webfont.ttf", 34), fill="black")
    draw.text((40, 350), "Signature du destinataire :", font=_font("Lato-Reg-webfont.ttf", 28), fill="black")
    points = [(480, 380), (520, 290), (560, 440), (620, 330), (680, 410), (760, 340), (880, 380)]
    draw.line([_bezier(points, step / 60) for step in range(61)], fill=_INK, width=5, joint="curve")
    return _encode(image)


def _font(name, size):
    from odoo.tools.misc import file_path

    return ImageFont.truetype(file_path(f"web/static/fonts/lato/{name}"), size)


def _bezier(points, t):
    """Return the point at ``t`` (0 to 1) of the Bézier curve of these control points."""
    while len(points) > 1:
        points = [
            ((1 - t) * x1 + t * x2, (1 - t) * y1 + t * y2)
            for (x1, y1), (x2, y2) in zip(points, points[1:], strict=False)
        ]
    return points[0]


def _encode(image):
    stream = io.BytesIO()
    image.save(stream, "PNG", optimize=True)
    return base64.b64encode(stream.getvalue())
