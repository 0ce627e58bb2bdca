"""The naive baseline: one peft adapter after another, a plain training loop, and ``generate``."""

from __future__ import annotations

import math

import torch
from peft import LoraConfig, get_peft_model
from transformers import get_cosine_schedule_with_warmup

from manylora.training.training import batches


def plain_adapter(loaded, shape):
    """Return what peft makes of the model; one call of ``unload`` gives it back."""
    config = LoraConfig(
        task_type="CAUSAL_LM", r=shape.rank, lora_alpha=shape.alpha, use_rslora=shape.rank_stabilised,
        lora_dropout=shape.dropout, target_modules=list(shape.projections),
    )  # fmt: skip
    return get_peft_model(loaded.model, config)


def plain_training(loaded, shape, optimization, tasks, most_steps=None):
    """Train adapters one after another; return how many tokens were trained on, padding left out."""
    seen = 0
    for task in tasks:
        model = plain_adapter(loaded, shape).train()
        parameters = [p for p in model.parameters() if p.requires_grad]
        order = batches(len(task.examples), optimization.batch, optimization.epochs, task.seed)[:most_steps]
        optimizer = torch.optim.AdamW(
            parameters, lr=task.learning_rate, weight_decay=optimization.weight_decay
        )
        warmup = math.ceil(optimization.warmup_share * len(order))
        scheduler = get_cosine_schedule_with_warmup(optimizer, warmup, len(order))
        for batch in order:
            chosen = [task.examples[index] for index in batch]
            ids, mask, labels = (one.to(loaded.device) for one in _padded(chosen))
            model(ids, attention_mask=mask, labels=labels).loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, optimization.clip_norm)
            optimizer.step()
            scheduler.step()
            optimizer.zero_grad()
            seen += sum(len(one.tokens) for one in chosen)
        model.unload()
    return seen


@torch.inference_mode()
def plain_sampling(loaded, shape, requests, sampling, rows):
    """Sample from adapters one after another with ``generate``; return how many tokens were sampled."""
    sampled = 0
    for own in requests:
        model = plain_adapter(loaded, shape).eval()
        prompts = [one.tokens for one in own for _ in range(one.samples)]
        for start in range(0, len(prompts), rows):
            part = prompts[start : start + rows]
            longest = max(map(len, part))
            ids = torch.zeros((len(part), longest), dtype=torch.long)
            mask = torch.zeros_like(ids)
            for row, tokens in enumerate(part):
                ids[row, longest - len(tokens) :] = torch.tensor(tokens)
                mask[row, longest - len(tokens) :] = 1
            ends = torch.tensor(sorted(loaded.end_tokens), device=loaded.device)
            found = model.generate(
                input_ids=ids.to(loaded.device), attention_mask=mask.to(loaded.device), do_sample=True,
                temperature=sampling.temperature, top_p=sampling.top_p, top_k=0,
                max_new_tokens=sampling.max_new_tokens, pad_token_id=0, eos_token_id=sorted(loaded.end_tokens),
            )[:, longest:]  # fmt: skip
            ended = torch.isin(found, ends)
            # Up to and with the token that ends an answer; what follows is padding.
            sampled += int((ended.int().cumsum(1) - ended.int() == 0).sum())
        model.unload()
    return sampled


def _padded(dialogues):
    longest = max(len(one.tokens) for one in dialogues)
    ids = torch.zeros((len(dialogues), longest), dtype=torch.long)
    mask, labels = torch.zeros_like(ids), torch.full_like(ids, -100)
    for row, one in enumerate(dialogues):
        ids[row, : len(one.tokens)] = torch.tensor(one.tokens)
        mask[row, : len(one.tokens)] = 1
        labels[row, one.prompt_length : len(one.tokens)] = ids[row, one.prompt_length : len(one.tokens)]
    return ids, mask, labels
