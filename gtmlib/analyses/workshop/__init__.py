"""What if? Panels for a workshop: each reduces the client's data once, and computes from the counts what a state says."""
