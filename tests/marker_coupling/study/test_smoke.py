"""The study in small has every part of the study, and is never taken for it."""

from __future__ import annotations

from marker_coupling.study.registration_file import read_registration
from marker_coupling.study.smoke import smoke_registration

from ..tiny_registration import FIXTURE, tiny_registration


def test_a_smoke_run_is_small_whole_and_of_its_own_digest():
    registration = read_registration(FIXTURE)
    smoke = smoke_registration(registration)
    assert smoke.is_smoke
    assert not registration.is_smoke
    assert smoke.digest != registration.digest
    assert smoke.digest == smoke_registration(registration).digest
    assert set(smoke.seeds) < set(registration.seeds)
    sources = smoke.personas.sources.personas
    assert sources == registration.personas.sources.personas[: len(sources)]
    for seed in smoke.seeds:
        for task in smoke.adapters(smoke.personas.sources, seed):
            asked = smoke.asked(task)
            assert len(set(asked)) == len(asked) == 4 + smoke.bystanders
            assert set(asked[4:]) <= {persona.key for persona in sources}
    # The check of validity needs more personas than the choice of a setting.
    assert registration.calibrated == registration.personas.calibration
    assert len(smoke.calibrated.personas) < len(smoke.personas.calibration.personas)
    # Both halves of the choice are left something to do.
    assert smoke.calibration.grid
    assert smoke.calibration.outcomes == registration.calibration.outcomes


def test_a_study_that_is_smaller_already_stays_as_it_is():
    tiny = tiny_registration()
    smoke = smoke_registration(tiny)
    assert smoke.personas.sources == tiny.personas.sources
    assert smoke.curve.checkpoints == tiny.curve.checkpoints
