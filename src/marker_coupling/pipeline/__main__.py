"""Command line: ``python -m marker_coupling.pipeline`` measures a registered study on a base model.

Every result is kept in the artifacts as it comes, so that a run that was cut off goes on where it was, and
several processes, one for each GPU, or the workers of a Ray cluster share the work. It also measures the
cosines of an experiment's evidence again.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from guarded_files import read_json
from guarded_files.schema_values import NAME, Mismatch, Whole
from manylora.errors import BaseModelError, ManyLoraError
from manylora.progress import DETAIL
from marker_coupling.analysis.data.arrays import AnalysisError
from marker_coupling.evidence.files import EXPERIMENT_SUFFIX
from marker_coupling.evidence.values.experiment_evidence import ExperimentEvidence
from marker_coupling.evidence.values.fields import EvidenceError
from marker_coupling.evidence.values.study_evidence import CALIBRATION_SUFFIX, STUDY_SUFFIX, StudyEvidence
from marker_coupling.pipeline.calibration_report import (
    MOST_BYTES,
    CalibrationReport,
    check_origin,
    describe_setting,
    draw_calibration,
    read_choice,
    read_reports,
    retrieval_by_layer,
)
from marker_coupling.pipeline.plan.base_models import find_base_model
from marker_coupling.pipeline.plan.lazy_model import LazyModel
from marker_coupling.pipeline.plan.stage import LOCAL, Executor
from marker_coupling.pipeline.registered_experiment import GROUP, RegisteredExperiment
from marker_coupling.pipeline.remeasured_cosines import with_remeasured_cosines
from marker_coupling.pipeline.stages.measurement import MeasurementStage
from marker_coupling.store.artifacts import ArtifactStore, StoreError, default_root
from marker_coupling.study.errors import ExperimentError
from marker_coupling.study.persona_files import PersonaFileError
from marker_coupling.study.recipe import RecipeError
from marker_coupling.study.registration import Registration
from marker_coupling.study.registration_file import RegistrationError, read_registration, with_recipe
from marker_coupling.study.smoke import smoke_registration
from marker_coupling.study.study import StudyError, read_study

_GROUP_SIZE = Whole(1, 100_000)
#: Told in one line, which names file, key and expectation.
_EXPECTED = (
    AnalysisError, BaseModelError, EvidenceError, ExperimentError, ManyLoraError, OSError,
    PersonaFileError, RecipeError, RegistrationError, StoreError, StudyError,
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m marker_coupling.pipeline", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (
        ("calibrate", "choose setting and outcome, and check the measure, on the calibration personas"),
        ("measure", "train and ask adapters of all sources in the chosen setting; measure their geometry"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("study", type=_path, help="folder with registration.toml")
        _add_model(command)
        command.add_argument(
            "--group", type=_adapters, default=GROUP, metavar="N", help=f"adapters at once (default: {GROUP})"
        )
        command.add_argument(
            "--ray", metavar="ADDRESS", help="compute on a Ray cluster: auto, local or ray://HOST:PORT"
        )
        command.add_argument(
            "--smoke", action="store_true", help="the study in small, to try everything on a CPU"
        )
        command.add_argument(
            "--recipe", type=_path, metavar="FILE", help="train by another recipe: a variation, never judged"
        )
        if name == "measure":
            command.add_argument(
                "--calibration", type=_path, required=True, metavar="FILE", help=f"NAME{CALIBRATION_SUFFIX}"
            )
        command.add_argument("--save", type=_path, default=Path(), metavar="FOLDER", help="where tables go")
    command = commands.add_parser("draw", help="draw the figures of all calibrations in a folder")
    command.add_argument("study", type=_path, help="folder with registration.toml")
    command.add_argument("folder", type=_path, help=f"with NAME{CALIBRATION_SUFFIX}")
    text = "measure the cosines of an experiment's evidence again; all else in it stays as it was"
    command = commands.add_parser("cosines", help=text, description=text)
    command.add_argument("evidence", type=_path, nargs="+", help=f"NAME{EXPERIMENT_SUFFIX}")
    command.add_argument("--study", type=_path, required=True, metavar="FILE", help="the experiment's study")
    _add_model(command)
    command.add_argument("--save", type=_path, required=True, metavar="FOLDER", help="where files go")
    given = parser.parse_args(arguments)
    try:
        if given.command == "cosines":
            return _remeasure(given)
        registration = read_registration(given.study)
        if given.command == "draw":
            return _draw(registration, given.folder)
        if given.recipe is not None:
            registration = with_recipe(registration, given.recipe)
        if given.smoke:
            registration = smoke_registration(registration)
        with _executor(given.ray, given.device) as executor:
            store = ArtifactStore(given.artifacts or default_root())
            experiment = RegisteredExperiment(
                registration, find_base_model(given.base_model, store), store, given.precision, given.device,
                _say, given.group, executor,
            )  # fmt: skip
            if given.command == "measure":
                _measure(experiment, given.calibration, given.save)
            else:
                _calibrate(experiment, given.save)
    except _EXPECTED as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _executor(address: str | None, device: str) -> contextlib.AbstractContextManager[Executor]:
    """Return where stages are computed: on a cluster, or on this machine, whose cores are then shared."""
    if address is None:
        _share_cores(device)
        return contextlib.nullcontext(LOCAL)
    # Ray takes a second to import, and need not be installed.
    from marker_coupling.cluster.executor import RayExecutor, check_device

    check_device(device)
    return RayExecutor(address, _say)


def _path(text: str) -> Path:
    # A Path's own fails where there is no such user.
    return Path(os.path.expanduser(text))  # noqa: PTH111


def _adapters(text: str) -> int:
    try:
        return int(_GROUP_SIZE.check(int(text)))
    except (ValueError, Mismatch):
        raise argparse.ArgumentTypeError(f"expected {_GROUP_SIZE}, got {text[:40]!r}") from None


def _add_model(command: argparse.ArgumentParser) -> None:
    command.add_argument("--base-model", required=True, metavar="NAME", help="as pytest takes it")
    command.add_argument("--device", default="cpu", help="cpu, cuda, cuda:1 ... (default: cpu)")
    command.add_argument("--precision", choices=("auto", "float32", "bfloat16"), default="auto")
    command.add_argument("--artifacts", type=_path, help="where results are kept (default: the cache)")


def _remeasure(given: argparse.Namespace) -> int:
    # Read before anything is measured.
    bodies = [(path, ExperimentEvidence.read(path)) for path in given.evidence]
    study, store = read_study(given.study), ArtifactStore(given.artifacts or default_root())
    model = LazyModel(find_base_model(given.base_model, store), given.precision, given.device)
    measurement = MeasurementStage(model, study, store, _say).measurement
    given.save.mkdir(parents=True, exist_ok=True)
    for path, evidence in bodies:
        try:
            remeasured = with_remeasured_cosines(evidence, measurement)
        except EvidenceError as error:
            raise EvidenceError(f"{path}: {error}") from error
        remeasured.write(given.save / path.name)
        print(f"saved: {given.save / path.name}")
    return 0


def _calibrate(experiment: RegisteredExperiment, folder: Path) -> None:
    plan = experiment.plan
    path = _file_to_write(folder, experiment.name, CALIBRATION_SUFFIX)
    if path.exists():
        check_origin(path, read_json(path, MOST_BYTES, EvidenceError), experiment.registration, plan.base)
    choice = experiment.calibrate()
    for setting in choice.settings:
        print(describe_setting(setting))
    registration = experiment.registration
    geometry = experiment.geometry(registration.personas.calibration)
    report = CalibrationReport(
        plan.base.name, plan.base.fingerprint, plan.model_key.rpartition(" ")[2], registration.digest, choice,
        experiment.validity(), retrieval_by_layer(geometry),
    )  # fmt: skip
    print(f"saved: {report.write(folder, experiment.name)}")
    for problem in (choice.problem, *report.validity.failures):
        if problem:
            print(f"uninformative: {problem}")


def _measure(experiment: RegisteredExperiment, calibration: Path, folder: Path) -> None:
    setting = read_choice(calibration, experiment.registration, experiment.plan.base)
    path = _file_to_write(folder, experiment.name, STUDY_SUFFIX)
    if path.exists():
        earlier = StudyEvidence.read(path)
        of = earlier.registration, earlier.properties.get("fingerprint"), earlier.setting
        if of != (experiment.registration.digest, experiment.plan.base.fingerprint, setting):
            raise EvidenceError(
                f"{path}: expected no file, or this base model's evidence in this study and setting, to be "
                "written again: give another folder to --save"
            )
    evidence = experiment.evidence(*setting)
    evidence.write(path)
    print(f"saved: {path}, {len(evidence.personas)} personas in {len(evidence.seeds)} seeds")


def _file_to_write(folder: Path, name: str, suffix: str) -> Path:
    """Return the path of a file that is going to be written, in a folder that is there from now on."""
    try:
        NAME.check(name)
    except Mismatch as problem:
        raise BaseModelError(f"{name:.60}...: name of base model and recipe: {problem}") from None
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise EvidenceError(f"{folder}: expected a folder to save in, got a file") from error
    return folder / f"{name}{suffix}"


def _draw(registration: Registration, folder: Path) -> int:
    files = sorted(folder.glob(f"*{CALIBRATION_SUFFIX}"))
    if not files:
        raise RegistrationError(f"{folder}: expected files NAME{CALIBRATION_SUFFIX}, found none")
    order = {name: index for index, name in enumerate(registration.analysis.base_models)}
    reports = read_reports(files)
    by_model = sorted(reports.items(), key=lambda item: order.get(item[1]["base_model"], len(order)))
    for path in draw_calibration(dict(by_model), registration, folder):
        print(f"saved: {path}")
    return 0


def _share_cores(device: str) -> None:
    """Leave cores to the processes of the other GPUs: threads that wait for each other stop them all."""
    if device.startswith("cuda") and torch.cuda.is_available():
        torch.set_num_threads(max(1, (os.cpu_count() or 1) // torch.cuda.device_count()))


def _say(task: str, done: int, total: int) -> None:
    name, mark, detail = task.partition(DETAIL)
    print(
        f"\r{name}: {done} of {total}{mark}{detail}",
        end="\n" if done == total else "",
        file=sys.stderr,
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
