"""Calibration: from the log of a real system to a scenario, with its error on weeks it has not seen.

`calibrate` does it all; `judge` says what is given of an unseen day and what never is; the other files fit one thing each.
"""

from pbxsim.calibrate.calibration import Calibration, calibrate
from pbxsim.calibrate.model import CalibrationError, Model

__all__ = ["Calibration", "CalibrationError", "Model", "calibrate"]
