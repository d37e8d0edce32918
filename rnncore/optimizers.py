"""Optimizers. Each updates the parameter arrays it was given, in place."""

import numpy as np

from .validation import (
    check_arrays,
    check_float_array,
    check_fraction,
    check_not_negative,
    check_positive,
    check_same_keys,
)


class Optimizer:
    """What all optimizers share: ``params``, ``lr``, checked gradients, the count of steps.

    A subclass names in ``memories`` its dictionaries of averages, each like ``params``.
    """

    memories = ()

    def __init__(self, params, lr):
        self.params = check_arrays("params", params)
        self.lr = check_positive("lr", lr)
        self.steps = 0

    def step(self, grads):
        """Update every parameter once.

        Parameters
        ----------
        grads : dict of ndarray
            The keys and shapes of ``params``.

        Raises
        ------
        TypeError, ValueError
            The keys or shapes differ, or something is not a floating array; or ``lr`` is no
            number of at least 0.
        """
        check_same_keys("grads", check_arrays("grads", grads), self.params)
        check_not_negative("lr", self.lr)  # a schedule may have set it
        self.steps += 1
        self._update(grads)

    def state(self):
        """Copy what past gradients have left behind: with it, and the parameters, go on later.

        Settings such as ``lr`` are not part of it.

        Returns
        -------
        dict of ndarray
            ``steps`` (), and every average under the name of its kind and parameter, such as
            ``m.Wxh``, in the shape and dtype of the parameter.
        """
        averages = {
            f"{kind}.{name}": average.copy()
            for kind in self.memories
            for name, average in getattr(self, kind).items()
        }
        return {"steps": np.array(self.steps), **averages}

    def load_state(self, state):
        """Take over the memory of another optimizer of this kind, over parameters like these.

        Parameters
        ----------
        state : dict of ndarray
            From `state`; copied.

        Raises
        ------
        TypeError, ValueError
            Another name, shape or dtype. The optimizer is then as it was.
        """
        own = self.state()
        check_same_keys("state", state, own, of=f"{type(self).__name__}.state()")
        for key, like in own.items():
            check_float_array(f"state[{key!r}]", state[key], like.shape, like.dtype)
        self.steps = int(state["steps"])
        for kind in self.memories:
            for name, average in getattr(self, kind).items():
                average[...] = state[f"{kind}.{name}"]


class SGD(Optimizer):
    """Stochastic gradient descent, ``p <- p - lr * g``.

    Parameters
    ----------
    params : dict of ndarray
        The arrays to update; a layer's own ``params``, or several joined by `named`.
    lr : float
        Learning rate, above 0; may be changed between steps.
    """

    def __init__(self, params, lr=0.1):
        super().__init__(params, lr)

    def _update(self, grads):
        for name, p in self.params.items():
            p -= p.dtype.type(self.lr) * grads[name]


class Momentum(Optimizer):
    """Gradient descent with momentum: steps along a decaying sum of past gradients.

    At every step, per entry, from ``u = 0``::

        u <- m * u + g
        p <- p - lr * u

    Under a constant gradient the step grows to ``lr / (1 - m)`` times that gradient.

    Parameters
    ----------
    params : dict of ndarray
        The arrays to update.
    lr : float
        Learning rate, above 0; may be changed between steps.
    momentum : float
        ``m``, from 0 up to 1, 1 excluded. With 0 this is `SGD`.

    Notes
    -----
    Source: Polyak 1964; the form in which ``lr`` multiplies the whole sum is PyTorch's.
    """

    memories = ("u",)

    def __init__(self, params, lr=0.01, momentum=0.9):
        super().__init__(params, lr)
        self.momentum = check_fraction("momentum", momentum)
        self.u = {name: np.zeros_like(p) for name, p in params.items()}

    def _update(self, grads):
        for name, p in self.params.items():
            u = self.u[name]
            u *= self.momentum
            u += grads[name]
            p -= p.dtype.type(self.lr) * u


class RMSprop(Optimizer):
    """RMSprop: the gradient divided by a running root mean square of itself.

    At every step, per entry, from ``v = 0``::

        v <- a * v + (1 - a) * g ** 2
        p <- p - lr * g / (sqrt(v) + eps)

    ``v`` is not corrected for its zero start: the first step has size ``lr / sqrt(1 - a)``.

    Parameters
    ----------
    params : dict of ndarray
        The arrays to update.
    lr : float
        Learning rate, above 0; may be changed between steps.
    alpha : float
        ``a``, from 0 up to 1, 1 excluded.
    eps : float
        Above 0.

    Notes
    -----
    Source: Tieleman and Hinton 2012, lecture 6.5. As in PyTorch, ``eps`` stands outside the
    root.
    """

    memories = ("v",)

    def __init__(self, params, lr=0.01, alpha=0.99, eps=1e-8):
        super().__init__(params, lr)
        self.alpha = check_fraction("alpha", alpha)
        self.eps = check_positive("eps", eps)
        self.v = {name: np.zeros_like(p) for name, p in params.items()}

    def _update(self, grads):
        for name, p in self.params.items():
            g, v = grads[name], self.v[name]
            v += (1 - self.alpha) * (g * g - v)
            p -= p.dtype.type(self.lr) * g / (np.sqrt(v) + self.eps)


class Adam(Optimizer):
    """Adam: steps of about ``lr``, scaled by running means of the gradient and its square.

    At step k, per entry::

        m <- b1 * m + (1 - b1) * g
        v <- b2 * v + (1 - b2) * g ** 2
        p <- p - lr * (m / (1 - b1 ** k)) / (sqrt(v / (1 - b2 ** k)) + eps)

    Parameters
    ----------
    params : dict of ndarray
        The arrays to update.
    lr : float
        Learning rate, above 0; may be changed between steps.
    betas : tuple of float
        ``(b1, b2)``, each from 0 up to 1, 1 excluded.
    eps : float
        Above 0.

    Notes
    -----
    Source: Kingma and Ba 2015, algorithm 1.
    """

    memories = ("m", "v")

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(params, lr)
        self.eps = check_positive("eps", eps)
        if not isinstance(betas, tuple | list) or len(betas) != 2:
            raise ValueError(f"betas: expected two numbers (b1, b2), got {betas}")
        self.betas = tuple(check_fraction(f"betas[{i}]", b) for i, b in enumerate(betas))
        self.m = {name: np.zeros_like(p) for name, p in params.items()}
        self.v = {name: np.zeros_like(p) for name, p in params.items()}

    def _update(self, grads):
        b1, b2 = self.betas
        # The two corrections for the zero start, moved to the step size and to v.
        lr = self.lr / (1 - b1**self.steps)
        v_scale = 1 / (1 - b2**self.steps)
        for name, p in self.params.items():
            g, m, v = grads[name], self.m[name], self.v[name]
            m += (1 - b1) * (g - m)
            v += (1 - b2) * (g * g - v)
            p -= lr * m / (np.sqrt(v * v_scale) + self.eps)
