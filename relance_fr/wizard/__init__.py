from . import relance_hold_resolve
from . import relance_preview
from . import relance_run_wizard
from . import relance_takeover
from . import relance_takeover_line
from . import relance_tracking_import
from . import relance_tracking_import_line
