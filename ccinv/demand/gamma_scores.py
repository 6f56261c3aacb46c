"""Gamma amounts as functions of a standard normal score: by their inverse, or by a table of it for many draws."""

from __future__ import annotations

import numpy as np
from scipy.special import gammainccinv, gammaincinv, gammaln, ndtr

from ccinv.arrays import FloatArray, IntArray

STEADY = 3e-3  # below this coefficient of variation four terms of Cornish and Fisher are better than scipy's inverse
SKEWED = 3.0  # up to here the table is exact to 2e-8 of the deviation
MANY = 500  # draws of one shape from which on a table is cheaper
NODES = np.linspace(-6.0, 6.0, 385)  # of the scores; one in five hundred million lies beyond
CHUNK = 2**17  # draws at a time: everything they need stays in the processor's cache


def gamma_at(ratio: FloatArray, score: FloatArray) -> FloatArray:
    """Gamma amounts of mean 1 and deviation `ratio` (C,) at scores (C, draws): same shape."""
    found = np.empty_like(score)
    steady = ratio <= STEADY
    for cell in _chunks(np.flatnonzero(steady), score.shape[1]):
        skew, z = ratio[cell, None], score[cell]
        found[cell] = 1 + skew * (z + skew * (z**2 - 1) / 3 + skew**2 * (z**3 - 7 * z) / 36)
    # ratios that differ by rounding are one shape
    logs, shape = np.unique(np.round(np.log(ratio[~steady]), 12), return_inverse=True)
    shapes: FloatArray = np.exp(logs)
    often = np.bincount(shape, minlength=len(shapes)) * score.shape[1] >= MANY
    tabled = often & (shapes <= SKEWED)
    place, rest = np.flatnonzero(~steady), ~tabled[shape]
    for some in _chunks(np.flatnonzero(rest), score.shape[1]):
        found[place[some]] = _inverse(shapes[shape[some], None], score[place[some]])
    table, row = _table(shapes[tabled]), np.cumsum(tabled) - 1
    for some in _chunks(np.flatnonzero(~rest), score.shape[1]):
        found[place[some]] = _looked_up(table, row[shape[some]], shapes[shape[some]], score[place[some]])
    return found


def _chunks(cells: IntArray, draws: int) -> list[IntArray]:
    step = max(1, CHUNK // max(1, draws))
    return [cells[first : first + step] for first in range(0, len(cells), step)]


def _inverse(ratio: FloatArray, score: FloatArray) -> FloatArray:
    """By the inverse of the distribution; `ratio` of the shape of `score`, or broadcast to it."""
    ratio = np.broadcast_to(ratio, score.shape)
    found: FloatArray = np.empty_like(score)
    tail = ndtr(-np.abs(score))  # the smaller one, which holds all its digits
    upper = score > 0
    found[upper] = gammainccinv(ratio[upper] ** -2.0, tail[upper])
    found[~upper] = gammaincinv(ratio[~upper] ** -2.0, tail[~upper])
    found *= ratio**2
    return found


def _table(ratio: FloatArray) -> FloatArray:
    """Cubics that meet the inverse and its slope at NODES: coefficients (4, C · (len(NODES) − 1)).

    slope = φ(z) / density(F⁻¹(Φ(z)))
    """
    score = np.broadcast_to(NODES, (len(ratio), len(NODES)))
    value = _inverse(ratio[:, None], score)
    shape = ratio[:, None] ** -2.0
    amount = value * shape
    with np.errstate(divide="ignore"):
        log_density = (shape - 1) * np.log(amount) - amount - gammaln(shape)
    slope = np.where(amount > 0, np.exp(np.minimum(-0.5 * score**2 - log_density, 700.0)), 0.0)
    slope *= (NODES[1] - NODES[0]) / np.sqrt(2 * np.pi) / shape
    rise, left, right = np.diff(value), slope[:, :-1], slope[:, 1:]
    cubics = np.stack([value[:, :-1], left, 3 * rise - 2 * left - right, left + right - 2 * rise])
    return cubics.reshape(4, -1)


def _looked_up(table: FloatArray, row: IntArray, ratio: FloatArray, score: FloatArray) -> FloatArray:
    """The cubics at scores (C, draws); the inverse itself beyond the table."""
    place = (score - NODES[0]) / (NODES[1] - NODES[0])
    outside = (place < 0) | (place >= len(NODES) - 1)
    place[outside] = 0.0
    piece = place.astype(np.intp)
    place -= piece
    piece += row[:, None] * (len(NODES) - 1)
    found: FloatArray = table[3].take(piece)
    for k in (2, 1, 0):
        found *= place
        found += table[k].take(piece)
    if outside.any():
        item, _ = np.nonzero(outside)
        found[outside] = _inverse(ratio[item], score[outside])
    return found
