"""Exercise 05, vanishing and exploding gradients: what is asked, what is right, mistakes."""

import numpy as np

import rnncore as rc
from grading.check import Task, slips

FACTORS = "Chapter 6, The mathematics: one factor a step"
BOUND = "Chapter 6, How much a product can shrink or stretch"
CODE = "Chapter 6, The code: follow the gradient"
CLIPPING = "Chapter 6, Two ways to clip"
CLIFF = "Chapter 6, The cliff"
TRUNCATION = "Chapter 6, Truncation does not help"
FREE = "Chapter 6, A free path"


def _sizes(rng, count, avoid=()):
    choice = [size for size in range(2, 9) if size not in avoid]
    return [int(size) for size in rng.choice(choice, count, replace=False)]


def draw_product(rng, T=None):
    """Draw the arguments of `jacobian_product`."""
    steps = int(rng.integers(3, 6))
    (H,) = _sizes(rng, 1, avoid=(steps, 2))
    Whh = 1.2 * rng.standard_normal((H, H)) / np.sqrt(H)
    return {"h": rng.uniform(-0.8, 0.8, (T or steps, H)), "Whh": Whh}


def draw_norms(rng, N=None, T=None):
    """Draw the arguments of `gradient_norms`, with the states of a real ReLU network."""
    steps = int(rng.integers(4, 8))
    batch, H = _sizes(rng, 2, avoid=(steps, 2, 3))
    N, T = N or batch, T or steps
    layer = rc.RNN(3, H, nonlinearity="relu", rng=rng)
    y, _, _ = layer.forward(rng.standard_normal((N, T, 3)), np.abs(rng.standard_normal((N, H))))
    Whh = layer.params["Whh"] + 0.5 * rng.standard_normal((H, H))
    return {"dh": rng.standard_normal((N, H)), "h": y, "Whh": Whh}


def draw_bound(rng, gamma=None, size=None, k=None):
    """Draw the arguments of `growth_bound`; Whh is far from symmetric."""
    (H,) = _sizes(rng, 1, avoid=(2,))
    Whh = np.triu(rng.uniform(0.5, 1.5, (H, H))) - 0.3 * rng.standard_normal((H, H))
    gamma = gamma or float(rng.choice([0.25, 0.5, 0.8]))
    share = size or float(rng.choice([0.7, 0.9, 1.2, 1.5]))
    Whh *= share / gamma / np.linalg.norm(Whh, 2)
    return {"Whh": Whh, "gamma": gamma, "k": k or int(rng.integers(3, 9))}


def draw_clip(rng, limit=None):
    """Draw the arguments of `clip_by_value`: few entries lie above the limit."""
    D, H = _sizes(rng, 2)
    shapes = {"Wxh": (D, H), "Whh": (H, H), "bh": (H,)}
    grads = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    grads["Whh"][0, 0], grads["Wxh"][0, 1], grads["bh"][0] = 5.0, -4.0, 2.5
    return {"grads": grads, "limit": limit or round(float(rng.uniform(0.5, 1.5)), 3)}


def draw_clip_zero(rng):
    """Draw gradients that are all zero."""
    drawn = draw_clip(rng)
    return {**drawn, "grads": {name: 0 * g for name, g in drawn["grads"].items()}}


def draw_unit(rng, T=None):
    """Draw the arguments of `one_unit_gradient`."""
    return {
        "w": round(float(rng.uniform(2.0, 6.0)), 3),
        "b": round(float(rng.uniform(-2.0, -0.5)), 3),
        "h0": round(float(rng.uniform(0.4, 0.8)), 3),
        "target": round(float(rng.uniform(0.1, 0.3)), 3),
        "T": T or int(rng.integers(3, 8)),
    }


def draw_bias(rng, M=None, shift=0.6):
    """Draw the arguments of `bias_and_noise`."""
    batches = int(rng.integers(9, 14))
    M, P = M or batches, int(rng.integers(3, 8))
    exact = 1.0 + rng.standard_normal((M, P))
    truncated = shift * exact + 0.5 * rng.standard_normal((M, P))
    return {"exact": exact, "truncated": truncated}


def draw_residual(rng, N=None):
    """Draw the arguments of `residual_step_backward`, from a real step."""
    batch, D, H = _sizes(rng, 3)
    N = N or batch
    x, h_prev = rng.standard_normal((N, D)), rng.standard_normal((N, H))
    Wxh, Whh = rng.standard_normal((D, H)) / D, rng.standard_normal((H, H)) / np.sqrt(H)
    alpha = round(float(rng.uniform(0.2, 0.7)), 3)
    h = h_prev + alpha * np.tanh(x @ Wxh + h_prev @ Whh)
    dh = rng.standard_normal((N, H))
    return {"dh": dh, "h": h, "h_prev": h_prev, "Whh": Whh, "alpha": alpha}


# --- a product of Jacobians


def reference_product(h, Whh):
    """Multiply one-step Jacobians of the library: row i of each is what e_i becomes."""
    rows, nothing = np.eye(len(Whh)), np.zeros((len(Whh), 1))
    for h_t in h[::-1]:
        state = np.tile(h_t, (len(Whh), 1))
        cache = (nothing, state, state, np.zeros((1, len(Whh))), Whh, "tanh")
        _, rows, _ = rc.rnn_step_backward(rows, cache)
    return rows


def _product(h, Whh, slope=lambda h: 1 - h**2, order=-1, transpose=True, left=True):
    P, back = np.eye(len(Whh)), Whh.T if transpose else Whh
    for h_t in h[::order]:
        P = P @ (slope(h_t)[:, None] * back if left else back * slope(h_t))
    return P


def _product_of_entries(h, Whh):
    P = np.eye(len(Whh))
    for h_t in h[::-1]:
        P = P * ((1 - h_t**2)[:, None] * Whh.T)
    return P


PRODUCT = Task(
    name="jacobian_product",
    draw=draw_product,
    edges=(lambda rng: draw_product(rng, T=1), lambda rng: draw_product(rng, T=9)),
    reference=reference_product,
    returns=("P",),
    misconceptions=slips(
        "jacobian_product",
        (
            "slope_forgotten",
            lambda h, Whh: _product(h, Whh, slope=np.ones_like),
            "only Whh is multiplied; each factor also holds the slope of tanh at its step.",
            FACTORS,
        ),
        (
            "not_transposed",
            lambda h, Whh: _product(h, Whh, transpose=False),
            "the factors hold Whh as it is; a gradient travels back through its transpose.",
            FACTORS,
        ),
        (
            "slope_on_the_wrong_side",
            lambda h, Whh: _product(h, Whh, left=False),
            "the slope is applied after Whh.T; a gradient that comes back meets the slope of the "
            "step first, then Whh.T. For row vectors the first factor stands on the left.",
            FACTORS,
        ),
        (
            "slope_of_the_state",
            lambda h, Whh: _product(h, Whh, slope=lambda h: 1 - np.tanh(h) ** 2),
            "tanh is applied to h once more before the slope is taken; h already is the tanh of "
            "the pre-activation.",
            FACTORS,
        ),
        (
            "transposed_product",
            lambda h, Whh: _product(h, Whh).T,
            "this is the transpose of the product asked for: it suits column vectors, and the "
            "gradient here is a row.",
            FACTORS,
        ),
    )
    + slips(
        "jacobian_product",
        (
            "order_reversed",
            lambda h, Whh: _product(h, Whh, order=1),
            "the factors stand in the order of time; a gradient that comes back meets the last "
            "step first, so its factor stands on the left.",
            FACTORS,
        ),
        (
            "entry_by_entry",
            _product_of_entries,
            "the factors are multiplied entry by entry, with *; multiply matrices, with @.",
            FACTORS,
        ),
        (
            "first_step_missing",
            lambda h, Whh: _product(h[1:], Whh),
            "the factor of the first step is missing; the product ends at h_0, not at h_1.",
            FACTORS,
        ),
    ),
)


# --- norms over distance


def reference_norms(dh, h, Whh):
    """Chain the library's backward steps."""
    nothing, norms = np.zeros((len(dh), 1)), [np.linalg.norm(dh)]
    for h_t in reversed(h.swapaxes(0, 1)):
        cache = (nothing, h_t, h_t, np.zeros((1, len(Whh))), Whh, "relu")
        _, dh, _ = rc.rnn_step_backward(dh, cache)
        norms.append(np.linalg.norm(dh))
    return np.array(norms)


def _norms(dh, h, Whh, slope=lambda h: h > 0, order=-1, norm=np.linalg.norm):
    norms = [norm(dh)]
    for h_t in h.swapaxes(0, 1)[::order]:
        dh = (dh * slope(h_t)) @ Whh.T
        norms.append(norm(dh))
    return np.array(norms)


def _norms_slope_last(dh, h, Whh):
    norms = [np.linalg.norm(dh)]
    for h_t in h.swapaxes(0, 1)[::-1]:
        dh = (dh @ Whh.T) * (h_t > 0)
        norms.append(np.linalg.norm(dh))
    return np.array(norms)


NORMS = Task(
    name="gradient_norms",
    draw=draw_norms,
    edges=(
        lambda rng: draw_norms(rng, N=1),
        lambda rng: draw_norms(rng, T=1),
        lambda rng: draw_norms(rng, N=1, T=1),
    ),
    reference=reference_norms,
    returns=("norms",),
    misconceptions=slips(
        "gradient_norms",
        (
            "slope_of_tanh",
            lambda dh, h, Whh: _norms(dh, h, Whh, slope=lambda h: 1 - h**2),
            "this is the slope of tanh; the slope of ReLU is 1 where the state is above 0, and "
            "0 elsewhere.",
            FACTORS,
        ),
        (
            "slope_forgotten",
            lambda dh, h, Whh: _norms(dh, h, Whh, slope=np.ones_like),
            "gradients pass through units that are off; where the state is 0 the slope of ReLU "
            "is 0.",
            FACTORS,
        ),
        (
            "state_as_slope",
            lambda dh, h, Whh: _norms(dh, h, Whh, slope=lambda h: h),
            "the gradient is multiplied by the state; the slope of ReLU is 1 where the state is "
            "above 0, whatever its size.",
            FACTORS,
        ),
        (
            "not_transposed",
            lambda dh, h, Whh: _norms(dh, h, Whh.T),
            "the way back multiplies by Whh as it is; it should be the transpose.",
            FACTORS,
        ),
        (
            "distance_zero_missing",
            lambda dh, h, Whh: _norms(dh, h, Whh)[1:],
            "the norm at distance 0, of dh itself, is missing.",
            CODE,
        ),
        (
            "start_missing",
            lambda dh, h, Whh: _norms(dh, h, Whh)[:-1],
            "the last norm is missing: the gradient goes back through the first step too, to the "
            "state before it.",
            CODE,
        ),
        (
            "order_of_time",
            lambda dh, h, Whh: _norms(dh, h, Whh)[::-1],
            "the norms stand in the order of time; norms[0] belongs to distance 0, the last state.",
            CODE,
        ),
        (
            "squared",
            lambda dh, h, Whh: _norms(dh, h, Whh) ** 2,
            "these are squared norms; take the square roots.",
            CODE,
        ),
        (
            "largest_entry",
            lambda dh, h, Whh: _norms(dh, h, Whh, norm=lambda d: np.abs(d).max()),
            "these are the largest entries; the norm is over all entries, as np.linalg.norm gives "
            "it.",
            CODE,
        ),
    )
    + slips(
        "gradient_norms",
        (
            "norm_of_a_matrix",
            lambda dh, h, Whh: _norms(dh, h, Whh, norm=lambda d: np.linalg.norm(d, 2)),
            "np.linalg.norm(dh, 2) of a matrix is its largest singular value; the norm here is "
            "over all entries, np.linalg.norm(dh).",
            CODE,
        ),
        (
            "slope_after_the_weights",
            _norms_slope_last,
            "the slope is applied after Whh.T; a gradient that comes back meets the slope of the "
            "step first, then Whh.T.",
            FACTORS,
        ),
        (
            "slopes_in_the_order_of_time",
            lambda dh, h, Whh: _norms(dh, h, Whh, order=1),
            "the slopes are taken from the first step on; the gradient starts at the last state.",
            FACTORS,
        ),
    ),
)


# --- the bound


def reference_bound(Whh, gamma, k):
    """Take the largest singular value from the library-free definition."""
    factor = gamma * float(np.linalg.svd(Whh, compute_uv=False)[0])
    return factor**k, "must vanish" if factor < 1 else "cannot tell"


def _bound(Whh, gamma, k, size=lambda W: np.linalg.norm(W, 2), above="cannot tell"):
    factor = float(gamma * size(Whh))
    return factor**k, "must vanish" if factor < 1 else above


def _radius(W):
    return np.abs(np.linalg.eigvals(W)).max()


def _powers(Whh, gamma, k):
    factor = float(np.linalg.norm(np.linalg.matrix_power(Whh, k), 2) * gamma**k)
    return factor, reference_bound(Whh, gamma, k)[1]


BOUND_SLIPS = slips(
    "growth_bound",
    (
        "spectral_radius",
        lambda Whh, gamma, k: _bound(Whh, gamma, k, _radius),
        "this uses the largest absolute eigenvalue; a single product can stretch a vector by "
        "more than that. Take the largest singular value.",
        BOUND,
    ),
    (
        "frobenius",
        lambda Whh, gamma, k: _bound(Whh, gamma, k, np.linalg.norm),
        "np.linalg.norm(Whh) is the norm over all entries; it is larger than the largest "
        "singular value, which is the most that one product can stretch.",
        BOUND,
    ),
    (
        "largest_entry",
        lambda Whh, gamma, k: _bound(Whh, gamma, k, lambda W: np.abs(W).max()),
        "this is the largest entry of Whh; many small entries together stretch more than one. "
        "Take the largest singular value.",
        BOUND,
    ),
    (
        "smallest_singular_value",
        lambda Whh, gamma, k: _bound(Whh, gamma, k, lambda W: np.linalg.norm(W, -2)),
        "this is the smallest singular value; the bound needs the largest.",
        BOUND,
    ),
    (
        "slope_forgotten",
        lambda Whh, gamma, k: _bound(Whh, 1.0, k),
        "the slope gamma does not enter; every step multiplies by it too.",
        BOUND,
    ),
    (
        "slope_once",
        lambda Whh, gamma, k: (
            gamma * np.linalg.norm(Whh, 2) ** k,
            reference_bound(Whh, gamma, k)[1],
        ),
        "gamma enters once; each of the k steps has its own slope.",
        BOUND,
    ),
    (
        "times_instead_of_power",
        lambda Whh, gamma, k: (
            k * gamma * np.linalg.norm(Whh, 2),
            reference_bound(Whh, gamma, k)[1],
        ),
        "the factor is multiplied by k; k steps multiply k factors, so it is a power.",
        BOUND,
    ),
    (
        "norm_of_the_power",
        _powers,
        "this takes the norm of Whh @ Whh @ ...; with slopes that differ from step to step the "
        "product can be longer. Take the singular value of Whh first, then the power.",
        BOUND,
    ),
) + slips(
    "growth_bound",
    (
        "above_one_explodes",
        lambda Whh, gamma, k: _bound(Whh, gamma, k, above="must explode"),
        "a factor of 1 or more is called an explosion; it is only necessary for one. Where the "
        "slopes are small the gradient still vanishes.",
        BOUND,
    ),
    (
        "verdict_upside_down",
        lambda Whh, gamma, k: (
            reference_bound(Whh, gamma, k)[0],
            {"must vanish": "cannot tell", "cannot tell": "must vanish"}[
                reference_bound(Whh, gamma, k)[1]
            ],
        ),
        "the verdict is upside down; a factor below 1 makes the gradient vanish.",
        BOUND,
    ),
)

GROWTH = Task(
    name="growth_bound",
    draw=lambda rng: draw_bound(rng, size=1.3),
    edges=(
        lambda rng: draw_bound(rng, size=0.8),
        lambda rng: draw_bound(rng, gamma=1.0, size=0.95),
        lambda rng: draw_bound(rng, k=1),
        lambda rng: draw_bound(rng, k=1, size=0.5),
    ),
    reference=reference_bound,
    returns=("bound", "verdict"),
    misconceptions=BOUND_SLIPS,
)


# --- clipping by value


def _flat(grads):
    return np.concatenate([g.ravel() for g in grads.values()])


def reference_clip(grads, limit):
    """Clip with the library, and compare directions over all parameters at once."""
    clipped = rc.clip_grad_value(grads, limit)
    u, v = _flat(grads), _flat(clipped)
    size = np.linalg.norm(u) * np.linalg.norm(v)
    return clipped, float(u @ v / size) if size else 1.0


def _clip(grads, limit, one=np.clip, cosine=None):
    clipped = {name: one(g, -limit, limit) for name, g in grads.items()}
    u, v = _flat(grads), _flat(clipped)
    size = np.linalg.norm(u) * np.linalg.norm(v)
    value = float(u @ v / size) if size else 1.0
    return clipped, value if cosine is None else cosine(u, v, value)


def _clip_by_norm(grads, limit):
    clipped = rc.clip_grad_norm(grads, limit)[0]
    return clipped, 1.0


def _each_by_norm(grads, limit):
    clipped = {name: rc.clip_grad_norm({name: g}, limit)[0][name] for name, g in grads.items()}
    u, v = _flat(grads), _flat(clipped)
    size = np.linalg.norm(u) * np.linalg.norm(v)
    return clipped, float(u @ v / size) if size else 1.0


def _mean_cosine(grads, limit):
    clipped = reference_clip(grads, limit)[0]
    each = [reference_clip({n: g}, limit)[1] for n, g in grads.items()]
    return clipped, float(np.mean(each))


def _without_guard(grads, limit):
    with np.errstate(all="ignore"):
        clipped, u = rc.clip_grad_value(grads, limit), _flat(grads)
        v = _flat(clipped)
        return clipped, float(u @ v / np.float64(np.linalg.norm(u) * np.linalg.norm(v)))


CLIP = Task(
    name="clip_by_value",
    draw=draw_clip,
    edges=(lambda rng: draw_clip(rng, limit=9.0), draw_clip_zero),
    reference=reference_clip,
    returns=("clipped", "cosine"),
    misconceptions=slips(
        "clip_by_value",
        (
            "by_norm",
            _clip_by_norm,
            "the whole gradient is scaled by one factor, which is clipping by norm; here every "
            "entry is cut on its own.",
            CLIPPING,
        ),
        (
            "upper_side_only",
            lambda grads, limit: _clip(grads, limit, lambda g, low, high: np.minimum(g, high)),
            "only large positive entries are cut; entries below -limit have to become -limit.",
            CLIPPING,
        ),
        (
            "set_to_zero",
            lambda grads, limit: _clip(
                grads, limit, lambda g, low, high: np.where(np.abs(g) > high, 0, g)
            ),
            "entries beyond the limit become 0; they should become the limit, with their sign.",
            CLIPPING,
        ),
        (
            "sign_lost",
            lambda grads, limit: _clip(
                grads, limit, lambda g, low, high: np.minimum(np.abs(g), high)
            ),
            "the entries lose their signs; a large negative entry becomes -limit.",
            CLIPPING,
        ),
        (
            "each_array_by_its_norm",
            _each_by_norm,
            "each array is scaled by a factor of its own, which is clipping by norm, array by "
            "array; here every entry is cut on its own.",
            CLIPPING,
        ),
        (
            "mean_of_cosines",
            _mean_cosine,
            "the cosine is the mean of one cosine for each array; take all entries of all arrays "
            "as one long vector.",
            CLIPPING,
        ),
        (
            "dot_product",
            lambda grads, limit: _clip(grads, limit, cosine=lambda u, v, c: float(u @ v)),
            "the dot product is not divided by the two norms.",
            CLIPPING,
        ),
        (
            "angle",
            lambda grads, limit: _clip(grads, limit, cosine=lambda u, v, c: float(np.arccos(c))),
            "this is the angle; return its cosine.",
            CLIPPING,
        ),
        (
            "degrees",
            lambda grads, limit: _clip(
                grads, limit, cosine=lambda u, v, c: float(np.degrees(np.arccos(c)))
            ),
            "this is the angle in degrees; return its cosine.",
            CLIPPING,
        ),
        (
            "ratio_of_norms",
            lambda grads, limit: _clip(
                grads,
                limit,
                cosine=lambda u, v, c: float(np.linalg.norm(v) / (np.linalg.norm(u) or 1.0)),
            ),
            "this says how much shorter the gradient became; the cosine says how far it turned.",
            CLIPPING,
        ),
    )
    + slips(
        "clip_by_value",
        (
            "zero_by_zero",
            _without_guard,
            "for a gradient that is zero the cosine is 0 / 0; nothing has turned, so return 1.",
            CLIPPING,
        ),
        cells=("hidden",),
    ),
)


# --- the network of one unit


def reference_unit(w, b, h0, target, T):
    """Differentiate forward in time: the sensitivities of h travel along."""
    h, by_w, by_b = h0, 0.0, 0.0
    for _ in range(T):
        new = float(rc.sigmoid(w * h + b))
        slope = new * (1 - new)
        by_w, by_b, h = slope * (h + w * by_w), slope * (1 + w * by_b), new
    return (h - target) ** 2, 2 * (h - target) * by_w, 2 * (h - target) * by_b


def _unit(w, b, h0, target, T, slope=lambda h: h * (1 - h), shift=0, back=None, two=2, last=False):
    h = [h0]
    for _ in range(T):
        h.append(float(rc.sigmoid(w * h[-1] + b)))
    dh, dw, db = two * (h[T] - target), 0.0, 0.0
    for t in range(T, 0, -1):
        da = dh * slope(h[t])
        dw, db = dw + h[t - 1 + shift] * da, db + da
        dh = da * (w if back is None else back)
        if last:
            break
    return (h[T] - target) ** 2, dw, db


def _unit_overwritten(w, b, h0, target, T):
    h = [h0]
    for _ in range(T):
        h.append(float(rc.sigmoid(w * h[-1] + b)))
    dh = 2 * (h[T] - target)
    for t in range(T, 0, -1):
        da = dh * h[t] * (1 - h[t])
        dw, db, dh = h[t - 1] * da, da, da * w
    return (h[T] - target) ** 2, dw, db


def _unit_tanh(w, b, h0, target, T):
    return _unit(w, b, h0, target, T, slope=lambda h: 1 - h**2)


UNIT = Task(
    name="one_unit_gradient",
    draw=draw_unit,
    edges=(lambda rng: draw_unit(rng, T=1), lambda rng: draw_unit(rng, T=50)),
    reference=reference_unit,
    returns=("loss", "dw", "db"),
    misconceptions=slips(
        "one_unit_gradient",
        (
            "last_step_only",
            lambda **given: _unit(**given, last=True),
            "only the last step adds to dw and db; w and b are used in every step, so sum over "
            "the steps.",
            CLIFF,
        ),
        (
            "overwritten",
            _unit_overwritten,
            "each step overwrites dw and db, and only the first step is left; add to them, with "
            "+=.",
            CLIFF,
        ),
        (
            "w_forgotten",
            lambda **given: _unit(**given, back=1.0),
            "from one state to the one before the gradient is multiplied by the slope alone; it "
            "also passes through w.",
            CLIFF,
        ),
        (
            "slope_forgotten",
            lambda **given: _unit(**given, slope=lambda h: 1.0),
            "the slope of the sigmoid is missing; it is h * (1 - h) at each step.",
            CLIFF,
        ),
        (
            "slope_of_tanh",
            _unit_tanh,
            "1 - h ** 2 is the slope of tanh; that of the sigmoid is h * (1 - h).",
            CLIFF,
        ),
        (
            "state_after_the_step",
            lambda **given: _unit(**given, shift=1),
            "dw uses the state after each step; w multiplied the state before it.",
            CLIFF,
        ),
        (
            "two_forgotten",
            lambda **given: _unit(**given, two=1),
            "both derivatives are half as large as they should be; the square has the derivative "
            "2 * (h - target).",
            CLIFF,
        ),
        (
            "loss_halved",
            lambda **given: tuple(v / 2 for v in _unit(**given)),
            "the loss and its derivatives are half of what is asked; the loss is the square, "
            "without a factor of one half.",
            CLIFF,
        ),
    ),
    library=("sigmoid",),
)


# --- bias and noise


def reference_bias(exact, truncated):
    """Compute both in the order of the definition."""
    aim, mean = exact.mean(axis=0), truncated.mean(axis=0)
    size = np.linalg.norm(aim)
    bias = np.linalg.norm(mean - aim)
    spread = np.linalg.norm(truncated - mean, axis=1)
    return float(bias / size), float(np.sqrt(np.mean(spread**2)) / size)


def _rows(a):
    return np.sqrt(np.mean(np.linalg.norm(a, axis=1) ** 2))


def _bias(exact, truncated, bias=None, noise=None, size=None):
    aim, mean = exact.mean(axis=0), truncated.mean(axis=0)
    size = np.linalg.norm(aim) if size is None else size(exact, truncated)
    bias = np.linalg.norm(mean - aim) if bias is None else bias(exact, truncated)
    noise = _rows(truncated - mean) if noise is None else noise(exact, truncated)
    return float(bias / size), float(noise / size)


def _mean_row(a):
    return np.mean(np.linalg.norm(a, axis=1))


BIAS = Task(
    name="bias_and_noise",
    draw=draw_bias,
    edges=(lambda rng: draw_bias(rng, M=1), lambda rng: draw_bias(rng, M=200)),
    reference=reference_bias,
    returns=("bias", "noise"),
    misconceptions=slips(
        "bias_and_noise",
        (
            "mean_of_distances",
            lambda exact, truncated: _bias(exact, truncated, bias=lambda e, t: _mean_row(t - e)),
            "the bias is the mean distance of single gradients; average the gradients first, then "
            "take one distance. Noise must cancel in it.",
            TRUNCATION,
        ),
        (
            "difference_of_norms",
            lambda exact, truncated: _bias(
                exact,
                truncated,
                bias=lambda e, t: abs(
                    np.linalg.norm(t.mean(axis=0)) - np.linalg.norm(e.mean(axis=0))
                ),
            ),
            "two norms are subtracted; gradients of equal length can point apart. Take the norm of "
            "the difference.",
            TRUNCATION,
        ),
        (
            "not_relative",
            lambda exact, truncated: _bias(exact, truncated, size=lambda e, t: 1.0),
            "both numbers have to be divided by the norm of the mean exact gradient.",
            TRUNCATION,
        ),
        (
            "relative_to_truncated",
            lambda exact, truncated: _bias(
                exact, truncated, size=lambda e, t: np.linalg.norm(t.mean(axis=0))
            ),
            "the numbers are divided by the norm of the truncated mean; divide by that of the "
            "exact mean.",
            TRUNCATION,
        ),
        (
            "all_entries_averaged",
            lambda exact, truncated: _bias(
                exact, truncated, size=lambda e, t: abs(e.mean()) * np.sqrt(e.shape[1])
            ),
            "the average runs over the parameters as well; it is over the batches only, axis 0.",
            TRUNCATION,
        ),
        (
            "mean_of_everything",
            lambda exact, truncated: _bias(
                exact,
                truncated,
                bias=lambda e, t: abs(t.mean() - e.mean()),
                noise=lambda e, t: t.std(),
                size=lambda e, t: abs(e.mean()),
            ),
            "the mean runs over all entries and leaves one number; average over the batches only, "
            "axis 0, so that one mean gradient is left.",
            TRUNCATION,
        ),
    )
    + slips(
        "bias_and_noise",
        (
            "noise_around_the_exact_mean",
            lambda exact, truncated: _bias(
                exact, truncated, noise=lambda e, t: _rows(t - e.mean(axis=0))
            ),
            "the noise is measured from the mean of the exact gradients, so it holds the bias as "
            "well; measure it from the mean of the truncated ones.",
            TRUNCATION,
        ),
        (
            "noise_relative_to_truncated",
            lambda exact, truncated: (
                reference_bias(exact, truncated)[0],
                float(
                    _rows(truncated - truncated.mean(axis=0))
                    / np.linalg.norm(truncated.mean(axis=0))
                ),
            ),
            "the noise is divided by the norm of the truncated mean; divide by that of the exact "
            "mean.",
            TRUNCATION,
        ),
        (
            "noise_of_the_exact",
            lambda exact, truncated: _bias(
                exact, truncated, noise=lambda e, t: _rows(e - e.mean(axis=0))
            ),
            "this is the noise of the exact gradients; that of the truncated ones is asked for.",
            TRUNCATION,
        ),
        (
            "noise_not_squared",
            lambda exact, truncated: _bias(
                exact, truncated, noise=lambda e, t: _mean_row(t - t.mean(axis=0))
            ),
            "the noise is the mean distance; it should be the root of the mean squared distance.",
            TRUNCATION,
        ),
        (
            "noise_per_entry",
            lambda exact, truncated: _bias(
                exact, truncated, noise=lambda e, t: np.sqrt(np.mean((t - t.mean(axis=0)) ** 2))
            ),
            "the noise is averaged over the parameters as well; the distance of two gradients is "
            "the norm over all parameters.",
            TRUNCATION,
        ),
    ),
)


# --- a residual step


def reference_residual(dh, h, h_prev, Whh, alpha):
    """Take the plain part through the library's step, and add the direct path."""
    plain = (h - h_prev) / alpha
    cache = (np.zeros((len(dh), 1)), h_prev, plain, np.zeros((1, len(Whh))), Whh, "tanh")
    _, through, grads = rc.rnn_step_backward(alpha * dh, cache)
    return dh + through, grads["Whh"]


def _residual(dh, h, h_prev, Whh, alpha, slope=None, direct=1.0, state=None, scale=None, back=None):
    plain = (h - h_prev) / alpha
    da = dh * (1 - plain**2 if slope is None else slope(h, h_prev))
    da = da * (alpha if scale is None else scale)
    dh_prev = direct * dh + da @ (Whh.T if back is None else back)
    return dh_prev, (h_prev if state is None else state).T @ da


RESIDUAL = Task(
    name="residual_step_backward",
    draw=draw_residual,
    edges=(lambda rng: draw_residual(rng, N=1),),
    reference=reference_residual,
    returns=("dh_prev", "dWhh"),
    misconceptions=slips(
        "residual_step_backward",
        (
            "no_free_path",
            lambda **given: _residual(**given, direct=0.0),
            "the gradient comes back through tanh and Whh only; h_prev is also added to the new "
            "state directly, and that path has the factor 1.",
            FREE,
        ),
        (
            "free_path_scaled",
            lambda **given: _residual(**given, direct=given["alpha"]),
            "the direct path is multiplied by alpha; alpha multiplies only the tanh.",
            FREE,
        ),
        (
            "convex_mixture",
            lambda **given: _residual(**given, direct=1 - given["alpha"]),
            "the direct path has the factor 1 - alpha; that belongs to a mixture of both. Here "
            "h_prev is added as it is.",
            FREE,
        ),
        (
            "alpha_forgotten",
            lambda **given: _residual(**given, scale=1.0),
            "the path through tanh lacks alpha, which multiplies it in the forward step.",
            FREE,
        ),
        (
            "slope_of_the_sum",
            lambda **given: _residual(**given, slope=lambda h, h_prev: 1 - h**2),
            "the slope is taken at h; the tanh of the pre-activation is not h but "
            "(h - h_prev) / alpha.",
            FREE,
        ),
        (
            "not_divided_by_alpha",
            lambda **given: _residual(**given, slope=lambda h, h_prev: 1 - (h - h_prev) ** 2),
            "the slope is taken at h - h_prev, which is alpha times the tanh; divide by alpha "
            "first.",
            FREE,
        ),
        (
            "slope_forgotten",
            lambda **given: _residual(**given, slope=lambda h, h_prev: 1.0),
            "the slope of tanh is missing on the path through Whh.",
            FREE,
        ),
        (
            "not_transposed",
            lambda **given: _residual(**given, back=given["Whh"]),
            "the way back multiplies by Whh as it is; it should be the transpose.",
            FREE,
        ),
        (
            "state_after_the_step",
            lambda **given: _residual(**given, state=given["h"]),
            "dWhh uses the state after the step; Whh multiplied the state before it.",
            FREE,
        ),
        (
            "dWhh_transposed",
            lambda **given: (_residual(**given)[0], _residual(**given)[1].T),
            "dWhh is the transpose of what it should be; h_prev stands on the left, as in "
            "h_prev @ Whh.",
            FREE,
        ),
    ),
)
