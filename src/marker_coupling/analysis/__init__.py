"""Statistics over many personas, seeds and base models: does distance predict coupling?

Takes plain arrays and returns results: no evidence classes, no torch, no pytest. :func:`analyse_study` runs
the registered analysis, :func:`check_validity` judges the measure before it; ``simulation`` estimates the
error rates of the analysis.
"""

from inspect import ismodule as _ismodule

from marker_coupling.analysis.data.arrays import AnalysisError as AnalysisError
from marker_coupling.analysis.data.study_data import BaseModelData as BaseModelData
from marker_coupling.analysis.data.study_data import BystanderCounts as BystanderCounts
from marker_coupling.analysis.data.study_data import Cosines as Cosines
from marker_coupling.analysis.data.study_data import Counts as Counts
from marker_coupling.analysis.data.study_data import StudyData as StudyData
from marker_coupling.analysis.study_analysis import StudyAnalysis as StudyAnalysis
from marker_coupling.analysis.study_analysis import analyse_study as analyse_study
from marker_coupling.analysis.validity.validity_check import CalibrationGeometry as CalibrationGeometry
from marker_coupling.analysis.validity.validity_check import Validity as Validity
from marker_coupling.analysis.validity.validity_check import check_validity as check_validity

#: The public names: those that are imported above.
__all__ = [name for name, value in vars().items() if not (name.startswith("_") or _ismodule(value))]
