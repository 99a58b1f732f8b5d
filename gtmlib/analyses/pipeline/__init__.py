"""Is the pipeline what it says? Deals over time, open deals by their age, and forecasts held to account."""
