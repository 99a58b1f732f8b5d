"""How notes and interviews are coded: suggestions that people confirm, how far they agree, and what customers say."""
