from . import relance_send
from . import relance_send_line
from . import relance_send_line_claim
from . import relance_takeover
from . import relance_takeover_line
