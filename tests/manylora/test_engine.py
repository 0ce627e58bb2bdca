"""The engine in a few calls: what it trains, samples, scores, saves and loads is what its parts do."""

import dataclasses

import numpy as np
import pytest
import torch
from peft import PeftModel

import manylora
from manylora.adapters.adapter_bank import attached
from manylora.models.base_model import BaseModel
from manylora.sampling.sampling import sample
from manylora.training.training import train

from .tiny_models import (
    ALL_PROJECTIONS,
    NO_SYSTEM,
    peft_model,
    random_adapter,
    save_tiny,
    tiny_loaded,
    tiny_model,
    tiny_tokenizer,
)
from .training.test_training import OPTIMIZATION, TASKS

SHAPE = manylora.AdapterShape(4, 8.0, projections=ALL_PROJECTIONS)
SAMPLING = manylora.Sampling(0.9, 0.95, 8)
CHATS = [manylora.Chat("Be a cook.", "Why?", "Because."), manylora.Chat(None, "How?")]


@pytest.fixture(scope="module")
def engine():
    return manylora.Engine(tiny_loaded(), SHAPE)


@pytest.fixture(scope="module")
def adapters(engine):
    return [random_adapter(engine.loaded, SHAPE, seed, size=0.1) for seed in range(3)]


def test_it_takes_a_directory_a_base_model_a_loaded_model_and_one_in_memory(tmp_path):
    directory = save_tiny(tmp_path / "tiny")
    loaded = tiny_loaded()
    models = [directory, str(directory), BaseModel("tiny", directory, "sha"), loaded, loaded.model]
    engines = [manylora.Engine(model, SHAPE, tokenizer=tiny_tokenizer()) for model in models]
    assert engines[0].loaded.base.name == "tiny"
    prompt = engines[0].tokenize(CHATS)[1].tokens
    answers = [engine.sample([], [CHATS[1], prompt], SAMPLING, samples=2) for engine in engines]
    assert all(answer == answers[0] for answer in answers)
    # The base model is one, with two prompts and two samples of each.
    ((chat, tokens),) = answers[0]
    assert len(chat) == len(tokens) == 2
    assert engines[0].decode(chat[0].tokens) == engines[3].decode(chat[0].tokens)


def test_it_trains_what_its_parts_train_and_says_how_far_it_is(engine):
    said, losses = [], []
    reporting = manylora.Engine(engine.loaded, SHAPE, progress=lambda *args: said.append(args))
    trained = reporting.train(TASKS, OPTIMIZATION, on_losses=lambda *args: losses.append(args))
    for found, expected in zip(trained, train(engine.loaded, SHAPE, OPTIMIZATION, TASKS), strict=True):
        assert (found.losses == expected.losses).all()
        assert all(torch.equal(found.weights.up[name], up) for name, up in expected.weights.up.items())
    assert [step for step, _ in losses] == list(range(1, 10))
    np.testing.assert_array_equal([each for _, each in losses], np.transpose([one.losses for one in trained]))
    assert said == [("training adapters", step, 9) for step in range(1, 10)]


def test_a_task_without_a_rate_learns_at_the_optimizations(engine):
    with_rates = [dataclasses.replace(task, learning_rate=2e-3) for task in TASKS]
    without = [manylora.TrainingTask(task.examples, seed=task.seed) for task in TASKS]
    optimization = dataclasses.replace(OPTIMIZATION, learning_rate=2e-3)
    for found, expected in zip(
        engine.train(without, optimization), engine.train(with_rates, OPTIMIZATION), strict=True
    ):
        assert (found.losses == expected.losses).all()


def test_each_adapter_continues_each_prompt_by_random_numbers_of_its_own(engine, adapters):
    prompts = [(5, 6, 7), [50, 51]]
    found = engine.sample(adapters, prompts, SAMPLING, samples=3, seed="a")
    assert [[len(completions) for completions in own] for own in found] == [[3, 3]] * 3
    assert engine.sample(adapters, prompts, SAMPLING, samples=3, seed="a") == found
    assert engine.sample(adapters, prompts, SAMPLING, samples=3, seed="b") != found
    twins = engine.sample([adapters[0]] * 2, prompts, SAMPLING, samples=3)
    assert twins[0] != twins[1]


def test_requests_are_each_adapters_own(engine, adapters):
    requests = [[manylora.Request((5 + k, 6), 2, f"seed {k}")] for k in range(3)]
    found = engine.sample_requests(adapters, requests, SAMPLING)
    for own, weights, request in zip(found, adapters, requests, strict=True):
        with attached(engine.loaded, SHAPE, 1) as bank:
            bank.put(0, weights)
            assert [own] == sample(engine.loaded, [request], SAMPLING)


def test_log_probabilities_are_those_of_peft_models(engine, adapters):
    examples = [engine.tokenize(CHATS)[0], manylora.TokenizedChat((5, 6, 7, 8, 9), 2)]
    found = engine.log_probabilities(adapters, examples)
    alone = [*(peft_model(engine.loaded, SHAPE, weights) for weights in adapters), engine.loaded.model]
    (of_base,) = engine.log_probabilities([], examples)
    for model, scores in zip(alone, [*found, of_base], strict=True):
        for example, logs in zip(examples, scores, strict=True):
            with torch.inference_mode():
                each = model(torch.tensor([example.tokens])).logits[0].double().log_softmax(-1)
            positions = range(example.prompt_length, len(example.tokens))
            expected = [float(each[position - 1, example.tokens[position]]) for position in positions]
            assert logs == pytest.approx(expected, abs=1e-5)


def test_what_it_saves_peft_and_it_load(engine, adapters, tmp_path):
    engine.save(tmp_path / "adapter", adapters[0])
    again = engine.load(tmp_path / "adapter")
    assert all(torch.equal(again.down[name], down) for name, down in adapters[0].down.items())
    theirs = PeftModel.from_pretrained(tiny_model("llama"), tmp_path / "adapter").eval()
    ids = torch.tensor([[5, 6, 7]])
    expected = peft_model(engine.loaded, SHAPE, adapters[0])(ids).logits
    torch.testing.assert_close(theirs(ids).logits, expected)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"rank": 2}, r"expected rank and scaling \(4, 2.0\), got \(2, 4.0\)"),
        ({"rank_stabilised": True}, r"expected rank and scaling \(4, 2.0\), got \(4, 4.0\)"),
        (
            {"projections": ("q_proj", "v_proj")},
            "expected adapters of the same modules, not so model.layers.0",
        ),
    ],
)
def test_adapters_of_another_shape_are_refused(engine, tmp_path, changed, expected):
    other = manylora.Engine(engine.loaded, dataclasses.replace(SHAPE, **changed))
    other.save(tmp_path, random_adapter(other.loaded, other.shape, 0))
    with pytest.raises(manylora.AdapterFileError, match=expected):
        engine.load(tmp_path)


def test_a_model_in_memory_leaves_no_fingerprint_with_its_adapters(adapters, tmp_path):
    in_memory = manylora.Engine(tiny_model("llama"), SHAPE)
    in_memory.save(tmp_path, adapters[0])
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "adapter_config.json",
        "adapter_model.safetensors",
    ]
    in_memory.load(tmp_path)


def test_token_ids_need_neither_a_chat_template_nor_a_tokenizer(adapters):
    without_system = tiny_loaded(template=NO_SYSTEM)
    for engine in (manylora.Engine(without_system, SHAPE), manylora.Engine(tiny_model("llama"), SHAPE)):
        assert engine.sample(adapters, [(5, 6, 7)], SAMPLING)
        engine.log_probabilities(adapters, [manylora.TokenizedChat((5, 6, 7, 8), 2)])
        with pytest.raises(manylora.BaseModelError, match=r"expected a (tokenizer with a )?chat template"):
            engine.tokenize(CHATS)
    with pytest.raises(manylora.ManyLoraError, match="expected a tokenizer to write texts with"):
        engine.decode((5, 6))


@pytest.mark.parametrize(
    ("tokens", "prompt_length", "expected"),
    [
        ((5, 6, 7), 0, "prompt_length: expected 1 to 2 of 3, got 0"),
        ((5, 6, 7), 3, "prompt_length: expected 1 to 2 of 3, got 3"),
        ((5, 100, 7), 1, "tokens: expected 0 to 99, got 100"),
        ((5, -1, 7), 1, "tokens: expected 0 to 99, got -1"),
    ],
)
def test_token_ids_that_are_no_example_are_one_clear_error(engine, adapters, tokens, prompt_length, expected):
    example = manylora.TokenizedChat(tokens, prompt_length)
    with pytest.raises(manylora.ManyLoraError, match=expected):
        engine.log_probabilities(adapters, [example])
    with pytest.raises(manylora.ManyLoraError, match=expected):
        engine.train([manylora.TrainingTask([example])], OPTIMIZATION)


def test_a_chat_with_an_answer_is_no_prompt(engine, adapters):
    with pytest.raises(manylora.ManyLoraError, match=r"expected chats without an answer, got 'Because.'"):
        engine.sample(adapters, CHATS, SAMPLING)


def test_a_share_of_memory_is_the_models_until_another_is_given(engine):
    shared = manylora.Engine(engine.loaded, SHAPE, memory_share=0.5)
    assert (engine.loaded.memory_share, shared.loaded.memory_share) == (1.0, 0.5)
    assert manylora.Engine(shared.loaded, SHAPE).loaded.memory_share == 0.5


@pytest.mark.parametrize(
    ("model", "how", "expected"),
    [
        (torch.nn.Linear(1, 1), {}, "expected a directory or a model of transformers, got Linear"),
        (tiny_model("llama").half(), {}, "expected weights in float32 or bfloat16, got float16"),
        (
            tiny_model("llama"),
            {"memory_share": 0},
            "memory_share: expected a share above 0 and up to 1, got 0",
        ),
        (
            tiny_model("llama"),
            {"shape": manylora.AdapterShape(2, 2.0, projections=("c_attn",))},
            "has no c_attn",
        ),
    ],
)
def test_what_it_cannot_work_with_is_one_clear_error(model, how, expected):
    with pytest.raises((manylora.BaseModelError, manylora.ManyLoraError), match=expected):
        manylora.Engine(model, **{"shape": SHAPE, **how})
