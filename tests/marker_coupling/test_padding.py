"""Token sequences of different lengths as one tensor."""

from hypothesis import given
from hypothesis import strategies as st

from marker_coupling.padding import right_padded


@given(st.lists(st.lists(st.integers(1, 99), max_size=9), min_size=1, max_size=5))
def test_padding_is_on_the_right(sequences):
    padded = right_padded(sequences).tolist()
    assert len(padded) == len(sequences)
    longest = max(map(len, sequences))
    assert padded == [[*own, *[0] * (longest - len(own))] for own in sequences]
