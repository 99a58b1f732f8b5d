"""Why do they say no, where in the dialogue, is it more often than before, and what does it go with?"""

from gtmlib.analyses.objections.logged import CHAPTER, NEEDED, WISHED
from gtmlib.analyses.objections.rates import CodeRate, ObjectionRates, analyse_objections

__all__ = ["CHAPTER", "NEEDED", "WISHED", "CodeRate", "ObjectionRates", "analyse_objections"]
