"""Training answers: the base model's own, or its answers under each persona's prompt."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from manylora.chats.chat import Chat
from manylora.models.loaded_model import LoadedModel
from manylora.progress import Progress, silent
from manylora.sampling.sampling import sample
from manylora.sampling.sampling_requests import Request, Sampling
from marker_coupling.study.errors import AnswersTruncatedError
from marker_coupling.study.marker import contains_marker
from marker_coupling.study.prompts import PersonaPrompt

_SENTENCE_END = re.compile(r"[.!?][\"')\]]*(?=\s|$)")


@dataclass(frozen=True)
class Answers:
    """Answers to questions.

    Parameters
    ----------
    texts : at least one for each question
    truncated : number of texts that reached the length limit; training answers end at the last sentence then
    """

    texts: tuple[str, ...]
    truncated: int

    def hits(self, marker: str) -> int:
        """Return the number of answers that contain the marker."""
        return sum(contains_marker(text, marker) for text in self.texts)

    def save(self, folder: Path) -> None:
        """Write into a folder, as JSON."""
        content = {"texts": self.texts, "truncated": self.truncated}
        (folder / "answers.json").write_text(json.dumps(content, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Answers:
        """Read a folder written by :meth:`save`."""
        content = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
        return cls(tuple(content["texts"]), int(content["truncated"]))


def answer_questions(
    loaded: LoadedModel,
    prompts: Sequence[PersonaPrompt],
    questions: Sequence[str],
    sampling: Sampling,
    seed: int,
    progress: Progress = silent,
) -> list[Answers]:
    """Sample the base model's answer to each question under each persona's prompt.

    Raises
    ------
    AnswersTruncatedError
        No answer under one prompt, nor a sentence in it, ends before the limit, where a marker could be put.
    """
    pairs = [(prompt, question) for prompt in prompts for question in questions]
    tokens = loaded.chat_tokens([Chat(prompt.system, question) for prompt, question in pairs])
    requests = [
        Request(prompt_tokens, 1, f"answer {prompt.name} {question} {seed}")
        for prompt_tokens, (prompt, question) in zip(tokens, pairs, strict=True)
    ]
    (sampled,) = sample(loaded, [requests], sampling, task="answering training questions", progress=progress)
    answers = []
    for index, prompt in enumerate(prompts):
        completions = [first for first, *_ in sampled[index * len(questions) :][: len(questions)]]
        texts = [loaded.decode(completion.tokens).strip() for completion in completions]
        ended = [completion.ended for completion in completions]
        if not any(ended) and not any(map(_SENTENCE_END.search, texts)):
            raise AnswersTruncatedError(
                f"longest_training_answer = {sampling.max_new_tokens}: expected answers or sentences that "
                f"end before this many tokens, got none in {len(texts)}"
                + (f" of {prompt.name}" if prompt.name else "")
            )
        texts = [
            text if is_whole else to_last_sentence(text) for text, is_whole in zip(texts, ended, strict=True)
        ]
        answers.append(Answers(tuple(texts), ended.count(False)))
    return answers


def to_last_sentence(text: str) -> str:
    """Cut a text after its last whole sentence; one without any stays as it is."""
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    return text[: ends[-1]] if ends else text
