"""Replay of a plan on fresh paths, and the verdict on every promise."""

from ccinv.auditing.comparing import compare
from ccinv.auditing.conduct import Comparison, Conduct, Figures
from ccinv.auditing.fans import FAN_LEVELS, fan
from ccinv.auditing.judging import Judgement, Verdict, judge
from ccinv.auditing.record import Audit
from ccinv.auditing.tails import Levels, Tails, no_levels, tails
from ccinv.auditing.tallying import audit

__all__ = [
    "FAN_LEVELS",
    "Audit",
    "Comparison",
    "Conduct",
    "Figures",
    "Judgement",
    "Levels",
    "Tails",
    "Verdict",
    "audit",
    "compare",
    "fan",
    "judge",
    "no_levels",
    "tails",
]
