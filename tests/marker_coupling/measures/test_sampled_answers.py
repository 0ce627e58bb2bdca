"""Sampled answers go to the adapter and the condition that they belong to."""

from manylora.config import AdapterShape
from manylora.sampling.sampling_requests import Request, Sampling
from marker_coupling.measures.answers import Answers
from marker_coupling.measures.sampled_answers import sample_answers

from ...manylora.tiny_models import ALL_PROJECTIONS, random_adapter, tiny_loaded

SHAPE = AdapterShape(4, 8.0, True, 0.0, ALL_PROJECTIONS)
SAMPLING = Sampling(1.0, 0.95, 8)


def chats(adapter):
    return [
        [Request((5, 6, 7), 3, f"{adapter} a0"), Request((8, 9), 3, f"{adapter} a1")],
        [Request((20, 21, 22), 3, f"{adapter} b0")],
    ]


def test_conditions_and_adapters_keep_their_order():
    loaded = tiny_loaded()
    adapters = [random_adapter(loaded, SHAPE, seed, size=0.1) for seed in range(2)]
    found = sample_answers(loaded, SHAPE, adapters, [chats(0), chats(1)], SAMPLING)
    assert [[len(one.texts) for one in own] for own in found] == [[6, 3], [6, 3]]
    for index, weights in enumerate(adapters):
        for place, condition in enumerate(chats(index)):
            ((alone,),) = sample_answers(loaded, SHAPE, [weights], [[condition]], SAMPLING)
            assert found[index][place] == alone
        assert all(0 <= one.truncated <= len(one.texts) for one in found[index])


def test_hits_are_answers_and_come_back(tmp_path):
    answers = Answers(("a [ZLT] [ZLT]", "b", "c [zlt]"), 1)
    assert answers.hits("[ZLT]") == 2
    answers.save(tmp_path)
    assert Answers.load(tmp_path) == answers
