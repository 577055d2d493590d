from . import letters
from . import register
