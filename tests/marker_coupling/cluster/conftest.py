"""Settings that Ray reads when it is imported: addresses stay on the loopback, and nothing is reported."""

from __future__ import annotations

import os

os.environ |= {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_USAGE_STATS_ENABLED": "0"}
