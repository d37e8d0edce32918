"""Pooling over time: one vector for a whole sequence."""

import numpy as np

from .validation import check_float_array, check_lengths, check_no_state


class _PoolTime:
    """Base of the layers that pick one step's value for every entry; a subclass says which."""

    def __init__(self):
        self.params = {}

    def forward(self, x, state=None, lengths=None):
        """Pick one value in time for every row and feature.

        Parameters
        ----------
        x : floating ndarray (N, T, H)
        state : None
            There is none; part of the common protocol.
        lengths : integer array (N,), optional
            Only a row's first steps count; a row of length 0 gives zeros.

        Returns
        -------
        y : ndarray (N, H)
        state : None
        cache : tuple

        Raises
        ------
        TypeError, ValueError
            An argument has another dtype or shape.
        """
        check_no_state(self, state)
        check_float_array("x", x, ("N", "T", "H"))
        batch, steps, _ = x.shape
        lengths = check_lengths(np.full(batch, steps) if lengths is None else lengths, batch, steps)
        picked = self._pick(x, lengths)  # (N, 1, H)
        some = (lengths > 0)[:, None]  # (N, 1)
        y = np.where(some, np.take_along_axis(x, picked, axis=1)[:, 0], x.dtype.type(0))
        return y, None, (x.shape, x.dtype, picked, some)

    def backward(self, dy, cache, dstate=None):
        """Pass the gradient to the step that was picked; all others get zero.

        Parameters
        ----------
        dy : ndarray (N, H)
        cache : tuple
            From `forward`.
        dstate : None

        Returns
        -------
        dx : ndarray (N, T, H)
        dstate : None
        grads : dict
            Empty.

        Raises
        ------
        TypeError, ValueError
            ``dy`` has another dtype or shape than the output.
        """
        shape, dtype, picked, some = cache
        check_float_array("dy", dy, (shape[0], shape[2]), dtype)
        dx = np.zeros(shape, dtype)
        np.put_along_axis(dx, picked, (dy * some)[:, None], axis=1)
        return dx, None, {}


class LastStep(_PoolTime):
    """The output at each row's last step, ``y[n] = x[n, lengths[n] - 1]``.

    Attributes
    ----------
    params : dict
        Empty.

    Notes
    -----
    After `Bidirectional` the half that reads backwards has seen one step only by then: its
    final state says more, and so does `MaxPoolTime`.
    """

    def _pick(self, x, lengths):
        last = np.maximum(lengths.astype(np.intp) - 1, 0)
        return np.broadcast_to(last[:, None, None], (x.shape[0], 1, x.shape[2]))


class MaxPoolTime(_PoolTime):
    """The largest output over each row's steps, ``y[n, j] = max over t of x[n, t, j]``.

    Among equal values the first one gets the gradient.

    Attributes
    ----------
    params : dict
        Empty.

    Notes
    -----
    Source: Collobert and Weston 2008.
    """

    def _pick(self, x, lengths):
        live = (np.arange(x.shape[1]) < lengths[:, None])[:, :, None]  # (N, T, 1)
        return np.where(live, x, -np.inf).argmax(axis=1, keepdims=True)
