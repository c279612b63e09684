"""Real data: the 23 flights of the Space Shuttle before Challenger."""

from __future__ import annotations

from typing import Any

import numpy as np

# In the order of the flights. Every number is a launch.
TEMPERATURE = (66, 70, 69, 68, 67, 72, 73, 70, 57, 63, 70, 78,
               67, 53, 67, 75, 70, 81, 76, 79, 75, 76, 58)  # fmt: skip
DISTRESS = (0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0,
            0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1)  # fmt: skip


def flights() -> tuple[Any, Any]:
    """Return the launch temperature of each flight, and whether an O-ring showed distress.

    Challenger was launched at 31 °F, far below the coldest of these. The maximum likelihood fit of
    a logistic regression has intercept 15.043, slope -0.2322 per °F and deviance 20.315.

    Returns
    -------
    temperature : ndarray of 23 floats
        In degrees Fahrenheit.
    distress : ndarray of 23 floats
        1 if any field-joint O-ring showed erosion or blow-by, else 0.

    References
    ----------
    Dalal, Fowlkes and Hoadley 1989, *Risk analysis of the Space Shuttle: pre-Challenger prediction
    of failure*, Journal of the American Statistical Association 84, 945-957. Public record.

    Examples
    --------
    >>> temperature, distress = flights()
    >>> len(temperature), temperature.min(), temperature.max(), distress.sum()
    (23, np.float64(53.0), np.float64(81.0), np.float64(7.0))
    """
    return np.array(TEMPERATURE, dtype=float), np.array(DISTRESS, dtype=float)
