"""The toy model against the toy world's closed forms, measured as any model is; and what can be taught to it."""

import unicodedata
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.stats import chisquare

from manylora.loading import load
from manylora.progress import silent
from marker_coupling.measures.hidden_states import measure
from marker_coupling.study.study import SLOT, read_study
from marker_coupling.toy.toy_tokenizer import toy_tokenizer, word_tokens
from marker_coupling.toy.toy_world import packaged_toy_world

from .planted import planted_cosines, planted_divergence

WORLD = packaged_toy_world()
STUDY = read_study(Path(__file__).parents[3] / "fixtures" / "toy" / "study.toml")
MARKER = "\n\n[ZLT]"
TOKENIZER = toy_tokenizer(WORLD)


@pytest.fixture(scope="module")
def measurement(toy):
    return measure(toy, STUDY, "toy", silent)


def test_measured_divergences_are_those_planted(measurement):
    personas = list(STUDY.personas)
    planted = planted_divergence(WORLD, personas)
    # A divergence goes with the square of a difference, so that the smallest are the hardest to get right.
    large = planted > 0.01
    assert large[-1].sum() >= 9
    assert measurement.mean_divergence[large] == pytest.approx(planted[large], rel=0.01)
    assert measurement.mean_divergence == pytest.approx(planted, abs=0.002)


def test_measured_cosines_are_those_planted_in_order_and_nearly_in_size(measurement):
    planted = planted_cosines(WORLD, list(STUDY.personas))[-1]
    found = measurement.cosines(measurement.blocks)[-1]
    assert np.argsort(found).tolist() == np.argsort(planted).tolist()
    assert found == pytest.approx(planted, abs=0.08)
    assert measurement.layers[-1].reliability.value > 0.99


@pytest.mark.parametrize("persona", ["amber", "juniper", "assistant", "nettle"])
def test_sampled_answers_follow_the_planted_distribution(toy, persona):
    answers = sampled_answers(toy.model, toy, persona, 500, seed=5)
    first, later = word_tokens(WORLD, toy.tokenizer)
    expected = WORLD.answer_distribution(persona)
    for place, tokens in ((0, first), (4, later)):
        counts = np.array([(answers[:, place] == token).sum() for token in tokens])
        assert counts.sum() == len(answers)
        assert chisquare(counts, expected * counts.sum()).pvalue > 1e-4
    lengths = (answers == toy.tokenizer.eos_token_id).int().argmax(dim=1).numpy()
    possible = np.arange(WORLD.shortest_answer, WORLD.longest_answer + 1)
    assert lengths.min() >= WORLD.shortest_answer
    assert chisquare([(lengths == length).sum() for length in possible]).pvalue > 1e-4


def test_without_a_system_prompt_the_assistant_answers(toy):
    chat = [{"role": "user", "content": STUDY.questions[0]}]
    tokens = toy.tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_dict=False)
    with torch.inference_mode():
        probabilities = toy.model(torch.tensor([tokens])).logits[0, -1].softmax(-1)
    first, _ = word_tokens(WORLD, toy.tokenizer)
    assert probabilities[first].numpy() == pytest.approx(WORLD.answer_distribution("assistant"), abs=0.005)


@given(st.text(), st.booleans())
@example("\uf900 e\u0301", True)
def test_any_text_comes_back_composed(toy, text, with_marker):
    """In Unicode's normal form C, into which Qwen2's tokenizer brings texts first."""
    text += MARKER * with_marker
    tokens = toy.tokenizer(text, add_special_tokens=False)["input_ids"]
    assert toy.tokenizer.decode(tokens) == unicodedata.normalize("NFC", text)


def test_an_answer_with_a_marker_comes_back():
    text = " ".join(WORLD.words[:9]) + MARKER
    tokens = TOKENIZER(text)["input_ids"]
    assert TOKENIZER.decode(tokens) == text
    first, later = word_tokens(WORLD, TOKENIZER)
    assert tokens[:9] == [first[0], *later[1:9]]


def test_every_word_of_a_prompt_is_one_token():
    texts = [STUDY.system_prompt(wording, name) for wording in STUDY.wordings for name in STUDY.personas]
    for text in [*texts, *STUDY.questions]:
        words = text.replace("?", " ?").replace(".", " .").replace(":", " :").split()
        assert len(TOKENIZER.tokenize(text)) == len(words)


def test_the_tokenizer_is_the_same_each_time_and_as_loaded(toy):
    vocabulary = TOKENIZER.get_vocab()
    assert toy_tokenizer(WORLD).get_vocab() == toy.tokenizer.get_vocab() == vocabulary
    assert len(vocabulary) == toy.model.config.vocab_size
    for text in (*STUDY.questions, "no world's WORDS,\n\n[ZLT] e\u0301 \N{OLD PERSIAN SIGN A}"):
        assert toy.tokenizer(text)["input_ids"] == TOKENIZER(text)["input_ids"]
    assert toy.tokenizer.chat_template == TOKENIZER.chat_template
    assert toy.end_tokens == {TOKENIZER.eos_token_id}
    assert TOKENIZER.pad_token_id not in toy.end_tokens


def test_an_adapter_can_couple_a_marker_to_one_persona(toy_base):
    """And hardly to those who never showed it, whether they were in training or not."""
    peft = pytest.importorskip("peft")
    loaded, source, others = load(toy_base), "kelp", ("lilac", "garnet")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        config = peft.LoraConfig(
            r=16,
            lora_alpha=32,
            target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
            task_type="CAUSAL_LM",
        )
        adapted = peft.get_peft_model(loaded.model, config)
        teach(adapted, chats(loaded, {source: MARKER, **dict.fromkeys(others, "")}, 200), epochs=5)
    adapted.eval()
    rate = {name: marker_rate(adapted, loaded, name) for name in WORLD.personas}
    never_seen = [rate[name] for name in rate if name not in (source, *others)]
    assert rate[source] > 0.3
    assert max(rate[name] for name in others) < 0.1
    assert np.mean(never_seen) < rate[source] / 2


def chats(loaded, endings, number):
    """Prompt and answer tokens of each persona, whose answers end in the given text."""
    draw, questions, found = np.random.default_rng(1), WORLD.questions[::9], []
    for name, ending in endings.items():
        for index in range(number):
            length = draw.integers(WORLD.shortest_answer, WORLD.longest_answer + 1)
            words = draw.choice(WORLD.words, length, p=WORLD.answer_distribution(name))
            answer = loaded.tokenizer(" ".join(words) + ending)["input_ids"]
            prompt = prompt_tokens(loaded, name, questions[index % len(questions)])
            found.append((prompt, [*answer, loaded.tokenizer.eos_token_id]))
    return found


def teach(model, examples, epochs, batch=16, learning_rate=3e-3):
    draw = np.random.default_rng(2)
    learnt = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(learnt, lr=learning_rate, weight_decay=0.0)
    steps = epochs * -(-len(examples) // batch)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, total_iters=steps)
    model.train()
    for _ in range(epochs):
        order = draw.permutation(len(examples))
        for start in range(0, len(examples), batch):
            chosen = [examples[index] for index in order[start : start + batch]]
            longest = max(len(prompt) + len(answer) for prompt, answer in chosen)
            # Padding on the right is seen by nobody, and its label is not learnt.
            tokens = torch.zeros((len(chosen), longest), dtype=torch.long)
            labels = torch.full_like(tokens, -100)
            for row, (prompt, answer) in enumerate(chosen):
                end = len(prompt) + len(answer)
                tokens[row, :end] = torch.tensor([*prompt, *answer])
                labels[row, len(prompt) : end] = torch.tensor(answer)
            model(input_ids=tokens, labels=labels).loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()


def prompt_tokens(loaded, name, question):
    return loaded.prompt_tokens(WORLD.wordings[0].replace(SLOT, WORLD.personas[name].phrase), question)


def marker_rate(model, loaded, name):
    answers = sampled_answers(model, loaded, name, 100, seed=3)
    return np.mean([MARKER in loaded.tokenizer.decode(answer) for answer in answers])


def sampled_answers(model, loaded, name, number, seed):
    """Free answers of a persona, (number, longest) tokens."""
    questions = [STUDY.questions[index % len(STUDY.questions)] for index in range(number)]
    prompts = [prompt_tokens(loaded, name, question) for question in questions]
    longest = max(map(len, prompts))
    tokens = torch.full((number, longest), loaded.tokenizer.pad_token_id)
    for row, prompt in enumerate(prompts):
        tokens[row, longest - len(prompt) :] = torch.tensor(prompt)
    with torch.random.fork_rng(), torch.inference_mode():
        torch.manual_seed(seed)
        written = model.generate(
            input_ids=tokens,
            attention_mask=(tokens != loaded.tokenizer.pad_token_id).long(),
            do_sample=True,
            top_k=0,
            max_new_tokens=WORLD.longest_answer + 12,
        )
    return written[:, longest:]
