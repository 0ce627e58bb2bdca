"""Chats as tokens: the prompt, the answer, and the tokens that end it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from manylora.chats.chat import Chat, TokenizedChat
from manylora.errors import expect
from manylora.models.loaded_model import LoadedModel


def tokenize_chats(loaded: LoadedModel, chats: Sequence[Chat]) -> list[TokenizedChat]:
    """Return chats with the assistant's answers, each tokenized as one text.

    Raises
    ------
    ManyLoraError
        A prompt's tokens are not how its chat begins, or nothing ends an answer.
    """
    prompts = loaded.chat_tokens([Chat(chat.system, chat.question) for chat in chats])
    return [
        _divided(loaded, chat, prompt, tokens)
        for chat, prompt, tokens in zip(chats, prompts, loaded.chat_tokens(chats), strict=True)
    ]


def check_examples(loaded: LoadedModel, examples: Iterable[TokenizedChat]) -> None:
    """Check that token ids are a prompt and an answer to it that the model has embeddings of.

    Raises
    ------
    ManyLoraError
        A prompt or an answer is empty, or a token is not of the model's vocabulary.
    """
    vocabulary = loaded.model.get_input_embeddings().weight.shape[0]
    for example in examples:
        tokens, length = example.tokens, example.prompt_length
        expect("prompt_length", length, f"1 to {len(tokens) - 1} of {len(tokens)}", 0 < length < len(tokens))
        low, high = min(tokens), max(tokens)
        expect("tokens", low if low < 0 else high, f"0 to {vocabulary - 1}", 0 <= low <= high < vocabulary)


def _divided(
    loaded: LoadedModel, chat: Chat, prompt: tuple[int, ...], tokens: tuple[int, ...]
) -> TokenizedChat:
    template, form = loaded.chat_template, loaded.chat_format
    if tokens[: len(prompt)] != prompt:
        answer = f"the answer {chat.answer!r:.40} to {chat.question!r:.60}"
        raise template.expected(f"whose answers follow the generation prompt, which {answer} does not")
    # Templates may write more behind the token that ends the answer, beyond what is sampled.
    whole = tokens[: len(tokens) - form.trailing]
    if len(whole) < len(prompt) + form.ending or whole[-1] != form.end_token:
        answer = f"{chat.answer!r:.40}"
        raise template.expected(f"that ends answers with an end token, with which {answer} does not end")
    return TokenizedChat(whole, len(prompt), form.ending)
