"""What a picture says of itself in its header, without decoding it."""

import io
import warnings

from PIL import Image

#: Pixels of a picture that is taken: a photograph of a telephone has up to 25 million.
MAX_PIXELS = 25_000_000


def count_pixels(content):
    """Return how many pixels the header of a picture declares; 0 for what is no picture that can be read.

    >>> count_pixels(b"%PDF-1.7"), count_pixels(b"\\xff\\xd8\\xff broken")
    (0, 0)
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content)) as picture:
                return picture.width * picture.height
    except Image.DecompressionBombError:
        return 10 * MAX_PIXELS
    except Exception:
        # A damaged header raises nearly anything.
        return 0
