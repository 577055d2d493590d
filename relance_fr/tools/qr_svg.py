"""QR codes as vector drawings: sharp on paper at any size, and no image library of the server is needed."""

import re
from base64 import b64encode

from reportlab.graphics.barcode import qrencoder

# Blank modules around the code that readers need (ISO/IEC 18004).
QUIET_ZONE = 4


def qr_code_uri(content):
    """Return a QR code as a data URI of an SVG image; error correction M, which EPC069-12 asks for.

    >>> qr_code_uri("BCD").startswith("data:image/svg+xml;base64,")
    True
    """
    code = qrencoder.QRCode(None, qrencoder.QRErrorCorrectLevel.M)
    code.addData(content)
    code.make()
    size = code.getModuleCount() + 2 * QUIET_ZONE
    path = "".join(_row_path(number, row) for number, row in enumerate(code.modules))
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" width="{10 * size}" height="{10 * size}">'
        f'<rect width="{size}" height="{size}" fill="#fff"/><path d="{path}" fill="#000"/></svg>'
    )
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"


def _row_path(number, row):
    """Return the dark runs of a row as rectangles of an SVG path."""
    modules = "".join("#" if dark else " " for dark in row)
    path = ""
    for run in re.finditer("#+", modules):
        length = run.end() - run.start()
        path += f"M{run.start() + QUIET_ZONE} {number + QUIET_ZONE}h{length}v1h-{length}z"
    return path
