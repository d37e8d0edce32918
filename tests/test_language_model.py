"""The language model as a composite."""

import numpy as np
import pytest

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


def test_params_are_the_layers_own(rng):
    model = rc.LanguageModel(V, H, rng=rng)
    assert model.params["cell.Whh"] is model.cell.params["Whh"]
    assert model.params["embedding.W"].shape == (V, H)
    assert {p.dtype for p in model.params.values()} == {np.dtype(np.float32)}


def test_chunks_with_carried_state_equal_the_whole(rng):
    model = rc.LanguageModel(V, H, D, rng=rng, dtype=np.float64)
    x = rng.integers(0, V, (N, T))
    logits, _, _ = model.forward(x)
    first, state, _ = model.forward(x[:, :3])
    second, _, _ = model.forward(x[:, 3:], state=state)
    np.testing.assert_allclose(np.concatenate([first, second], axis=1), logits, rtol=1e-12)


def test_it_learns_a_cycle(rng):
    model = rc.LanguageModel(4, 8, rng=rng)
    opt = rc.Adam(model.params, lr=0.02)
    x = np.tile(np.arange(4), (2, 5))
    for _ in range(60):
        logits, _, cache = model.forward(x)
        loss, dlogits = rc.softmax_cross_entropy(logits, (x + 1) % 4)
        opt.step(model.backward(dlogits, cache)[2])
    assert loss < 0.1 * np.log(4)
