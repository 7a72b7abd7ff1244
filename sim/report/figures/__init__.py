"""The figures of a report, one module per family."""

import sim.report.plain_matplotlib  # noqa: F401
