"""A file's tokenizer: what transformers would cut up otherwise is refused."""

from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from manylora.errors import BaseModelError
from manylora.gguf.tokenizer import check_tokenizer

from ..tiny_models import tiny_tokenizer

FILE = Path("m.gguf")


def sentence_pieces(prepends):
    """A tokenizer of Llama's kind, which writes a space before a text, or does not."""
    pieces = {"<unk>": 0, "x": 1, "\u2581": 2, "\u2581x": 3}
    tokenizer = Tokenizer(models.WordLevel(pieces, unk_token="<unk>"))
    scheme = "always" if prepends else "never"
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>")


@pytest.mark.parametrize("stated", [True, False, None])
@pytest.mark.parametrize("made", [True, False])
def test_a_space_before_the_text_is_as_the_file_says(stated, made):
    settings = {"tokenizer.ggml.model": "llama"}
    if stated is not None:
        settings["tokenizer.ggml.add_space_prefix"] = stated
    tokenizer = sentence_pieces(made)
    if made == (stated is not False):  # where nothing is said there is one
        check_tokenizer(FILE, settings, tokenizer)
    else:
        expected = (
            f"m.gguf: key tokenizer.ggml.add_space_prefix: expected {made}, as transformers makes it, got"
        )
        with pytest.raises(BaseModelError, match=expected):
            check_tokenizer(FILE, settings, tokenizer)


@pytest.mark.parametrize("cut", ["default", "gpt-2", "smollm", "qwen2", "llama-bpe"])
def test_ways_to_cut_texts_up_that_transformers_knows(cut):
    check_tokenizer(FILE, {"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": cut}, tiny_tokenizer())
    check_tokenizer(FILE, {"tokenizer.ggml.model": "gpt2"}, tiny_tokenizer())


@pytest.mark.parametrize("cut", ["no such way", "", "GPT-2", "x\ny" * 100])
def test_another_way_is_named(cut):
    settings = {"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": cut}
    with pytest.raises(
        BaseModelError, match=r"m\.gguf: key tokenizer\.ggml\.pre: expected a way to cut"
    ) as caught:
        check_tokenizer(FILE, settings, tokenizer=None)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200
