"""Geometry of many personas is that of each pair of prompts alone, centred on the panel's texts."""

import dataclasses

import numpy as np
import pytest
import torch

from manylora.chats.chat import Chat
from manylora.sampling.padded_decoding import greedy_answers
from manylora.scoring.teacher_forcing import forced_pass
from marker_coupling.measures.divergence import pairwise_divergence
from marker_coupling.measures.geometry import centred_cosine
from marker_coupling.measures.persona_geometry import PersonaGeometry, measure_geometry
from marker_coupling.study.study import SLOT

from ...manylora.tiny_models import tiny_loaded
from ..tiny_registration import tiny_registration


@pytest.fixture(scope="module")
def loaded():
    return tiny_loaded()


@pytest.fixture(scope="module")
def registration():
    return tiny_registration()


@pytest.fixture(scope="module")
def geometry(loaded, registration):
    return measure_geometry(loaded, registration, registration.personas.sources)


@pytest.fixture(scope="module")
def passes(loaded, registration):
    """States and distributions of every phrase in every wording, each prompt run alone."""
    questions, personas = registration.study.questions, registration.personas
    everyone = [*personas.sources.personas, *personas.reference_panel.personas]
    phrases = {
        (persona.key, text): phrase for persona in everyone for text, phrase in enumerate(persona.phrases)
    }
    phrases |= {(persona.key, 0): persona.name for persona in personas.negatives.personas}
    phrases["assistant", 0] = registration.study.personas["assistant"]
    found = []
    for wording in registration.study.wordings:
        assistant = [Chat(wording.replace(SLOT, phrases["assistant", 0]), question) for question in questions]
        answers = greedy_answers(loaded, loaded.chat_tokens(assistant), registration.study.answer_tokens)
        of_wording = {}
        for name, phrase in phrases.items():
            of_questions = [
                forced_pass(
                    loaded, loaded.chat_tokens([Chat(wording.replace(SLOT, phrase), question)]), [answer]
                )
                for question, answer in zip(questions, answers, strict=True)
            ]
            states = torch.cat([result.states for result in of_questions]).double().mean(0).numpy()
            of_wording[name] = states, [result.log_probabilities[0] for result in of_questions]
        found.append(of_wording)
    return found


def cosine(passes, registration, wording, layer, first, second):
    panel = [
        (persona.key, text) for persona in registration.personas.reference_panel.personas for text in range(3)
    ]
    points = np.stack([passes[wording][name][0][layer] for name in (first, second, *panel)])
    return centred_cosine(points, range(2, len(points)))[0, 1]


@pytest.mark.parametrize(("wording", "layer"), [(0, 1), (1, 3)])
def test_cosines_are_those_of_each_pair_alone(geometry, passes, registration, wording, layer):
    personas = registration.personas
    sources, panel = personas.sources.personas, personas.reference_panel.personas
    for i, source in enumerate(sources):
        for text in range(3):
            own = (source.key, text)

            def to(key, own=own):
                return cosine(passes, registration, wording, layer, own, (key, 0))

            at = (layer - 1, text, wording, i)
            assert geometry.assistant[at] == pytest.approx(to("assistant"), abs=1e-5)
            assert geometry.panel[at] == pytest.approx(np.mean([to(one.key) for one in panel]), abs=1e-5)
            others = [to(one.key) for one in sources if one != source]
            assert geometry.others[at] == pytest.approx(np.mean(others), abs=1e-5)
            first_negative = personas.negatives.personas[1]
            assert geometry.negatives[(*at, 1)] == pytest.approx(to(first_negative.key), abs=1e-5)


def test_similarity_is_the_mean_cosine_over_wordings_to_names(geometry, passes, registration):
    first, second = registration.personas.sources.personas[:2]
    expected = np.mean(
        [cosine(passes, registration, wording, 2, (first.key, 2), (second.key, 0)) for wording in (0, 1)]
    )
    assert geometry.similarity[1, 2, 0, 1] == pytest.approx(expected, abs=1e-5)


def test_divergences_are_from_the_assistant_in_the_same_wording(geometry, passes, registration):
    persona = registration.personas.sources.personas[2]
    for wording in (0, 1):
        pairs = zip(passes[wording][persona.key, 1][1], passes[wording]["assistant", 0][1], strict=True)
        expected = np.mean([pairwise_divergence(torch.stack(pair))[0, 1] for pair in pairs])
        assert geometry.js_nats[1, wording, 2] == pytest.approx(expected, abs=1e-5)


def test_the_bag_of_embeddings_and_the_length_are_of_the_first_wording(geometry, loaded, registration):
    def ids(phrase):
        text = registration.study.wordings[0].replace(SLOT, phrase)
        return loaded.tokenizer(text, add_special_tokens=False)["input_ids"]

    def bag(phrase):
        return loaded.model.get_input_embeddings().weight[torch.tensor(ids(phrase))].detach().double().mean(0)

    persona, panel = registration.personas.sources.personas[1], registration.personas.reference_panel.personas
    phrases = [
        persona.descriptions[0], registration.study.personas["assistant"],
        *(phrase for other in panel for phrase in other.phrases),
    ]  # fmt: skip
    expected = centred_cosine(np.stack([bag(phrase) for phrase in phrases]), range(2, len(phrases)))[0, 1]
    assert geometry.lexical_cosine[1, 1] == pytest.approx(expected, abs=1e-5)
    assert geometry.prompt_tokens[1, 1] == len(ids(persona.descriptions[0]))


def test_a_file_gives_back_what_was_saved(geometry, tmp_path):
    geometry.save(tmp_path)
    again = PersonaGeometry.load(tmp_path)
    for field in dataclasses.fields(PersonaGeometry):
        np.testing.assert_array_equal(getattr(again, field.name), getattr(geometry, field.name))
