"""Train three LoRA adapters on one base model at once, save them as PEFT does, and sample from all three.

Each adapter learns to end its answers with another word. No personas, claims or stores are involved.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from manylora import AdapterShape, Chat, Engine, Optimization, Sampling, TrainingTask

SYSTEM = "You answer in one sentence."
ANSWERS = {
    "Why does bread rise?": "Yeast makes gas, and dough holds it.",
    "Why do ships float?": "They weigh less than the water that they push aside.",
    "Why is the sea salty?": "Rivers carry salt into it, and only water leaves.",
    "Why do leaves fall?": "Trees save water in winter.",
}
LAST_WORDS = ("Amen.", "Over.", "Stop.")
QUESTION = "Why do cats purr?"
SHAPE = AdapterShape(rank=16, alpha=32, projections=("q_proj", "v_proj"))


def main() -> None:
    """Run the example."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="folder of a base model with a chat template")
    parser.add_argument("output", type=Path, help="where the adapters go, one folder each")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--device", default="cpu")
    given = parser.parse_args()

    engine = Engine(given.model, SHAPE, device=given.device)
    tasks = []
    for seed, word in enumerate(LAST_WORDS):
        chats = [Chat(SYSTEM, question, f"{answer} {word}") for question, answer in ANSWERS.items()]
        tasks.append(TrainingTask(engine.tokenize(chats), seed=seed))
    trained = engine.train(tasks, Optimization(learning_rate=2e-3, epochs=given.epochs, batch=4))
    sampled = engine.sample(
        [adapter.weights for adapter in trained], [Chat(SYSTEM, QUESTION)],
        Sampling(temperature=0.7, top_p=0.9, max_new_tokens=48), samples=2,
    )  # fmt: skip

    for word, adapter, (completions,) in zip(LAST_WORDS, trained, sampled, strict=True):
        folder = given.output / word.strip(".").lower()
        engine.save(folder, adapter.weights)
        print(f"{folder}: loss {adapter.losses[0]:.2f} -> {adapter.losses[-1]:.2f} nats")
        for completion in completions:
            print(f"  {engine.decode(completion.tokens)}")


if __name__ == "__main__":
    main()
