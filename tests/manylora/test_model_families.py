"""Every architecture of transformers is as docs/base-models.md says: right, with figures, or refused in one line."""

import re

import peft
import pytest
import torch
import transformers
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from manylora.adapters.adapted_modules import adapted_modules
from manylora.errors import BaseModelError
from manylora.self_check import check_model

from .families import FAMILIES, tiny_family
from .family_figures import adaptable, pass_figures, training_figures
from .family_table import DOCUMENT, peculiarities, read_tables, refusal, tables

SUPPORTED, REFUSED = read_tables()
#: Of each kind of architecture one whose adapters are trained here; the others are when the tables are written.
TRAINED = (
    "bloom", "cohere2", "deepseek_v3", "falcon_h1", "gemma3", "gpt_neox", "gpt_oss", "jamba", "llama4_text", "mamba",
    "mistral", "mixtral", "opt", "phi3", "qwen2_moe", "qwen3_5_text", "starcoder2", "zamba2",
)  # fmt: skip
#: Other versions make other models of an architecture: these then have to be right, or be refused.
MEASURED = f"(transformers {transformers.__version__}, PEFT {peft.__version__})"
IS_MEASURED = MEASURED in " ".join(DOCUMENT.read_text(encoding="utf-8").split())
#: Another processor rounds otherwise, by as much again at most.
SLACK = 10.0
#: Of float32, in a few additions: what is below is zero or not by luck.
ROUNDING = 1e-6


def known(families):
    """Those that the installed transformers has."""
    return [family for family in families if family in CONFIG_MAPPING]


def checked(family):
    """A random model of an architecture that is right."""
    try:
        loaded = tiny_family(family)
    except (RuntimeError, ValueError, TypeError):
        if IS_MEASURED:
            raise
        pytest.skip("other versions make no tiny model of it")
    try:
        check_model(loaded)
    except BaseModelError as error:
        if IS_MEASURED:
            raise
        pytest.skip(f"refused with other versions: {error}")
    return loaded


@pytest.mark.parametrize("family", known(SUPPORTED))
def test_a_supported_architecture_is_as_near_to_prompts_alone_as_the_table_says(family):
    loaded, row = checked(family), SUPPORTED[family]
    assert peculiarities(loaded) == (row.remembers, row.has) or not IS_MEASURED
    figures = pass_figures(loaded)
    for figure, bound in zip((figures.states, figures.forced, figures.continued), row.figures, strict=False):
        assert figure <= (SLACK * max(bound, ROUNDING) if IS_MEASURED else 1e-3)
    if row.projections:
        adapted_modules(loaded, row.projections)


@pytest.mark.parametrize("family", known(REFUSED))
def test_an_architecture_that_is_refused_is_refused_for_the_same_reason(family):
    assert refusal(family) == REFUSED[family] or not IS_MEASURED


@pytest.mark.parametrize("family", known(TRAINED))
def test_adapters_are_trained_as_peft_trains_them_one_by_one(family):
    row = SUPPORTED[family]
    figures = training_figures(checked(family), row.projections)
    assert figures.losses <= SLACK * max(row.figures[3], ROUNDING)
    assert figures.weights <= SLACK * max(row.figures[4], ROUNDING)


def test_the_table_has_every_architecture_that_can_be_made():
    if not IS_MEASURED:
        pytest.skip("the tables are of other versions")
    assert sorted([*SUPPORTED, *REFUSED]) == sorted(FAMILIES)


@pytest.mark.parametrize("window", [2, 5, 16, 30, 64])
@pytest.mark.parametrize(
    "family", ["mistral", "gemma3_text", "gpt_oss", "llama4_text", "gpt_neo", "modernbert-decoder"]
)
def test_windows_and_chunks_of_any_length_are_those_of_a_prompt_alone(family, window):
    setting = {
        "llama4_text": "attention_chunk_size",
        "gpt_neo": "window_size",
        "modernbert-decoder": "local_attention",
    }
    loaded = tiny_family(family, **{setting.get(family, "sliding_window"): window})
    figures = pass_figures(loaded)
    # What the order of additions makes of differences in nats of a few.
    assert max(figures.states, figures.forced, figures.continued) < 1e-4


@pytest.mark.parametrize("family", ["mixtral", "gemma3_text", "phi3", "falcon_h1", "mamba"])
def test_a_check_in_bfloat16_is_made_in_float32(family):
    checked(family)
    loaded = tiny_family(family, "bfloat16")
    before = {name: weight.clone() for name, weight in loaded.model.named_parameters()}
    check_model(loaded)
    after = dict(loaded.model.named_parameters())
    assert all(torch.equal(weight, after[name]) for name, weight in before.items())
    assert {weight.dtype for weight in after.values()} == {torch.bfloat16}


@pytest.mark.benchmark
def test_the_tables_are_written():
    supported, refused = tables(FAMILIES)
    text = DOCUMENT.read_text(encoding="utf-8")
    for name, table in (("supported", supported), ("refused", refused)):
        text = re.sub(
            f"(<!-- {name} -->\n).*?(<!-- end -->)",
            lambda found, table=table: f"{found[1]}\n{table}\n\n{found[2]}",
            text,
            flags=re.DOTALL,
        )
    text = re.sub(r"\(transformers \S+ PEFT [^\s)]+\)", MEASURED, text)
    DOCUMENT.write_text(text, encoding="utf-8")
    assert adaptable(tiny_family("llama"))
