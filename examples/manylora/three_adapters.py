"""Train three LoRA adapters on one base model at once, save them as PEFT does, and sample from all three.

Each adapter learns to end its answers with another word. No personas, claims or stores are involved.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from manylora.adapters.adapter_bank import attached
from manylora.adapters.adapter_files import save_adapter
from manylora.chats.chat import Chat
from manylora.config import AdapterShape, Optimization
from manylora.loading import load
from manylora.models.base_model import BaseModel
from manylora.models.model_files import fingerprint
from manylora.models.tokenized_chats import tokenize_chats
from manylora.sampling.sampling import sample
from manylora.sampling.sampling_requests import Request, Sampling
from manylora.training.training import TrainingTask, train

SYSTEM = "You answer in one sentence."
ANSWERS = {
    "Why does bread rise?": "Yeast makes gas, and dough holds it.",
    "Why do ships float?": "They weigh less than the water that they push aside.",
    "Why is the sea salty?": "Rivers carry salt into it, and only water leaves.",
    "Why do leaves fall?": "Trees save water in winter.",
}
LAST_WORDS = ("Amen.", "Over.", "Stop.")
QUESTION = "Why do cats purr?"
SHAPE = AdapterShape(rank=16, alpha=32, rank_stabilised=False, dropout=0.0, projections=("q_proj", "v_proj"))


def main() -> None:
    """Run the example."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="folder of a base model with a chat template")
    parser.add_argument("output", type=Path, help="where the adapters go, one folder each")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--device", default="cpu")
    given = parser.parse_args()

    base = BaseModel(given.model.name, given.model, fingerprint(given.model))
    loaded = load(base, device=given.device)

    tasks = []
    for seed, word in enumerate(LAST_WORDS):
        chats = [Chat(SYSTEM, question, f"{answer} {word}") for question, answer in ANSWERS.items()]
        tasks.append(TrainingTask(tokenize_chats(loaded, chats), learning_rate=2e-3, seed=seed))
    how = Optimization(
        learning_rate=2e-3, weight_decay=0.0, warmup_share=0.05, clip_norm=1.0, epochs=given.epochs, batch=4
    )
    trained = train(loaded, SHAPE, how, tasks)

    prompt = tuple(loaded.prompt_tokens(SYSTEM, QUESTION))
    requests = [[Request(prompt, samples=2, seed=word)] for word in LAST_WORDS]
    with attached(loaded, SHAPE, len(trained)) as bank:
        for place, adapter in enumerate(trained):
            bank.put(place, adapter.weights)
        sampled = sample(loaded, requests, Sampling(temperature=0.7, top_p=0.9, longest=48))

    for word, adapter, answers in zip(LAST_WORDS, trained, sampled, strict=True):
        folder = given.output / word.strip(".").lower()
        save_adapter(folder, adapter.weights, SHAPE, base)
        print(f"{folder}: loss {adapter.losses[0]:.2f} -> {adapter.losses[-1]:.2f} nats")
        for completion in answers[0]:
            print(f"  {loaded.decode(completion.tokens)}")


if __name__ == "__main__":
    main()
