"""Numbers that move as real ones do: slowly, with a tremor, and the same for the same moment."""

from math import sin, tau


def wave(at: float, period: float, phase: float) -> float:
    """Between 0 and 1, once up and down in each period."""
    return 0.5 + 0.5 * sin(tau * (at / period + phase))


def tremor(at: float, phase: float) -> float:
    """Between 0 and 1, different at every moment."""
    return (sin(at * 12.99 + phase * 78.23) * 43758.55) % 1.0


def between(least: float, most: float, at: float, period: float, phase: float) -> float:
    """A wave from least to most, with a tremor of a tenth of the way."""
    share = 0.9 * wave(at, period, phase) + 0.1 * tremor(at, phase)
    return least + (most - least) * share
