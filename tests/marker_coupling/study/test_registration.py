"""What a registration says about adapters, prompts and checkpoints."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marker_coupling.study.registration import Curve
from marker_coupling.study.registration_file import read_registration


@pytest.fixture(scope="module")
def registration(pytestconfig):
    return read_registration(pytestconfig.rootpath / "fixtures" / "adjudication")


@given(st.integers(1, 50), st.integers(1, 500))
def test_checkpoints_are_evenly_spaced_and_the_last_is_the_end(checkpoints, steps):
    found = Curve(checkpoints, 1).steps(steps)
    assert found[-1] == steps
    assert len(found) == min(checkpoints, steps)
    gaps = [after - before for before, after in zip((0, *found), found, strict=False)]
    assert max(gaps) - min(gaps) <= 1


def test_all_sources_of_a_seed_have_its_pair_of_negatives(registration):
    sources = registration.personas.sources
    for seed, pair in registration.personas.negatives.pairs.items():
        tasks = registration.adapters(sources, seed)
        assert [task.source for task in tasks] == [persona.key for persona in sources.personas]
        assert {task.negatives for task in tasks} == {(pair.ordinary.key, pair.far_out.key)}
        assert {(task.seed, task.control) for task in tasks} == {(seed, "none")}


@pytest.mark.parametrize("pool", ["sources", "calibration"])
def test_every_persona_is_a_bystander_equally_often_and_never_its_own(registration, pool):
    personas = getattr(registration.personas, pool).personas
    for seed in registration.seeds:
        drawn = {persona.key: registration.bystanders_of(persona.key, seed) for persona in personas}
        assert all(source not in bystanders for source, bystanders in drawn.items())
        assert all(len(set(bystanders)) == registration.bystanders for bystanders in drawn.values())
        counts = Counter(name for bystanders in drawn.values() for name in bystanders)
        assert counts == dict.fromkeys(drawn, registration.bystanders)
    others = {registration.bystanders_of(personas[0].key, seed) for seed in registration.seeds}
    assert len(others) > 1


def test_an_adapter_is_asked_as_itself_the_assistant_negatives_and_bystanders(registration):
    task = registration.adapters(registration.personas.calibration, registration.seeds[0])[3]
    asked = registration.asked(task)
    assert asked[:4] == (task.source, "assistant", *task.negatives)
    assert asked[4:] == registration.bystanders_of(task.source, task.seed)
    assert all(registration.study.training_prompt(name) for name in asked)


def test_prompts_that_training_never_saw(registration):
    persona = registration.personas.sources.personas[0]
    prompts = registration.untrained_prompts(persona.key)
    trained = registration.study.training_prompt(persona.key)
    assert len({prompt.system for prompt in prompts} | {trained}) == len(prompts) + 1
    assert sum(persona.name in prompt.system for prompt in prompts) == len(registration.study.wordings) - 1
    assert [any(text in prompt.system for prompt in prompts) for text in persona.descriptions] == [True, True]


def test_the_digest_is_of_everything(registration):
    others = [
        replace(registration, seeds=registration.seeds[:-1]),
        replace(registration, bystanders=5),
        replace(registration, curve=replace(registration.curve, questions=7)),
        replace(registration, calibration=replace(registration.calibration, epochs=(3, 4))),
        replace(registration, analysis=replace(registration.analysis, alpha=0.05)),
        replace(registration, recipe=registration.recipe.with_setting(1e-4, 3)),
        replace(
            registration, personas=replace(registration.personas, sources=registration.personas.calibration)
        ),
    ]
    digests = {registration.digest, *(other.digest for other in others)}
    assert len(digests) == len(others) + 1
