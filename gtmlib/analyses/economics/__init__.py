"""What does a customer cost, when is that earned back, and what was burnt for growth? The chapter in three modules."""

from gtmlib.analyses.economics.acquisition import CHAPTER, NEEDED

__all__ = ["CHAPTER", "NEEDED", "WISHED"]

WISHED: dict[str, tuple[str, ...]] = {"customers": ("acquired_on",), "contracts": ("starts_on", "monthly_revenue")}
