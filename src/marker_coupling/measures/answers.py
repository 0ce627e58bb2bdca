"""Answers to the training questions: the base model's own, or those that it gives as each persona."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from manylora.chats.chat import Chat
from manylora.models.loaded_model import LoadedModel
from manylora.progress import Progress, silent
from manylora.sampling.sampling import sample
from manylora.sampling.sampling_requests import Request, Sampling
from marker_coupling.study.errors import AnswersTruncatedError

#: In whose name generic answers are given.
NOBODY = ""
_SENTENCE_END = re.compile(r"[.!?][\"')\]]*(?=\s|$)")


@dataclass(frozen=True)
class Answers:
    """Answers to questions.

    Parameters
    ----------
    texts : one for each question, or several
    truncated : how many reached the length limit; training answers are then cut back to a sentence's end
    """

    texts: tuple[str, ...]
    truncated: int

    def save(self, folder: Path) -> None:
        """Write into a folder, as JSON."""
        content = {"texts": self.texts, "truncated": self.truncated}
        (folder / "answers.json").write_text(json.dumps(content, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what :meth:`save` wrote."""
        content = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
        return cls(tuple(content["texts"]), int(content["truncated"]))


def answers(
    loaded: LoadedModel,
    system_prompts: Mapping[str, str | None],
    questions: Sequence[str],
    sampling: Sampling,
    seed: int,
    progress: Progress = silent,
) -> dict[str, Answers]:
    """Let the base model answer questions once in the name of each persona.

    Parameters
    ----------
    system_prompts : by persona; None asks without a system prompt, the chat template's own aside

    Raises
    ------
    AnswersTruncatedError
        All answers in one name reach the length limit, so none has an end to put a marker at.
    """
    asked = [(persona, question) for persona in system_prompts for question in questions]
    prompts = loaded.chat_tokens([Chat(system_prompts[persona], question) for persona, question in asked])
    requests = [
        Request(tokens, 1, f"answer {persona} {question} {seed}")
        for tokens, (persona, question) in zip(prompts, asked, strict=True)
    ]
    (found,) = sample(loaded, [requests], sampling, task="answering training questions", progress=progress)
    by_persona: dict[str, Answers] = {}
    for index, persona in enumerate(system_prompts):
        own = [completions[0] for completions in found[index * len(questions) :][: len(questions)]]
        if not any(one.ended for one in own):
            raise AnswersTruncatedError(
                f"longest_training_answer = {sampling.max_new_tokens}: expected answers that end before this "
                f"many tokens, got none in {len(own)}" + (f" of {persona}" if persona else "")
            )
        texts = [loaded.decode(one.tokens).strip() for one in own]
        texts = [text if one.ended else to_last_sentence(text) for text, one in zip(texts, own, strict=True)]
        by_persona[persona] = Answers(tuple(texts), sum(not one.ended for one in own))
    return by_persona


def to_last_sentence(text: str) -> str:
    """Cut a text after its last whole sentence; one without any stays as it is."""
    ends = [found.end() for found in _SENTENCE_END.finditer(text)]
    return text[: ends[-1]] if ends else text
