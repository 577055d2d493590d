from . import relance_send
from . import relance_send_line
