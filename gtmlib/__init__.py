"""Helpers of the GTM workbench: a client's exports in, evidence out."""

__version__ = "0.1.0"
