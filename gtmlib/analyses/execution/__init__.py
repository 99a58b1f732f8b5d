"""Is it activity, competence or execution? Reps without league tables, behaviours that can be followed, and leads."""

from gtmlib.analyses.execution.outreach import CHAPTER

__all__ = ["CHAPTER", "NEEDED", "WISHED"]

NEEDED: dict[str, tuple[str, ...]] = {"deals": ("rep_id", "status")}
WISHED = {
    "touches": ("rep_id", "date", "converted_on", "next_step_on"),
    "reps": ("team", "seniority"),
    "leads": ("created_on", "source", "first_contact_on", "qualified_on", "deal_id"),
    "acquisition": ("channel",),
}
