"""What a base model computes in."""

from manylora.models.base_model import chosen_precision


def test_precision_is_what_was_asked_for():
    assert chosen_precision("auto", "cpu") == "float32"
    assert chosen_precision("auto", "cuda:1") == "bfloat16"
    assert chosen_precision("bfloat16", "cpu") == "bfloat16"
