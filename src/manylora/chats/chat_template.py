"""A model's chat template, rendered by transformers' own environment, but with a clock that stands still.

What is rendered depends on the chat and the template alone: not on the day, nor on what a version of
transformers does with chats beforehand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from manylora.errors import ManyLoraError, reworded

Message = Mapping[str, str]
#: The day that templates print: that of Llama 3's template where it is given no clock.
TODAY = datetime(2024, 7, 26)
#: Models that can think before they answer are asked to answer at once.
WITHOUT_THINKING = {"enable_thinking": False, "thinking": False}


@dataclass(frozen=True, eq=False)
class ChatTemplate:
    """The template of a tokenizer of transformers.

    Parameters
    ----------
    name : of the model, for messages
    tokenizer : whose template it is
    """

    name: str
    tokenizer: Any

    def expected(self, what: str) -> ManyLoraError:
        """Return the error of a template that is not as expected."""
        return ManyLoraError(f"{self.name}: expected a chat template {what}")

    def tokens(self, texts: Sequence[str]) -> list[tuple[int, ...]]:
        """Return the tokens of texts that the template has rendered, special tokens and all."""
        encoded = self.tokenizer(list(texts), add_special_tokens=False)["input_ids"]
        return [tuple(map(int, tokens)) for tokens in encoded]

    def render(
        self,
        messages: Sequence[Message],
        asks: bool,
        now: datetime = TODAY,
        variables: Mapping[str, object] = WITHOUT_THINKING,
    ) -> str:
        """Return the text of a chat.

        Parameters
        ----------
        messages : each with ``role`` and ``content``
        asks : end with the prompt to which the assistant answers
        now, variables : the template's clock, and what else it is given

        Raises
        ------
        jinja2.TemplateError
            As the template does where it does not take such a chat.
        ManyLoraError
            There is no template.
        """
        # Variables go before the environment's functions of the same name.
        text: str = self._compiled.render(
            messages=[dict(message) for message in messages],
            tools=None,
            documents=None,
            add_generation_prompt=asks,
            **{**self._special_tokens, "strftime_now": now.strftime, **variables},
        )
        return text

    @cached_property
    def _compiled(self) -> Any:
        # The library's, as templates are strangers' programs and it knows how to lock them in; what is public
        # of it takes no clock.
        from transformers.utils.chat_template_utils import _compile_jinja_template

        if not getattr(self.tokenizer, "chat_template", None):
            raise ManyLoraError(f"{self.name}: expected a tokenizer with a chat template")
        # Of several templates none may be the default; another may be no template.
        with reworded(ManyLoraError, f"{self.name}: expected a chat template"):
            text = self.tokenizer.get_chat_template()
            compiled = _compile_jinja_template(text)
            drawn = _draws(compiled.environment.parse(text))
        if drawn:
            raise self.expected("that writes the same chat the same, got one that draws at random")
        return compiled

    @cached_property
    def _special_tokens(self) -> dict[str, Any]:
        tokens = self.tokenizer.special_tokens_map.items()
        return {key: value if isinstance(value, list) else str(value) for key, value in tokens}


def _draws(template: Any) -> bool:
    """Tell if a parsed template draws anything at random."""
    from jinja2 import nodes

    filters = {node.name for node in template.find_all(nodes.Filter)}
    return "random" in filters or any(node.name == "lipsum" for node in template.find_all(nodes.Name))
