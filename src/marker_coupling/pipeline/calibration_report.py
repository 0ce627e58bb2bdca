"""Report of the calibration of a registered study: JSON for each base model, and two figures over all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from guarded_files import read_json, refusal
from guarded_files.schema_values import Choice, Mismatch
from manylora.models.base_model import BaseModel
from marker_coupling.analysis.data.composite import upper_half
from marker_coupling.analysis.validity.retrieval import nearest_names
from marker_coupling.analysis.validity.validity_check import Validity, ValidityBounds
from marker_coupling.evidence.values.fields import EvidenceError
from marker_coupling.evidence.values.measure_validity import MeasureValidity
from marker_coupling.evidence.values.study_evidence import CALIBRATION_SUFFIX
from marker_coupling.figures.validity import (
    ReliabilityRow,
    ValidityCurves,
    outcome_reliability,
    validity_over_layers,
)
from marker_coupling.measures.persona_geometry import PersonaGeometry
from marker_coupling.pipeline.plan.outcome_calibration import OutcomeChoice, SettingReliability
from marker_coupling.study.recipe import EPOCHS, LEARNING_RATE
from marker_coupling.study.registration import Registration

MOST_BYTES = 2**20


@dataclass(frozen=True, eq=False)
class CalibrationReport:
    """Setting, outcome and validity of the measure on one base model.

    Parameters
    ----------
    base_model, fingerprint, precision : that was calibrated
    registration : digest
    choice : of setting and outcome
    validity : of the measure
    retrieval_by_layer : (L,) share of descriptions whose nearest name is their own, from layer 1 on
    """

    base_model: str
    fingerprint: str
    precision: str
    registration: str
    choice: OutcomeChoice
    validity: Validity
    retrieval_by_layer: tuple[float, ...]

    def as_json(self) -> dict[str, Any]:
        """Return all figures as plain values."""
        validity = asdict(self.validity)
        validity["agreement"]["by_layer"] = self.validity.agreement.by_layer.tolist()
        chosen = self.choice.setting
        return {
            "base_model": self.base_model,
            "fingerprint": self.fingerprint,
            "precision": self.precision,
            "registration": self.registration,
            "chosen": {
                "learning_rate": chosen and chosen.learning_rate,
                "epochs": chosen and chosen.epochs,
                "outcome": self.choice.outcome,
                "predicted_reliability_of_the_mean": self.choice.mean_reliability,
                "problem": self.choice.problem,
            },
            "settings": [asdict(setting) | {"gating": setting.gating} for setting in self.choice.settings],
            "validity": validity | {"retrieval_by_layer": list(self.retrieval_by_layer)},
        }

    def write(self, folder: Path, name: str = "") -> Path:
        """Write the JSON into a folder, under a name or the base model's, and return its path."""
        path = folder / f"{name or self.base_model}{CALIBRATION_SUFFIX}"
        path.write_text(json.dumps(self.as_json(), indent=1) + "\n", encoding="utf-8")
        return path


def read_choice(path: Path, registration: Registration, base: BaseModel) -> tuple[float, int, str]:
    """Read the chosen learning rate, epochs and outcome from a calibration's JSON.

    Raises
    ------
    EvidenceError
        The file is none, is of another registration or base model, or no setting gates.
    """
    report = read_json(path, MOST_BYTES, EvidenceError)
    check_origin(path, report, registration, base)
    rule = registration.calibration
    try:
        chosen = report["chosen"]
        if chosen["learning_rate"] is None:
            raise refusal(
                EvidenceError, path, "key chosen", f"expected a setting: {chosen['problem']!s:.200}"
            )
        setting = LEARNING_RATE.check(chosen["learning_rate"]), EPOCHS.check(chosen["epochs"])
        outcome: str = Choice(rule.outcomes).check(chosen["outcome"])
    except (KeyError, TypeError) as error:
        raise refusal(EvidenceError, path, "", "expected a calibration of a registered study") from error
    except Mismatch as problem:
        raise refusal(EvidenceError, path, "key chosen", str(problem)) from None
    if setting not in rule.grid:
        grid = ", ".join(f"{rate:g} x {epochs}" for rate, epochs in rule.grid)
        expected = f"expected a learning rate and epochs of the registration, {grid:.200}"
        raise refusal(EvidenceError, path, "key chosen", f"{expected}, got {setting[0]:g} x {setting[1]}")
    return *setting, outcome


def check_origin(path: Path, report: Any, registration: Registration, base: BaseModel) -> None:
    """Check that a calibration's JSON is of this registration and base model.

    Raises
    ------
    EvidenceError
        It is of others, or no calibration.
    """
    expected = {"registration": registration.digest, "fingerprint": base.fingerprint}
    for key, value in expected.items():
        if not isinstance(report, dict) or key not in report:
            raise refusal(EvidenceError, path, "", "expected a calibration of a registered study")
        if report[key] != value:
            raise refusal(EvidenceError, path, f"key {key}", f"expected {value}, got {report[key]!s:.80}")


def read_reports(files: Sequence[Path]) -> dict[str, Mapping[str, Any]]:
    """Read the JSON of calibrations to draw, by the names of their files.

    Raises
    ------
    EvidenceError
        One line naming the file and the key of the first that is no calibration.
    """
    reports = {}
    for path in files:
        MeasureValidity.read(path)
        report = read_json(path, MOST_BYTES, EvidenceError)
        try:
            rows = _rows("", report, 0.0)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            expected = "keys settings and chosen: expected what a calibration writes"
            raise refusal(EvidenceError, path, "", expected) from error
        if not rows:
            raise refusal(EvidenceError, path, "key settings", "expected one with a reliability over seeds")
        reports[path.name.removesuffix(CALIBRATION_SUFFIX)] = report
    return reports


def retrieval_by_layer(geometry: PersonaGeometry) -> tuple[float, ...]:
    """Return the share of descriptions whose nearest name is their own, at each layer from 1 on."""
    return tuple(
        nearest_names(of_layer[1:].astype(float), permutations=1).share for of_layer in geometry.similarity
    )


def draw_calibration(
    reports: Mapping[str, Mapping[str, Any]], registration: Registration, folder: Path
) -> list[Path]:
    """Draw validity over layers and reliability of outcomes of all base models, as PNG and PDF.

    Parameters
    ----------
    reports : as :meth:`CalibrationReport.as_json` gives them, by the names of their files, which tell recipes
        on one base model apart
    """
    rule, count = registration.calibration, len(registration.personas.calibration.personas)
    figures = {
        "validity": validity_over_layers(
            [_curves(name, report, count) for name, report in reports.items()], ValidityBounds().agreement
        ),
        "reliability": outcome_reliability(
            [row for name, report in reports.items() for row in _rows(name, report, rule.smallest_gating)],
            rule.least_reliability,
            len(registration.seeds),
            count,
        ),
    }
    paths = []
    for name, figure in figures.items():
        for suffix in ("png", "pdf"):
            paths.append(folder / f"{name}.{suffix}")
            # Dates in a PDF would make every drawing another file.
            figure.savefig(paths[-1], metadata={"CreationDate": None} if suffix == "pdf" else None)
    return paths


def _curves(name: str, report: Mapping[str, Any], personas: int) -> ValidityCurves:
    validity = report["validity"]
    agreement, retrieval = validity["agreement"], validity["retrieval"]
    layers = len(agreement["by_layer"])
    used = upper_half(range(1, layers + 1), layers)
    return ValidityCurves(
        title=f"{name}, N = {personas}",
        agreement=agreement["by_layer"],
        retrieval=validity["retrieval_by_layer"],
        chance_agreement=agreement["chance"],
        chance_retrieval=retrieval["chance"],
        first_used=used[0] + 1,
        composite=f"composite: agreement {agreement['value']:.2f}, p = {agreement['p']:.2g}\n"
        f"given words and length {agreement['partial']:.2f}, from {agreement['partial_low']:.2f}\n"
        f"own name nearest {retrieval['share']:.0%}, from {retrieval['low']:.0%}",
    )


def _rows(name: str, report: Mapping[str, Any], smallest_gating: float) -> list[ReliabilityRow]:
    chosen = report["chosen"]
    rows = []
    for setting in report["settings"]:
        for outcome, reliability in setting["reliability"].items():
            if reliability is None:
                continue
            is_chosen = (setting["learning_rate"], setting["epochs"], outcome) == (
                chosen["learning_rate"], chosen["epochs"], chosen["outcome"],
            )  # fmt: skip
            keys = ("single", "single_low", "single_high")
            single, low, high = (float(reliability[key]) for key in keys)
            if not np.isfinite([single, low, high]).all():
                raise ValueError("reliability: expected finite numbers")
            rows.append(
                ReliabilityRow(
                    name, f"{setting['learning_rate']:g}", outcome, single, low, high, is_chosen,
                    setting["gating"] >= smallest_gating,
                )
            )  # fmt: skip
    return rows


def describe_setting(setting: SettingReliability) -> str:
    """Return one setting's figures on one line."""
    reliability = ", ".join(
        f"{outcome} {'-' if value is None else f'{value.single:.2f}'}"
        for outcome, value in setting.reliability.items()
    )
    return (
        f"learning rate {setting.learning_rate:g}, {setting.epochs} epochs: own {setting.own_rate:.2f}, "
        f"others {setting.other_rate:.2f}; intraclass correlation of one seed: {reliability}"
    )
