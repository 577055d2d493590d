from . import letters
from . import provider
