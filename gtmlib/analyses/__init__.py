"""The analyses: one module per client question, each reduce (Ibis) and infer (stats)."""
