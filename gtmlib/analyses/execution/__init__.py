"""Is it activity, competence or execution? Reps without league tables, behaviours that can be followed, and leads."""
