from . import relance_preview
from . import relance_run_wizard
from . import relance_takeover
from . import relance_takeover_line
