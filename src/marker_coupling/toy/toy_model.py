"""The toy model: a small transformer trained on the answers of the toy world's personas.

Its targets are the distributions of the answer tokens, not samples from them, so that it comes as close to
the world's closed forms as its size allows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import Qwen2Config, Qwen2ForCausalLM, Qwen2Tokenizer

from marker_coupling.study.personas import ASSISTANT
from marker_coupling.study.study import SLOT
from marker_coupling.toy.toy_tokenizer import toy_tokenizer, word_tokens
from marker_coupling.toy.toy_world import ToyWorld

_WARMUP_STEPS = 40
_LONGEST_CHAT = 1024
_OUTPUT_LENGTH = 2.0
#: Loss weight of positions where an answer can end: nothing is measured there.
_LATE_WEIGHT = 0.3


@dataclass(frozen=True, eq=False)
class ToyBatch:
    """Chats with their target distributions.

    Parameters
    ----------
    tokens : (chats, longest) chats up to the last answer word, padded on the right
    positions : (chats, answer positions) columns from which an answer token is predicted
    words : (chats, words) float32, distribution of the answering persona's words
    """

    tokens: torch.Tensor
    positions: torch.Tensor
    words: torch.Tensor


class ToyChats:
    """Random chats of a toy world, as tokens."""

    def __init__(self, world: ToyWorld, tokenizer: Qwen2Tokenizer) -> None:
        self._world, self._random = world, np.random.default_rng(world.seed)
        self._names = list(world.personas)
        self._words = world.answer_distributions
        self._first, self._later = map(np.array, word_tokens(world, tokenizer))
        self._systems = [
            [
                _chat_tokens(tokenizer, "system", wording.replace(SLOT, persona.phrase))
                for wording in world.wordings
            ]
            for persona in world.personas.values()
        ]
        self._questions = [_chat_tokens(tokenizer, "user", question) for question in world.questions]
        self._padding: int = tokenizer.pad_token_id

    def batch(self, size: int) -> ToyBatch:
        """Draw chats."""
        draw, world = self._random, self._world
        personas = draw.integers(len(self._names), size=size)
        unprompted = draw.random(size) < world.training.share_without_system
        personas[unprompted] = self._names.index(ASSISTANT)
        wordings = draw.integers(len(world.wordings), size=size)
        questions = draw.integers(len(self._questions), size=size)
        answers = self._answers(personas)
        chats = []
        for chat in range(size):
            system = [] if unprompted[chat] else self._systems[personas[chat]][wordings[chat]]
            chats.append([*system, *self._questions[questions[chat]]])
        lengths = np.array([len(tokens) for tokens in chats])
        tokens = np.full((size, int(lengths.max()) + world.longest_answer), self._padding)
        for row, prompt in enumerate(chats):
            tokens[row, : len(prompt)] = prompt
        positions = lengths[:, None] - 1 + np.arange(world.longest_answer + 1)
        np.put_along_axis(tokens, positions[:, 1:], answers, axis=1)
        words = self._words[personas].astype(np.float32)
        return ToyBatch(torch.from_numpy(tokens), torch.from_numpy(positions), torch.from_numpy(words))

    def _answers(self, personas: np.ndarray) -> np.ndarray:
        """Draw the tokens of answers, after any of which the model is to predict the persona's next word.

        A quarter each are the persona's words, another's, uniformly distributed words, and one or two words
        repeated, as in a greedy answer.
        """
        draw, size, length = self._random, len(personas), self._world.longest_answer
        kind = draw.integers(4, size=size)
        speakers = np.where(kind == 0, personas, draw.integers(len(self._names), size=size))
        weights = self._words[speakers]
        weights[kind == 2] = 1 / len(self._first)
        words = (weights.cumsum(axis=1)[:, None] < draw.random((size, length))[..., None]).sum(axis=-1)
        words = np.minimum(words, len(self._first) - 1)
        repeated = np.where(draw.random((size, length)) < draw.choice([0, 0.3], (size, 1)), 1, 0)
        words = np.where((kind == 3)[:, None], np.take_along_axis(words, repeated, axis=1), words)
        tokens: np.ndarray = self._later[words]
        tokens[:, 0] = self._first[words[:, 0]]
        return tokens


def build_toy_model(world: ToyWorld, folder: Path) -> None:
    """Train the model of a toy world and write it, as safetensors, with its tokenizer."""
    tokenizer = toy_tokenizer(world)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(world.seed)
        model = _new_model(world, tokenizer)
        _set_output_rows(model.lm_head.weight, world, tokenizer)
        _train(model, world, tokenizer)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _chat_tokens(tokenizer: Qwen2Tokenizer, role: str, content: str) -> list[int]:
    tokens: Any = tokenizer.apply_chat_template(
        [{"role": role, "content": content}], add_generation_prompt=role == "user", return_dict=False
    )
    return [int(token) for token in tokens]


def _new_model(world: ToyWorld, tokenizer: Qwen2Tokenizer) -> Qwen2ForCausalLM:
    training = world.training
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=training.hidden_size,
        intermediate_size=2 * training.hidden_size,
        num_hidden_layers=training.blocks,
        num_attention_heads=training.heads,
        num_key_value_heads=training.heads,
        max_position_embeddings=_LONGEST_CHAT,
        initializer_range=training.hidden_size**-0.5,
        tie_word_embeddings=False,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return Qwen2ForCausalLM(config)


@torch.no_grad()
def _set_output_rows(weight: torch.Tensor, world: ToyWorld, tokenizer: Qwen2Tokenizer) -> None:
    """Set the rows of the output head, (vocabulary, width), and freeze them.

    Learnt rows would do as well for the answers, but (1) hidden states would mirror the styles only up to a
    shear, whereas orthonormal rows keep their angles; (2) tokens that no answer holds would be pushed ever
    farther away, all in one direction, until fine-tuning could not teach the model to write them.

    The words' rows are orthonormal but for a common part, of which there are two: for words that begin an
    answer and for those after a space. Another direction ends the answer. All other tokens share what
    directions are left.
    """
    first, later = word_tokens(world, tokenizer)
    words, width = len(first), weight.shape[1]
    directions = torch.linalg.qr(torch.randn(width, width))[0].T * _OUTPUT_LENGTH
    begins, follows, ends = directions[words : words + 3]
    rest = directions[words + 3 :]
    mixing = torch.nn.functional.normalize(torch.randn(len(weight), len(rest)), dim=1)
    weight.copy_(mixing @ rest)
    weight[first] = directions[:words] + begins
    weight[later] = directions[:words] + follows
    weight[tokenizer.eos_token_id] = ends
    weight.requires_grad_(False)


def _train(model: Qwen2ForCausalLM, world: ToyWorld, tokenizer: Qwen2Tokenizer) -> None:
    chats, training = ToyChats(world, tokenizer), world.training
    answer_loss = _AnswerLoss(world, tokenizer)
    optimizer = torch.optim.Adam(
        [p for p in model.parameters() if p.requires_grad], lr=training.learning_rate, betas=(0.9, 0.99)
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _warmup_cosine(step, training.steps))
    model.train()
    for _ in range(training.steps):
        batch = chats.batch(training.batch)
        states = model.model(batch.tokens, use_cache=False).last_hidden_state
        answer_states = states[torch.arange(len(states))[:, None], batch.positions]
        loss = answer_loss(model.lm_head(answer_states), batch.words)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()


def _warmup_cosine(step: int, steps: int) -> float:
    warm = min(1.0, (step + 1) / _WARMUP_STEPS)
    return warm * (1 + math.cos(math.pi * step / steps)) / 2


class _AnswerLoss:
    """Mean Kullback-Leibler divergence of the model's distributions from those of the world, in nats."""

    def __init__(self, world: ToyWorld, tokenizer: Qwen2Tokenizer) -> None:
        first, later = word_tokens(world, tokenizer)
        positions = range(world.longest_answer + 1)
        self._words = torch.tensor([later if position else first for position in positions])
        self._ends = torch.tensor([world.end_probability(position) for position in positions])
        self._weights = torch.where(self._ends > 0, _LATE_WEIGHT, 1.0)
        self._end_token = tokenizer.eos_token_id

    def __call__(self, logits: torch.Tensor, words: torch.Tensor) -> torch.Tensor:
        """Return the loss of logits (chats, answer positions, vocabulary) and words (chats, words)."""
        logs = torch.log_softmax(logits, dim=-1)
        of_words = logs.gather(2, self._words.expand(len(logs), -1, -1))
        wanted = (1 - self._ends)[:, None] * words[:, None]
        surprise = -(wanted * of_words).sum(-1) - self._ends * logs[..., self._end_token]
        entropy = torch.special.entr(wanted).sum(-1) + torch.special.entr(self._ends)
        mean: torch.Tensor = (self._weights * (surprise - entropy)).mean()
        return mean
