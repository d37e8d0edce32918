"""Training: the loop around model, loss and optimizer, that can be stopped and resumed."""

import math
from functools import partial
from pathlib import Path
from time import perf_counter

from .clip import check_norm, clip_grad_norm, global_norm
from .initializers import make_rng
from .losses import softmax_cross_entropy
from .run import Run
from .truncated_bptt import truncated_bptt
from .validation import (
    check_finite,
    check_layer,
    check_not_negative,
    check_positive,
    check_size,
    describe,
)


def fit(
    model,
    batches,
    optimizer,
    loss=softmax_cross_entropy,
    *,
    steps=None,
    epochs=None,
    carry=False,
    max_norm=None,
    schedule=None,
    validate=None,
    stop=None,
    every=None,
    checkpoint=None,
    resume=False,
    gradients=None,
    progress=True,
    rng=None,
):
    """Train a model, step by step: forward, loss, backward, clip, update.

    A language model on a stream, and minibatches of sequences::

        streams = lambda rng: rc.stream_batches(ids, 32, 25)
        history = rc.fit(model, streams, rc.Adam(model.params), epochs=3, carry=True, max_norm=1)

        def batches(rng):
            for rows in rc.minibatches(len(x), 32, rng):
                yield rc.tasks.Sequences(x[rows], lengths[rows], targets[rows], mask=None)

    Parameters
    ----------
    model : layer
        Of the common protocol.
    batches : callable
        ``batches(rng)`` gives the batches of one epoch, each a pair (x, targets) or a
        `tasks.Sequences`, of which ``lengths`` and ``mask`` may be None. Chance may come from
        this ``rng`` alone.
    optimizer : Optimizer
        Over ``model.params``.
    loss : callable
        ``loss(y, targets) -> value, dy``; it also takes ``mask`` where a batch has one.
    steps, epochs : int, optional
        How many updates, how many times through ``batches``, in all. One has to be given; of
        both, the one that is reached first counts.
    carry : bool
        Start each batch from the state that the one before ended in, as streams need it;
        each epoch starts afresh. The gradient is cut at the batch's border.
    max_norm : float, optional
        Clips the gradient's global norm.
    schedule : callable, optional
        ``schedule(step) -> lr``, from step 0; by default ``optimizer.lr`` as it is.
    validate : callable, optional
        ``validate(model) -> dict`` of numbers, called outside training: no dropout.
    stop : callable, optional
        ``stop(history) -> bool``: whether to end now, asked after each validation but that
        of step 0.
    every : int, optional
        Validate, ask ``stop`` and write the checkpoint after every so many steps; by default
        at the start of each epoch. In any case before the first step and after the last.
    checkpoint : path, optional
        File to write; written on Ctrl-C as well. It holds what training changes: parameters,
        the optimizer's averages, random generators, place in the data, carried state,
        history. Settings such as ``lr`` are always those of the call.
    resume : bool
        Go on from ``checkpoint`` as if there had been no break: the results are identical.
    gradients : callable, optional
        ``gradients(model, batch, state) -> value, grads, state`` instead of ``loss``, for
        models with a ``forward`` of another form.
    progress : bool
        Show a progress bar on the error stream.
    rng : numpy.random.Generator, optional
        Gives the seed of all batches.

    Returns
    -------
    History

    Raises
    ------
    FileExistsError, FileNotFoundError
        There is a checkpoint that would be lost, or none to resume from.
    KeyboardInterrupt
        After Ctrl-C, saying where the run stands. Model and checkpoint are whole.
    TypeError, ValueError
        A bad argument; a checkpoint that is damaged or of another model; a loss or gradient
        that is NaN or infinite. A note says at which step, the model is as before it.
    """
    _check(model, batches, optimizer, steps, epochs, max_norm, every)
    _check_functions(
        loss=loss, schedule=schedule, validate=validate, stop=stop, gradients=gradients
    )
    run = Run(model, optimizer, seed=int(make_rng(rng).integers(2**63)))
    _open(run, checkpoint, resume)
    gradients = gradients or partial(_window, loss=loss)
    try:
        with _bar(progress, steps, run.step) as bar:
            for batch in run.batches(batches, steps or math.inf, epochs or math.inf):
                due = run.batch == 0 if every is None else run.step % every == 0
                if due and _pause(run, validate, stop, checkpoint):
                    return run.history
                _step(run, batch, gradients, carry, max_norm, schedule)
                bar.set_postfix(loss=f"{run.history.loss[-1]:.4g}", refresh=False)
                bar.update()
            _pause(run, validate, stop, checkpoint)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(_leave(run, checkpoint)) from None
    except (TypeError, ValueError) as error:
        error.add_note(_advise(run))
        raise
    return run.history


def _step(run, batch, gradients, carry, max_norm, schedule):
    """Make one update."""
    start = perf_counter()
    if schedule is not None:
        run.optimizer.lr = check_not_negative(f"schedule({run.step})", schedule(run.step))
    loss, grads, state = gradients(run.model, batch, run.state)
    check_finite("loss", loss)
    if max_norm is None:
        norm = global_norm(grads)
        check_norm(norm, grads)
    else:
        grads, norm = clip_grad_norm(grads, max_norm)
    run.update(grads, state if carry else None, loss, norm, start)


def _window(model, batch, state, loss):
    return next(truncated_bptt(model, [batch], loss, state=state))


def _pause(run, validate, stop, checkpoint):
    """Validate, write the checkpoint, and say whether to stop here."""
    run.measure(validate)
    if checkpoint is not None:
        run.save(checkpoint)
    return stop is not None and run.step > 0 and stop(run.history)


def _check(model, batches, optimizer, steps, epochs, max_norm, every):
    check_layer("model", model)
    if not callable(batches):
        raise TypeError(
            "batches: expected a function that gives the batches of one epoch, such as "
            f"lambda rng: rc.stream_batches(ids, 32, 25), got {type(batches).__name__}"
        )
    own, params = getattr(optimizer, "params", {}), model.params
    if own.keys() != params.keys() or any(own[name] is not params[name] for name in params):
        raise ValueError("optimizer: expected one over model.params, such as rc.Adam(model.params)")
    if steps is None and epochs is None:
        raise ValueError("steps, epochs: expected one of the two, got neither")
    for name, value in {"steps": steps, "epochs": epochs, "every": every}.items():
        if value is not None:
            check_size(name, value)
    if max_norm is not None:
        check_positive("max_norm", max_norm)


def _check_functions(**functions):
    for name, function in functions.items():
        if not callable(function) and (function is not None or name == "loss"):
            raise TypeError(f"{name}: expected a function, got {describe(function)}")


def _open(run, checkpoint, resume):
    """Load the checkpoint to resume from, or make sure that none is lost."""
    if checkpoint is None:
        if resume:
            raise ValueError("resume: expected the file to resume from as checkpoint, got None")
    elif resume:
        run.load(checkpoint)
    elif Path(checkpoint).exists():
        raise FileExistsError(
            f"checkpoint: {checkpoint} exists; go on from it with resume=True, or delete it"
        )
    elif not Path(checkpoint).absolute().parent.is_dir():
        raise FileNotFoundError(f"checkpoint: there is no folder for {checkpoint}")


def _bar(progress, steps, done):
    from tqdm import tqdm

    return tqdm(total=steps, initial=done, unit="step", disable=not progress)


def _leave(run, checkpoint):
    """Save what an interruption left, and say how to go on."""
    where = run.rewind()
    if checkpoint is None:
        return f"{where}; give fit a checkpoint to be able to go on"
    run.save(checkpoint)
    return f"{where}, and so is {checkpoint}: go on with resume=True"


def _advise(run):
    """Say where a run failed, with the numbers to look at."""
    note = [run.rewind()]
    if run.step:
        rate, norm = run.history.lr[-1], run.history.grad_norm[-1]
        note.append(f"its learning rate was {rate:.3g}, its gradient norm {norm:.3g}")
    if run.saved is not None:
        path, step = run.saved
        note.append(f"{path} holds step {step}: settings may differ when you resume from it")
    return "; ".join(note)
