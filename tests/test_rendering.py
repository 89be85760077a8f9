"""Sites whose text their scripts write: a real Chromium, without a network of its own."""

import pytest
from web import article

pytestmark = pytest.mark.slow
RENDER = "render = true"
