"""Recurrent neural networks in NumPy, written to be read beside the book."""

from . import data
from .batching import minibatches, one_hot, stream_batches
from .clip import clip_grad_norm, clip_grad_value, global_norm
from .dense import Dense
from .embedding import Embedding
from .gradcheck import gradient_check, numerical_gradient, relative_error
from .initializers import glorot_uniform, orthogonal
from .language_model import LanguageModel
from .losses import log_softmax, mean_squared_error, softmax, softmax_cross_entropy
from .masking import length_mask, pad
from .metrics import bits_per_symbol, perplexity
from .naming import named
from .ngram import NGram
from .optimizers import SGD, Adam
from .rnn import RNN
from .sampling import generate, sample
from .steps import rnn_step, rnn_step_backward
from .vocab import Vocab

__all__ = [
    "RNN",
    "SGD",
    "Adam",
    "Dense",
    "Embedding",
    "LanguageModel",
    "NGram",
    "Vocab",
    "bits_per_symbol",
    "clip_grad_norm",
    "clip_grad_value",
    "data",
    "generate",
    "global_norm",
    "glorot_uniform",
    "gradient_check",
    "length_mask",
    "log_softmax",
    "mean_squared_error",
    "minibatches",
    "named",
    "numerical_gradient",
    "one_hot",
    "orthogonal",
    "pad",
    "perplexity",
    "relative_error",
    "rnn_step",
    "rnn_step_backward",
    "sample",
    "softmax",
    "softmax_cross_entropy",
    "stream_batches",
]
