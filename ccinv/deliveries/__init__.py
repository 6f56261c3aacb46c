"""Deliveries in parts over a cycle: their law, the reliability of a stock against them, their fit from history.

Names that end in `_printed` are what stands in the text, those in `_corrected` what holds. Source: A. Prékopa and
P. Kelle, Reliability type inventory models based on stochastic programming, Mathematical Programming Study 9 (1978).
"""

from ccinv.deliveries.asymptotic import even_deliveries, reliability_equation
from ccinv.deliveries.demand import DemandPath
from ccinv.deliveries.densities import (
    amount_density_corrected,
    amount_density_printed,
    requirement_density_corrected,
    requirement_density_printed,
)
from ccinv.deliveries.fit import Fit, MarkFit, compare_fits, fit_deliveries
from ccinv.deliveries.fitting import ExactMoments, FitMethod, PaperRounding
from ccinv.deliveries.likelihood import MaximumLikelihood
from ccinv.deliveries.marks import Marks
from ccinv.deliveries.precision import deviation_bound_corrected, deviation_bound_printed, sample_size
from ccinv.deliveries.process import Deliveries
from ccinv.deliveries.sampling import drawn, drawn_by_sorting, drawn_printed
from ccinv.deliveries.slopes import slope_corrected, slope_printed

__all__ = [
    "Deliveries",
    "DemandPath",
    "ExactMoments",
    "Fit",
    "FitMethod",
    "MarkFit",
    "Marks",
    "MaximumLikelihood",
    "PaperRounding",
    "amount_density_corrected",
    "amount_density_printed",
    "compare_fits",
    "deviation_bound_corrected",
    "deviation_bound_printed",
    "drawn",
    "drawn_by_sorting",
    "drawn_printed",
    "even_deliveries",
    "fit_deliveries",
    "reliability_equation",
    "requirement_density_corrected",
    "requirement_density_printed",
    "sample_size",
    "slope_corrected",
    "slope_printed",
]
