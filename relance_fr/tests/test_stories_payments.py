from odoo.tests import tagged

from .story import tells
from .story_common import StoryCommon


@tagged("post_install", "-at_install")
@tells("payments")
class TestStoriesPayments(StoryCommon):
    """Played from ``stories/payments.md``."""
