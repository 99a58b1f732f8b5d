"""What have we learned, and what do we do on Monday? Declared hypotheses against the findings of the other chapters."""

from gtmlib.analyses.hypotheses.cascade import Cascade, Choice, lay_out_cascade
from gtmlib.analyses.hypotheses.judging import judge_hypotheses, judge_hypothesis, need_of, pace_of, read_findings
from gtmlib.analyses.hypotheses.verdicts import CHAPTER, Judged, Verdicts

__all__ = [
    "CHAPTER", "Cascade", "Choice", "Judged", "Verdicts", "judge_hypotheses", "judge_hypothesis", "lay_out_cascade",
    "need_of", "pace_of", "read_findings",
]  # fmt: skip
