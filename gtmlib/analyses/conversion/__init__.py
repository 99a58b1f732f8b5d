"""Which message works? Contacts reduced to counts, the comparison made of them, and how the test is run."""

from gtmlib.analyses.conversion.comparison import CHAPTER, WISHED, Variation, analyse_variants
from gtmlib.analyses.conversion.contacts import needed_columns

__all__ = ["CHAPTER", "WISHED", "Variation", "analyse_variants", "needed_columns"]
