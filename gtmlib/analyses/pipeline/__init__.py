"""Is the pipeline what it says? Deals over time, open deals by their age, and forecasts held to account."""

from gtmlib.analyses.pipeline.deals import CHAPTER, NEEDED

__all__ = ["CHAPTER", "NEEDED", "WISHED"]

WISHED: dict[str, tuple[str, ...]] = {
    "stage_history": ("stage", "entered_on"),
    "forecast_snapshots": ("probability", "expected_close_on"),
    "touches": ("deal_id", "date", "next_step_on"),
}
