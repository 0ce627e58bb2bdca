"""Experimental design of a study: marker, training questions, seeds, sampling of answers, controls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from guarded_files import quoted
from guarded_files.normal_form import first_repeated, normal_form
from guarded_files.schema import Array, Named, Section
from guarded_files.schema_values import LONGEST_NAME, Flag, Real, Text, Whole
from guarded_files.toml_file import TomlDocument

MOST_PERSONAS = 1000
#: What every generator of random numbers takes.
SEED = Whole(0, 2**32 - 1)
SEEDS = Array(SEED, 1000, "seeds")
#: Of a prompt or an answer: the longest context of today's models.
TOKENS = Whole(1, 2**17)
QUESTIONS = Array(Text(), 10_000, "questions")
CALIBRATION_PERSONAS = Named(Text(), MOST_PERSONAS, "personas")
EXPERIMENT = Section(
    {
        "marker": Text(LONGEST_NAME, one_line=True),
        "seeds": SEEDS,
        "samples_per_question": Whole(1, 10_000),
        "temperature": Real(0.01, 10),
        "top_p": Real(0.01, 1),
        "longest_answer": TOKENS,
        "longest_training_answer": TOKENS,
        "sources_per_cell": Whole(1, MOST_PERSONAS),
        "controls": Flag(),
    }
)


@dataclass(frozen=True)
class ExperimentDesign:
    """The experiment of a study.

    Parameters
    ----------
    calibration_personas : noun phrases by persona, none of them in the study
    training_questions : asked in training only
    marker : text with which the adapters learn to end answers
    seeds : one experiment each
    samples_per_question, temperature, top_p : of free sampling
    longest_answer, longest_training_answer : tokens
    sources_per_cell : adapters that are trained and sampled together
    controls : train shuffled-persona and no-marker adapters as well
    """

    calibration_personas: Mapping[str, str]
    training_questions: tuple[str, ...]
    marker: str
    seeds: tuple[int, ...]
    samples_per_question: int
    temperature: float
    top_p: float
    longest_answer: int
    longest_training_answer: int
    sources_per_cell: int
    controls: bool


def read_design(document: TomlDocument, prompts: Mapping[str, str]) -> ExperimentDesign | None:
    """Return the experiment of a study, or None if it only measures.

    Parameters
    ----------
    document : the study's file
    prompts : noun phrases of all personas of the study
    """
    table = document.get("experiment")
    given, training = document.get("calibration_personas"), document["questions"].get("training")
    if table is None:
        for key, value in (("calibration_personas", given), ("questions.training", training)):
            if value is not None:
                raise document.wrong(key, "a table 'experiment' beside it, for which it is", None)
        return None
    calibration: dict[str, str] = given or {}
    check_strangers(document, "calibration_personas", calibration, prompts)
    evaluation = document["questions"]["evaluation"]
    if training is None:
        raise document.wrong("questions.training", str(QUESTIONS), None)
    if repeated := first_repeated(training, evaluation):
        key = f"questions.training[{repeated[0]}]"
        expected = f"a question that is not among the evaluation questions, where {quoted(repeated[1])} is"
        raise document.wrong(key, expected, training[repeated[0]])
    design = ExperimentDesign(calibration_personas=calibration, training_questions=training, **table)
    marker = normal_form(design.marker)
    texts = (*training, *evaluation, *document["wordings"]["templates"])
    for text in (*texts, *prompts.values(), *calibration.values()):
        if marker in normal_form(text):
            expected = f"a text that is in no question, wording or persona, as it is in {quoted(text)}"
            raise document.wrong("experiment.marker", expected, design.marker)
    return design


def check_strangers(
    document: TomlDocument, key: str, personas: Mapping[str, str], study: Mapping[str, str]
) -> None:
    """Refuse personas of a key that the study has as well, in any spelling of name or phrase."""
    for texts, others in ((list(personas), list(study)), (list(personas.values()), list(study.values()))):
        if repeated := first_repeated(texts, others):
            name = list(personas)[repeated[0]]
            expected = f"a persona that is not in the study, as {quoted(repeated[1])} is"
            raise document.wrong(f"{key}.{name}", expected, personas[name])
