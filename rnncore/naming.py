"""Parameters and gradients of several layers in one dictionary."""


def named(**groups):
    """Join dictionaries under prefixed keys: ``named(rnn=p)["rnn.Wxh"] is p["Wxh"]``.

    Parameters
    ----------
    **groups : dict of ndarray
        A layer's ``params`` or ``grads``, under the layer's name.

    Returns
    -------
    dict of ndarray
        The same arrays, not copies, so that an optimizer updates the layers themselves.

    Raises
    ------
    TypeError
        A group is not a dictionary: ``named(rnn=rnn)`` for ``named(rnn=rnn.params)``.
    """
    for layer, group in groups.items():
        if not isinstance(group, dict):
            raise TypeError(
                f"{layer}: expected a dictionary such as layer.params, got {type(group).__name__}"
            )
    return {f"{layer}.{name}": a for layer, group in groups.items() for name, a in group.items()}
