from . import relance_send
from . import relance_send_line
from . import relance_send_line_claim
