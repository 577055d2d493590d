from odoo.tests import tagged

from .story import tells
from .story_common import StoryCommon


@tagged("post_install", "-at_install")
@tells("escalation")
class TestStoriesEscalation(StoryCommon):
    """A delay between businesses, step by step: ``stories/escalation.md``."""
