"""Dropout: a fresh random mask in training, nothing otherwise."""

import numpy as np

from .initializers import make_rng
from .masking import length_mask, zero_padding
from .validation import check_float_array, check_fraction, check_lengths, check_no_state


class Dropout:
    """Set entries to zero at random, ``y = x * m / (1 - rate)``, ``P(m = 0) = rate``.

    The division keeps the mean of every entry, so outside training ``y = x``.

    Parameters
    ----------
    rate : float
        From 0 to below 1.
    rng : numpy.random.Generator, optional
        Every forward pass in training draws its mask from it.
    training : bool
        The switch; set the attribute to False for evaluation.

    Attributes
    ----------
    params : dict
        Empty.

    Notes
    -----
    The mask of a call is in its cache; what a call leaves behind is the generator's progress.
    Between the layers of a stack only the path upwards is thinned, never the one through
    time. Source: Srivastava et al. 2014; between recurrent layers: Zaremba et al. 2014.
    """

    def __init__(self, rate, rng=None, training=True):
        self.rate = check_fraction("rate", rate)
        self.rng = make_rng(rng)
        self.training = bool(training)
        self.params = {}

    def forward(self, x, state=None, lengths=None):
        """Draw a mask and apply it; outside training copy ``x``.

        Parameters
        ----------
        x : floating ndarray (N, T, D) or (N, D)
        state : None
            There is none; part of the common protocol.
        lengths : integer array (N,), optional
            Past a row's end the output is zero. Needs ``x`` of shape (N, T, D).

        Returns
        -------
        y : ndarray, shape and dtype of x
        state : None
        cache : tuple
            With the factor of every entry.

        Raises
        ------
        TypeError, ValueError
            An argument has another dtype or shape.
        """
        check_no_state(self, state)
        sequence = lengths is not None or getattr(x, "ndim", 3) != 2
        check_float_array("x", x, ("N", "T", "D") if sequence else ("N", "D"))
        factor = np.ones((1,) * x.ndim, x.dtype)
        if self.training:
            # Drawn in float32 always, so that both dtypes get the same mask.
            kept = self.rng.random(x.shape, np.float32) >= self.rate
            factor = kept.astype(x.dtype) / (1 - self.rate)
        live = None
        if lengths is not None:
            live = length_mask(check_lengths(lengths, *x.shape[:2]), x.shape[1])[:, :, None]
            x = zero_padding(x, live)
        return x * factor, None, (x.shape, factor, live)

    def backward(self, dy, cache, dstate=None):
        """Compute ``dx = dy * m / (1 - rate)`` with the mask of the forward pass.

        Parameters
        ----------
        dy : ndarray, shape of the output
        cache : tuple
            From `forward`.
        dstate : None

        Returns
        -------
        dx : ndarray, shape of the input
        dstate : None
        grads : dict
            Empty.

        Raises
        ------
        TypeError, ValueError
            ``dy`` has another dtype or shape than the output.
        """
        shape, factor, live = cache
        check_float_array("dy", dy, shape, factor.dtype)
        if live is not None:
            dy = zero_padding(dy, live)
        return dy * factor, None, {}
