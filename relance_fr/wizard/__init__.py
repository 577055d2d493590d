from . import relance_send
from . import relance_send_line
from . import relance_send_line_claim
from . import relance_tracking_import
from . import relance_tracking_import_line
