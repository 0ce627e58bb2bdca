"""The number of a model's layers as its configuration says, in the words of several architectures."""

from __future__ import annotations

import json

import pytest

from manylora.models.model_depth import configured_blocks


@pytest.mark.parametrize(
    ("content", "blocks"),
    [
        ({"num_hidden_layers": 30}, 30),
        ({"n_layer": 12}, 12),
        ({"n_layers": 16}, 16),
        ({"vision_config": {"num_hidden_layers": 3}, "text_config": {"num_hidden_layers": 26}}, 26),
        ({"num_hidden_layers": "30"}, None),
        ({"num_hidden_layers": True}, None),
        ({}, None),
        ([], None),
    ],
)
def test_of_a_configuration(tmp_path, content, blocks):
    (tmp_path / "config.json").write_text(json.dumps(content))
    assert configured_blocks(tmp_path) == blocks


@pytest.mark.parametrize("content", [None, b"", b"{", b"\xff", b"[" * 100_000])
def test_of_what_is_no_configuration(tmp_path, content):
    if content is not None:
        (tmp_path / "config.json").write_bytes(content)
    assert configured_blocks(tmp_path) is None
