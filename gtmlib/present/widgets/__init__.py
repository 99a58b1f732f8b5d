"""The workshop's pages: what lives in a notebook or in Voilà, never in a report."""
