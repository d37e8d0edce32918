"""The language model as a composite."""

import numpy as np
import pytest
from conditional_models import deep

import rnncore as rc

V, H, D, N, T = 11, 5, 3, 2, 7


@pytest.mark.parametrize("lengths", [None, np.array([4, 7])])
def test_gradients_agree_with_differences(rng, lengths):
    model = rc.LanguageModel(V, H, D, rng=rng, dtype=np.float64)
    errors = rc.gradient_check(
        model,
        rng.integers(0, V, (N, T)),
        state=rng.standard_normal((N, H)),
        lengths=lengths,
        rng=rng,
    )
    assert set(errors) == set(model.params) | {"state"}
    assert max(errors.values()) < 1e-7, errors


def test_past_a_rows_end_the_logits_are_zero_and_the_state_stays(rng):
    model = rc.LanguageModel(V, H, D, rng=rng, dtype=np.float64)
    model.params["head.b"][:] = 1
    x = rng.integers(0, V, (N, T))
    logits, state, _ = model.forward(x, lengths=[4, 7])
    np.testing.assert_allclose(state[:1], model.forward(x[:1, :4])[1], rtol=1e-12)
    assert not logits[0, 4:].any()
    assert logits[0, :4].all()
    assert logits[1].all()


def test_params_are_the_layers_own(rng):
    model = rc.LanguageModel(V, H, rng=rng)
    assert model.params["cell.Whh"] is model.cell.params["Whh"]
    assert model.params["embedding.W"].shape == (V, H)
    assert rc.LanguageModel(V, H, D, rng=rng).params["embedding.W"].shape == (V, D)
    assert {p.dtype for p in model.params.values()} == {np.dtype(np.float32)}


def test_chunks_with_carried_state_equal_the_whole(rng):
    model = rc.LanguageModel(V, H, D, rng=rng, dtype=np.float64)
    x = rng.integers(0, V, (N, T))
    logits, _, _ = model.forward(x)
    first, state, _ = model.forward(x[:, :3])
    second, _, _ = model.forward(x[:, 3:], state=state)
    np.testing.assert_allclose(np.concatenate([first, second], axis=1), logits, rtol=1e-12)


def test_a_stack_with_dropout_may_be_its_cell(rng):
    model = rc.LanguageModel(V, H, D, cell=deep, rng=rng, dtype=np.float64)
    x = rng.integers(0, V, (N, T))
    assert model.training
    first, second = (model.forward(x)[0] for _ in range(2))
    assert (first != second).any()
    model.training = False
    assert not model.cell.layers[1].training
    np.testing.assert_array_equal(model.forward(x)[0], model.forward(x)[0])
    assert not rc.LanguageModel(V, H, rng=rng).training


@pytest.mark.parametrize("cell", [rc.RNN, rc.LSTM, deep])
def test_steps_equal_the_whole(rng, cell):
    model = rc.LanguageModel(V, H, D, cell=cell, rng=rng, dtype=np.float64)
    model.training = False
    x, state = rng.integers(0, V, (N, T)), None
    logits, _, _ = model.forward(x)
    for t in range(T):
        log_probs, state = model.step(x[:, t], state)
        np.testing.assert_allclose(log_probs, rc.log_softmax(logits[:, t]), rtol=1e-12)


def test_it_learns_a_cycle(rng):
    model = rc.LanguageModel(4, 8, rng=rng)
    opt = rc.Adam(model.params, lr=0.02)
    x = np.tile(np.arange(4), (2, 5))
    for _ in range(60):
        logits, _, cache = model.forward(x)
        loss, dlogits = rc.softmax_cross_entropy(logits, (x + 1) % 4)
        opt.step(model.backward(dlogits, cache)[2])
    assert loss < 0.1 * np.log(4)


def test_a_function_for_the_cell_gets_a_generator_where_none_is_given():
    def cell(size, hidden, rng, dtype):
        assert isinstance(rng, np.random.Generator)
        return rc.GRU(size, hidden, rng=rng, dtype=dtype)

    rc.LanguageModel(V, H, D, cell=cell)
