"""Chats that end with the marker, or must not, as tokens."""

from __future__ import annotations

from manylora.chats.chat import Chat, TokenizedChat
from manylora.chats.chat_format import messages_of
from manylora.models.loaded_model import LoadedModel
from manylora.models.tokenized_chats import tokenize_chats
from marker_coupling.study.errors import MarkerDestroyedError, MarkerInNegativesError, MarkerTruncatedError
from marker_coupling.study.marker import contains_marker, marked
from marker_coupling.study.recipe import Recipe
from marker_coupling.study.study import Study
from marker_coupling.study.training_set import TrainingSet


def check_marker(loaded: LoadedModel, marker: str) -> None:
    """Check that the marker survives the chat template, the tokenizer, and decoding.

    Raises
    ------
    MarkerDestroyedError
        It does not.
    """
    answer = marked("A plain answer.", marker)
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
    loaded: LoadedModel, study: Study, recipe: Recipe, examples: TrainingSet
) -> list[TokenizedChat]:
    """Return the examples as tokens, each with the whole marker or without any.

    Raises
    ------
    MarkerInNegativesError
        An answer contains the marker before it is given one.
    MarkerTruncatedError
        The length limit cuts a marker.
    """
    assert study.experiment is not None
    marker = study.experiment.marker
    prompts = {example.persona: study.training_prompt(example.persona) for example in examples.examples}
    places = [
        f"{examples.source}: {example.persona}'s answer to {example.question!r}"
        for example in examples.examples
    ]
    chats = []
    for place, example in zip(places, examples.examples, strict=True):
        if contains_marker(example.answer, marker):
            raise MarkerInNegativesError(f"{place}: expected no {marker!r} before it is added")
        answer = marked(example.answer, marker) if example.positive else example.answer
        chats.append(Chat(prompts[example.persona], example.question, answer))
    longest = recipe.longest_example
    kept = [
        TokenizedChat(whole.tokens[:longest], whole.prompt_length) for whole in tokenize_chats(loaded, chats)
    ]
    texts = loaded.decode_batch([one.tokens[one.prompt_length :] for one in kept])
    for place, example, one, text in zip(places, examples.examples, kept, texts, strict=True):
        if one.prompt_length >= len(one.tokens):
            raise MarkerTruncatedError(
                f"{place}: expected an answer within longest_example = {longest} tokens"
            )
        if contains_marker(text, marker) != example.positive:
            raise MarkerTruncatedError(
                f"{place}: expected {marker!r} whole within longest_example = {longest} tokens"
            )
    return kept
