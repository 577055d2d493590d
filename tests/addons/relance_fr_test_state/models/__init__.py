from . import relance_notice
from . import relance_test_change
