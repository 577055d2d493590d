from . import relance_hold_resolve
from . import relance_send
from . import relance_send_line
from . import relance_send_line_claim
