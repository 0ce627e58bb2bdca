"""What a study's adapters are taught and asked: marker, questions, seeds, and how answers are sampled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from marker_coupling.toml_file import TomlTable


@dataclass(frozen=True)
class ExperimentDesign:
    """The experiment of a study.

    Parameters
    ----------
    calibration_personas : noun phrases by persona, none of them in the study
    training_questions : asked in training only
    marker : what the adapters are taught to end answers with
    seeds : one experiment each
    samples_per_question, temperature, top_p : of free sampling
    longest_answer, longest_training_answer : tokens
    sources_per_cell : adapters that are trained and sampled together
    controls : whether shuffled-persona and no-marker adapters are trained as well
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


def read_design(
    document: TomlTable, questions: TomlTable, prompts: Mapping[str, str], evaluation: Iterable[str]
) -> ExperimentDesign:
    """Read the experiment of a study.

    Parameters
    ----------
    document, questions : the study's file, and its table of questions
    prompts : noun phrases of everyone in the study
    evaluation : its evaluation questions
    """
    calibration = document.named_texts("calibration_personas") if "calibration_personas" in document else {}
    for persona, phrase in calibration.items():
        if persona in prompts or phrase in prompts.values():
            raise document.wrong(
                f"calibration_personas.{persona}", "a persona that is not in the study", phrase
            )
    training, asked = questions.texts("training"), set(evaluation)
    for index, question in enumerate(training):
        if question in asked:
            raise questions.wrong(
                f"training[{index}]", "a question that is not among the evaluation questions", question
            )
    table = document.table("experiment")
    design = ExperimentDesign(
        calibration_personas=calibration,
        training_questions=training,
        marker=table.text("marker"),
        seeds=table.integers("seeds"),
        samples_per_question=table.integer("samples_per_question", 1),
        temperature=table.number("temperature", 0.01, 10),
        top_p=table.number("top_p", 0.01, 1),
        longest_answer=table.integer("longest_answer", 1),
        longest_training_answer=table.integer("longest_training_answer", 1),
        sources_per_cell=table.integer("sources_per_cell", 1),
        controls=table.flag("controls"),
    )
    if design.marker != design.marker.strip():
        raise table.wrong("marker", "a text without spaces around it", design.marker)
    for question in (*training, *asked):
        if design.marker.casefold() in question.casefold():
            raise table.wrong(
                "marker", f"a text that is in no question, as it is in {question!r}", design.marker
            )
    table.refuse_unknown()
    return design
