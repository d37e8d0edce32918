"""Compare a recurrent layer with its single step, applied T times."""

from functools import partial

import numpy as np

N, T = 3, 5
close = partial(np.testing.assert_allclose, rtol=1e-11, atol=1e-12)


def randomize(layer, rng):
    """Give every parameter values different from zero."""
    for p in layer.params.values():
        p[...] = 0.7 * rng.standard_normal(p.shape)
    return layer


def assert_layer_equals_steps(layer, step, step_backward, rng):
    """Hold outputs, states and all gradients of both against each other.

    ``step(x_t, *state)`` returns the new state's parts and a cache;
    ``step_backward(*dstate, cache)`` returns ``dx_t``, the state's gradients and ``grads``.
    """
    x = rng.standard_normal((N, T, layer.input_size))
    shape = (N, layer.hidden_size)
    start = [rng.standard_normal(shape) for _ in layer.states]
    dstate = [rng.standard_normal(shape) for _ in layer.states]
    outside = layer._outside  # one array, or a tuple
    y, final, cache = layer.forward(x, state=outside(start))
    state, caches = start, []
    for t in range(T):
        *state, step_cache = step(x[:, t], *state)
        caches.append(step_cache)
        close(y[:, t], state[0])
    close(final, outside(state))

    dy = rng.standard_normal(y.shape)
    dx, dstart, grads = layer.backward(dy, cache, dstate=outside(dstate))
    sums = dict.fromkeys(layer.params, 0)
    for t in reversed(range(T)):
        dstate[0] = dstate[0] + dy[:, t]
        dx_t, *dstate, step_grads = step_backward(*dstate, caches[t])
        close(dx[:, t], dx_t)
        sums = {name: sums[name] + step_grads[name] for name in sums}
    close(dstart, outside(dstate))
    for name, total in sums.items():
        close(grads[name], total)
