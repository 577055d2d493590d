from . import relance_preview
from . import relance_run_wizard
