"""Estimates of the memory that a model's passes take, from shapes of its weights and of what it remembers.

Configurations name widths differently, or not at all; shapes are always there. An estimate never raises:
where it is wrong, a pass that finds memory full is divided.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import torch
from torch import nn
from torch.utils._pytree import tree_leaves

from manylora.models.loaded_model import LoadedModel

#: Parts of a block's cache that grow with every token.
_GROWING = frozenset({"keys", "values", "indexer_keys"})


@dataclass(frozen=True)
class ModelWidths:
    """Widths that memory depends on, in channels.

    Parameters
    ----------
    blocks : their number
    states : of hidden states
    inner : the widest output within a block, over all experts that a token is given to
    vocabulary : tokens
    """

    blocks: int
    states: int
    inner: int
    vocabulary: int


def model_widths(loaded: LoadedModel) -> ModelWidths:
    """Return a model's widths, by its modules' shapes."""
    model, head = loaded.model, None
    with suppress(Exception):
        head = model.get_output_embeddings()
    shape = tuple(getattr(getattr(head, "weight", None), "shape", ()))
    vocabulary, states = shape if len(shape) == 2 else (1, 1)
    blocks, experts_of_token = 1, 1
    with suppress(Exception):
        config = model.config.get_text_config()
        blocks = int(config.num_hidden_layers)
        experts_of_token = int(getattr(config, "num_experts_per_tok", None) or 1)
    linear = [module for module in model.modules() if isinstance(module, nn.Linear) and module is not head]
    # Experts of a block in one tensor, (experts, outputs, inputs) or its transpose.
    experts = [weight for weight in model.parameters() if weight.dim() == 3 and not weight.requires_grad]
    outputs = [module.out_features for module in linear]
    outputs += [experts_of_token * max(weight.shape[1:]) for weight in experts]
    return ModelWidths(blocks, states, max([states, *outputs]), vocabulary)


@torch.inference_mode()
def remembered_bytes(loaded: LoadedModel, adapters: int, tokens: int) -> int:
    """Return the memory that a cache takes of a row of so many tokens, by what it takes of one.

    Parameters
    ----------
    adapters : attached, at least one; each is given one row
    """
    token, row = 0, 0
    with suppress(Exception):
        cache = loaded.new_cache()
        ids = torch.zeros((adapters, 1), dtype=torch.long, device=loaded.device)
        loaded.model(ids, **loaded.cache_arguments(cache))
        for layer in cache.layers:
            for name, value in vars(layer).items():
                parts = (part for part in tree_leaves(value) if isinstance(part, torch.Tensor) and part.dim())
                size = sum(part.nbytes for part in parts if len(part) == adapters)
                token += size if name in _GROWING else 0
                row += 0 if name in _GROWING else size
    if not token + row:
        widths = model_widths(loaded)
        return 2 * widths.blocks * widths.states * loaded.dtype.itemsize * tokens
    return token // adapters * tokens + row // adapters
