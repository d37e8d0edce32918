"""The encoder-decoder as a composite: gradients, padding, the state between, learning."""

import numpy as np
import pytest
from conditional_models import Given, deep, learned_start
from recurrent_layers import CELLS, arrays, fill

import rnncore as rc

N, S, T, SOURCE, V, H, D = 3, 4, 2, 6, 5, 3, 2
LENGTHS = {"whole": (None, None), "mixed": (np.array([4, 0, 2]), np.array([1, 2, 0]))}
every_cell = pytest.mark.parametrize("cell", [*CELLS, deep, learned_start])


def make(rng, cell=rc.RNN, dtype=np.float64):
    model = fill(rc.EncoderDecoder(SOURCE, V, H, D, cell=cell, rng=rng, dtype=dtype), rng)
    model.training = False
    return model


def draw(rng):
    return rng.integers(0, SOURCE, (N, S)), rng.integers(0, V, (N, T))


@every_cell
@pytest.mark.parametrize(("lengths", "target_lengths"), LENGTHS.values(), ids=LENGTHS.keys())
def test_gradients_agree_with_differences(rng, cell, lengths, target_lengths):
    model, (source, target) = make(rng, cell), draw(rng)
    layer = Given(model, target, target_lengths=target_lengths)
    errors = rc.gradient_check(layer, source, lengths=lengths, rng=rng)
    assert set(errors) == set(model.params)
    assert max(errors.values()) < 1e-7, errors


def test_gradients_of_one_row_and_one_step(rng):
    model, (source, target) = make(rng, rc.LSTM), draw(rng)
    errors = rc.gradient_check(Given(model, target[:1, :1]), source[:1, :1], rng=rng)
    assert max(errors.values()) < 1e-7, errors


def test_gradients_through_dropout_in_training(rng):
    noise = np.random.default_rng(5)
    options = {"dtype": np.float64, "rng": noise}
    model, (source, target) = rc.EncoderDecoder(SOURCE, V, H, D, deep, **options), draw(rng)
    assert model.training
    errors = rc.gradient_check(Given(fill(model, rng), target), source, rng=rng, noise=noise)
    assert max(errors.values()) < 1e-7, errors


@every_cell
def test_it_is_its_layers_one_after_the_other(rng, cell):
    model, (source, target) = make(rng, cell), draw(rng)
    logits, final, _ = model.forward(source, target)
    vectors, _, _ = model.embedding.forward(source)
    _, between, _ = model.encoder.forward(vectors)
    expected, expected_final, _ = model.decoder.forward(target, between)
    np.testing.assert_array_equal(logits, expected)
    for ours, theirs in zip(arrays(final), arrays(expected_final), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for ours, theirs in zip(arrays(model.encode(source)[0]), arrays(between), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@every_cell
def test_padding_has_no_effect(rng, cell):
    model, (source, target) = make(rng, cell), draw(rng)
    lengths, target_lengths = np.array([4, 1, 2]), np.array([1, 2, 1])
    dlogits = rng.standard_normal((N, T, V))
    logits, _, cache = model.forward(source, target, lengths, target_lengths)
    _, _, grads = model.backward(dlogits, cache)
    sums = dict.fromkeys(grads, 0)
    for n, (length, steps) in enumerate(zip(lengths, target_lengths, strict=True)):
        row = slice(n, n + 1)
        row_logits, _, row_cache = model.forward(source[row, :length], target[row, :steps])
        np.testing.assert_allclose(logits[row, :steps], row_logits, rtol=1e-11, atol=1e-13)
        assert not logits[n, steps:].any()
        _, _, row_grads = model.backward(dlogits[row, :steps], row_cache)
        sums = {name: sums[name] + row_grads[name] for name in sums}
    for name, total in sums.items():
        np.testing.assert_allclose(grads[name], total, rtol=1e-11, atol=1e-13)


def test_nothing_depends_on_a_later_target(rng):
    model, (source, target) = make(rng), draw(rng)
    changed = target.copy()
    changed[:, 1] = (changed[:, 1] + 1) % V
    logits, other = model.forward(source, target)[0], model.forward(source, changed)[0]
    np.testing.assert_array_equal(logits[:, 0], other[:, 0])
    assert (logits[:, 1] != other[:, 1]).any()


def test_float32_stays_float32(rng):
    model, (source, target) = make(rng, rc.LSTM, np.float32), draw(rng)
    logits, state, cache = model.forward(source, target, *LENGTHS["mixed"])
    _, _, grads = model.backward(logits, cache, dstate=state)
    assert {a.dtype for a in arrays((logits, state, *grads.values()))} == {np.dtype(np.float32)}


def test_params_are_the_layers_own(rng):
    model = rc.EncoderDecoder(SOURCE, V, H, rng=rng)
    assert model.params["embedding.W"] is model.embedding.params["W"]
    assert model.params["encoder.Whh"] is model.encoder.params["Whh"]
    assert model.params["decoder.cell.Whh"] is model.decoder.cell.params["Whh"]
    assert model.params["embedding.W"].shape == (SOURCE, H)
    assert make(rng).params["embedding.W"].shape == (SOURCE, D)
    assert make(rng).params["decoder.embedding.W"].shape == (V, D)
    assert model.params["decoder.head.W"].shape == (H, V)
    assert len(model.params) == 10
    assert {p.dtype for p in model.params.values()} == {np.dtype(np.float32)}


def test_it_learns_to_reverse(rng):
    model = rc.EncoderDecoder(4, 5, 16, cell=rc.GRU, rng=rng)
    opt = rc.Adam(model.params, lr=0.02)
    source = np.stack(np.meshgrid(*3 * [np.arange(4)], indexing="ij"), axis=-1).reshape(-1, 3)
    answer, start = source[:, ::-1], np.full((len(source), 1), 4)
    target = np.concatenate([start, answer[:, :-1]], axis=1)
    for _ in range(150):
        logits, _, cache = model.forward(source, target)
        loss, dlogits = rc.softmax_cross_entropy(logits, answer)
        opt.step(model.backward(dlogits, cache)[2])
    assert loss < 0.05 * np.log(4)


def test_bad_input_gets_a_clear_error(rng):
    model, (source, target) = make(rng), draw(rng)
    with pytest.raises(ValueError, match="x: expected values from 0 to 5"):
        model.forward(source + SOURCE, target)
    with pytest.raises(ValueError, match="x: expected values from 0 to 4"):
        model.forward(source, target + V)
    with pytest.raises(TypeError, match="x: expected an integer dtype, got float64"):
        model.forward(source.astype(float), target)
    with pytest.raises(ValueError, match=r"lengths: .* from 0 to 4"):
        model.forward(source, target, lengths=[1, 2, 5])
    with pytest.raises(ValueError, match=r"lengths: .* from 0 to 2"):
        model.forward(source, target, target_lengths=[1, 2, 3])
    with pytest.raises(ValueError, match=r"state: expected shape \(2, 3\), got \(3, 3\)"):
        model.forward(source, target[:2])
    logits, _, cache = model.forward(source, target)
    with pytest.raises(ValueError, match=r"dy: expected shape \(3, 2, 5\)"):
        model.backward(logits[:, :1], cache)


def test_a_function_for_the_cell_gets_a_generator_where_none_is_given():
    def cell(size, hidden, rng, dtype):
        assert isinstance(rng, np.random.Generator)
        return rc.GRU(size, hidden, rng=rng, dtype=dtype)

    rc.EncoderDecoder(SOURCE, V, H, D, cell=cell)
