"""What if? Panels for a workshop: each reduces the data once, and computes from the counts what a state says."""
