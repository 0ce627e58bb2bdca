from pytest_claims.junit.omissions import MOST_SENTENCES, Omissions


def test_each_sentence_once_in_order_and_the_rest_counted():
    omissions = Omissions()
    for _ in range(2):
        for number in range(MOST_SENTENCES):
            omissions.add(f"sentence {number}")
    assert omissions.sentences() == tuple(f"sentence {number}" for number in range(MOST_SENTENCES))
    for number in range(7):
        omissions.add(f"more {number}")
    assert omissions.sentences()[-1] == "and 7 more of this kind"
    assert len(omissions.sentences()) == MOST_SENTENCES + 1


def test_a_long_sentence_is_cut():
    omissions = Omissions()
    omissions.add("x" * 10_000)
    (sentence,) = omissions.sentences()
    assert len(sentence) == 300
    assert sentence.endswith("x…")
