"""The demo client: a seeded model with planted truths, written as the messy exports a CRM and an ERP give."""
