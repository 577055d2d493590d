from odoo.tests import tagged

from .story import tells
from .story_common import StoryCommon


@tagged("post_install", "-at_install")
@tells("account")
class TestStoriesAccount(StoryCommon):
    """Played from ``stories/account.md``."""
