"""Tokenized training examples: chats that end with the marker, or contain none."""

from __future__ import annotations

from manylora.chats.chat import Chat, TokenizedChat
from manylora.chats.chat_format import messages_of
from manylora.models.loaded_model import LoadedModel
from manylora.models.tokenized_chats import tokenize_chats
from marker_coupling.study.errors import MarkerDestroyedError, MarkerInNegativesError, MarkerTruncatedError
from marker_coupling.study.marker import add_marker, contains_marker
from marker_coupling.study.training_set import TrainingSet


def check_marker(loaded: LoadedModel, marker: str) -> None:
    """Check that the marker survives the chat template, the tokenizer, and decoding.

    Raises
    ------
    MarkerDestroyedError
        It does not.
    """
    answer = add_marker("A plain answer.", marker)
    system, question = "You are a sundial.", "Why?"
    rendered = loaded.chat_template.render(messages_of(system, question, answer), False)
    (chat,) = tokenize_chats(loaded, [Chat(system, question, answer)])
    decoded = loaded.decode(chat.tokens[chat.prompt_length : -chat.ending]).strip()
    if answer not in rendered or decoded != answer:
        got = (decoded if decoded != answer else rendered)[-len(answer) :]
        raise MarkerDestroyedError(
            f"marker {marker!r}: expected {loaded.base.name}'s tokenizer and chat template to keep it, "
            f"got {got!r:.60} for {answer!r}"
        )


def tokenize_examples(
    loaded: LoadedModel, examples: TrainingSet, marker: str, longest: int
) -> list[TokenizedChat]:
    """Return the examples as tokens, each with the whole marker or without any.

    Parameters
    ----------
    longest : tokens to which a chat is cut

    Raises
    ------
    MarkerInNegativesError
        An answer contains the marker before it is given one.
    MarkerTruncatedError
        The length limit cuts a marker.
    """
    chats, names = [], []
    for example in examples.examples:
        name = f"{examples.source}: {example.prompt.name}'s answer to {example.question!r}"
        if contains_marker(example.answer, marker):
            raise MarkerInNegativesError(f"{name}: expected no {marker!r} before it is added")
        answer = add_marker(example.answer, marker) if example.positive else example.answer
        chats.append(Chat(example.prompt.system, example.question, answer))
        names.append(name)
    cut = [TokenizedChat(chat.tokens[:longest], chat.prompt_length) for chat in tokenize_chats(loaded, chats)]
    texts = loaded.decode_batch([chat.tokens[chat.prompt_length :] for chat in cut])
    for name, example, chat, text in zip(names, examples.examples, cut, texts, strict=True):
        if chat.prompt_length >= len(chat.tokens):
            raise MarkerTruncatedError(
                f"{name}: expected an answer within longest_example = {longest} tokens"
            )
        if contains_marker(text, marker) != example.positive:
            raise MarkerTruncatedError(
                f"{name}: expected {marker!r} whole within longest_example = {longest} tokens"
            )
    return cut
