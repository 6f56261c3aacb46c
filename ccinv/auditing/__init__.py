"""Replay of a plan on fresh paths, and the verdict on every promise."""

from ccinv.auditing.fans import FAN_LEVELS, fan
from ccinv.auditing.judging import Judgement, Verdict, judge
from ccinv.auditing.record import Audit
from ccinv.auditing.tails import Levels, Tails, tails
from ccinv.auditing.tallying import audit

__all__ = ["FAN_LEVELS", "Audit", "Judgement", "Levels", "Tails", "Verdict", "audit", "fan", "judge", "tails"]
