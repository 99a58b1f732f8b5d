"""Why do they say no, and where in the dialogue? Rates, what is new, what it goes with, where deals are lost."""

from gtmlib.analyses.objections.logged import CHAPTER, NEEDED, WISHED
from gtmlib.analyses.objections.rates import CodeRate, ObjectionRates, analyse_objections

__all__ = ["CHAPTER", "NEEDED", "WISHED", "CodeRate", "ObjectionRates", "analyse_objections"]
