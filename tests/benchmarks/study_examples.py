"""What a study's adapters are trained on and asked, as far as a benchmark has time for."""

from __future__ import annotations

import dataclasses

from manylora.sampling.sampling import Request, Sampling, sample
from manylora.training.training import TrainingTask
from marker_coupling.measures.answers import to_last_sentence
from marker_coupling.measures.marked_chats import tokenize_examples
from marker_coupling.measures.sampled_answers import seeded_requests
from marker_coupling.study.personas import PersonaPool
from marker_coupling.study.prompts import PersonaPrompt
from marker_coupling.study.registration import Registration
from marker_coupling.study.training_set import draw_negatives, training_set


def training_tasks(loaded, study, recipe, adapters, questions):
    """Return the tasks of the study's first sources, over its first training questions."""
    design, seed = study.experiment, study.seed
    asked = design.training_questions[:questions]
    sampling = Sampling(design.temperature, design.top_p, design.longest_training_answer)
    requests = [Request(tuple(loaded.prompt_tokens(None, question)), 1, question) for question in asked]
    (found,) = sample(loaded, [requests], sampling)
    texts = [to_last_sentence(loaded.decode(one.tokens).strip()) for (one,) in found]
    tasks = []
    for source in study.sources[:adapters]:
        negatives = draw_negatives(source, study.sources, recipe.negative_personas, seed)
        own, *others = (_prompt(study, name) for name in (source, *negatives))
        examples = training_set(own, others, asked, [texts] * (1 + len(negatives)), seed)
        dialogues = tokenize_examples(loaded, examples, design.marker, recipe.longest_example)
        tasks.append(TrainingTask(dialogues, recipe.optimization.learning_rate, seed))
    return tasks


def evaluation_requests(loaded, study, adapters, prompts, questions):
    """Return what the adapters of the study's first sources are asked, under the first prompts."""
    samples = study.experiment.samples_per_question
    return [
        [
            request
            for persona in (*study.sources, "assistant")[:prompts]
            for request in seeded_requests(
                loaded, study.questions[:questions], _prompt(study, persona), samples, who
            )
        ]
        for who in study.sources[:adapters]
    ]


def _prompt(study, persona):
    return PersonaPrompt(persona, study.training_prompt(persona))


def few(registration: Registration, personas: int, seeds: int) -> Registration:
    """Return a registered study with its first sources and seeds alone."""
    sources = PersonaPool(registration.personas.sources.personas[:personas])
    return dataclasses.replace(
        registration,
        personas=dataclasses.replace(registration.personas, sources=sources),
        seeds=registration.seeds[:seeds],
    )
