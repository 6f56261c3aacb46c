"""Sample-path optimisation: the best rule on fixed random paths, by the slopes of orders as they are executed."""

from ccinv.sample_path.question import Loss, Question
from ccinv.sample_path.search import Optimum, Search, asked_of

__all__ = ["Loss", "Optimum", "Question", "Search", "asked_of"]
