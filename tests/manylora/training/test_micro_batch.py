"""Counts of a batch: tokens of each example, and labels of each adapter."""

from hypothesis import given
from hypothesis import strategies as st

from manylora.chats.chat import TokenizedChat
from manylora.training.micro_batch import label_counts_of, lengths_of

CHATS = st.tuples(st.lists(st.integers(0, 99), min_size=1), st.lists(st.integers(0, 99), min_size=1))


@given(st.lists(st.lists(CHATS, max_size=4), max_size=3))
def test_tokens_of_answers_are_labels_and_those_of_prompts_are_not(batch):
    chats = [
        [TokenizedChat((*prompt, *answer), len(prompt)) for prompt, answer in examples] for examples in batch
    ]
    assert lengths_of(chats) == [
        [len(prompt) + len(answer) for prompt, answer in examples] for examples in batch
    ]
    assert label_counts_of(chats) == [sum(len(answer) for _, answer in examples) for examples in batch]
