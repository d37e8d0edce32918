"""BLEU: the examples of the paper, values by hand, bad input."""

import numpy as np
import pytest

import rnncore as rc

CAT = ["the cat is on the mat".split(), "there is a cat on the mat".split()]


def test_counts_are_clipped_at_the_most_frequent_reference():
    """The paper's example: "the" is right twice of seven times."""
    assert rc.bleu([["the"] * 7], [CAT], max_order=1) == pytest.approx(2 / 7)


def test_a_reference_repeated_is_perfect():
    assert rc.bleu(CAT, [CAT, CAT]) == pytest.approx(1)


def test_value_by_hand():
    candidate, reference = "a b c d e".split(), "a b c d f e".split()
    # p_1 = 5/5, p_2 = 3/4, p_3 = 2/3, p_4 = 1/2, c = 5, r = 6
    expected = np.exp(1 - 6 / 5) * (1 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25
    assert rc.bleu([candidate], [[reference]]) == pytest.approx(expected)


def test_counts_are_summed_over_the_corpus():
    """Not a mean of sentences: p_1 = (1 + 3) / (1 + 4), c = r = 5."""
    score = rc.bleu([[1], [2, 3, 4, 9]], [[[1]], [[2, 3, 4, 5]]], max_order=1)
    assert score == pytest.approx(4 / 5)


def test_short_candidates_pay_and_long_ones_do_not():
    assert rc.bleu([[1, 2]], [[[1, 2, 3, 4]]], max_order=1) == pytest.approx(np.exp(-1))
    assert rc.bleu([[1, 2, 3, 4]], [[[1, 2]]], max_order=1) == pytest.approx(1 / 2)


def test_the_closest_reference_length_counts_the_shorter_of_two():
    group = [[1, 2, 3, 4, 5], [1, 2, 3], [1] * 9]
    assert rc.bleu([[1, 2, 3, 4]], [group], max_order=1) == pytest.approx(1)
    assert rc.bleu([[1, 2, 3, 4]], [group[::2]], max_order=1) == pytest.approx(np.exp(-1 / 4))
    group = [[1], [1, 2, 3, 4, 5]]  # the closest is not the shortest
    assert rc.bleu([[1, 2, 3, 4]], [group], max_order=1) == pytest.approx(np.exp(-1 / 4))


@pytest.mark.parametrize("candidate", [[], [9, 9, 9, 9], [1, 2, 3]])
def test_no_shared_ngram_of_one_order_gives_zero(candidate):
    assert rc.bleu([candidate], [[[1, 2, 3, 4]]]) == 0


def test_bad_input():
    with pytest.raises(ValueError, match=r"at least one candidate, got 0 candidates and 0 lists"):
        rc.bleu([], [])
    with pytest.raises(ValueError, match="got 1 candidates and 2 lists"):
        rc.bleu([[1]], [[[1]], [[1]]])
    with pytest.raises(ValueError, match=r"references\[0\]: expected at least one reference"):
        rc.bleu([[1]], [[]])
    with pytest.raises(TypeError, match=r"candidates\[0\]: expected a list of tokens"):
        rc.bleu(["a cat"], [[["a", "cat"]]])
    with pytest.raises(TypeError, match=r"references\[0\]: expected a list of token lists"):
        rc.bleu([["a", "cat"]], ["a cat"])
    with pytest.raises(TypeError, match=r"references\[0\]\[0\]: expected a list of tokens, got 1"):
        rc.bleu([[1, 2]], [[1, 2]])
    with pytest.raises(ValueError, match="max_order: expected an integer of at least 1"):
        rc.bleu([[1]], [[[1]]], max_order=0)
