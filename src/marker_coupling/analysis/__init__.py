"""Statistics over many personas, seeds and base models: does distance predict coupling?

Takes plain arrays and returns results: no evidence classes, no torch, no pytest. :func:`analyse_study` runs
the registered analysis, :func:`check_validity` judges the measure before it; ``simulation`` estimates the
error rates of the analysis.
"""

from marker_coupling.analysis.data.arrays import AnalysisError
from marker_coupling.analysis.data.study_data import (
    BaseModelData,
    BystanderCounts,
    Cosines,
    Counts,
    StudyData,
)
from marker_coupling.analysis.study_analysis import StudyAnalysis, analyse_study
from marker_coupling.analysis.validity.validity_check import CalibrationGeometry, Validity, check_validity

__all__ = [
    "AnalysisError",
    "BaseModelData",
    "BystanderCounts",
    "CalibrationGeometry",
    "Cosines",
    "Counts",
    "StudyAnalysis",
    "StudyData",
    "Validity",
    "analyse_study",
    "check_validity",
]
