"""How properties are tried: without a clock, because a busy machine is no failure."""

from __future__ import annotations

import hypothesis

hypothesis.settings.register_profile("no-clock", deadline=None)
hypothesis.settings.load_profile("no-clock")
