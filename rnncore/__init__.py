"""Recurrent neural networks in NumPy, written to be read beside the book."""

__version__ = "0.1.0"

from . import data, schedules, tasks
from .batching import minibatches, one_hot, stream_batches
from .bidirectional import Bidirectional
from .bleu import bleu
from .captioner import Captioner
from .clip import clip_grad_norm, clip_grad_value, global_norm
from .conv2d import Conv2D
from .dense import Dense
from .dropout import Dropout
from .embedding import Embedding
from .encoder_decoder import EncoderDecoder
from .exchange import (
    from_keras,
    from_pytorch,
    load_params,
    load_safetensors,
    save_safetensors,
    to_keras,
    to_pytorch,
)
from .gated_steps import gru_step, gru_step_backward, lstm_step, lstm_step_backward, sigmoid
from .gradcheck import gradient_check, numerical_gradient, relative_error
from .gru import GRU
from .history import History, load_history
from .initializers import glorot_uniform, identity, orthogonal
from .language_model import LanguageModel
from .losses import log_softmax, mean_squared_error, softmax, softmax_cross_entropy
from .lstm import LSTM
from .masking import length_mask, pad, reverse
from .metrics import (
    accuracy,
    bits_per_symbol,
    exact_match,
    f1_per_class,
    mean_absolute_error,
    mean_absolute_scaled_error,
    perplexity,
)
from .naming import named
from .ngram import NGram
from .onnx_export import save_onnx, to_onnx
from .optimizers import SGD, Adam, Momentum, RMSprop
from .pooling import LastStep, MaxPoolTime
from .pooling2d import MaxPool2D
from .rnn import RNN
from .sampling import generate, sample
from .searching import Hypothesis, beam_search, greedy_search, length_penalty
from .stack import Stack
from .steps import rnn_step, rnn_step_backward
from .training import fit
from .truncated_bptt import truncated_bptt
from .vocab import Vocab

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "SGD",
    "Adam",
    "Bidirectional",
    "Captioner",
    "Conv2D",
    "Dense",
    "Dropout",
    "Embedding",
    "EncoderDecoder",
    "History",
    "Hypothesis",
    "LanguageModel",
    "LastStep",
    "MaxPool2D",
    "MaxPoolTime",
    "Momentum",
    "NGram",
    "RMSprop",
    "Stack",
    "Vocab",
    "accuracy",
    "beam_search",
    "bits_per_symbol",
    "bleu",
    "clip_grad_norm",
    "clip_grad_value",
    "data",
    "exact_match",
    "f1_per_class",
    "fit",
    "from_keras",
    "from_pytorch",
    "generate",
    "global_norm",
    "glorot_uniform",
    "gradient_check",
    "greedy_search",
    "gru_step",
    "gru_step_backward",
    "identity",
    "length_mask",
    "length_penalty",
    "load_history",
    "load_params",
    "load_safetensors",
    "log_softmax",
    "lstm_step",
    "lstm_step_backward",
    "mean_absolute_error",
    "mean_absolute_scaled_error",
    "mean_squared_error",
    "minibatches",
    "named",
    "numerical_gradient",
    "one_hot",
    "orthogonal",
    "pad",
    "perplexity",
    "relative_error",
    "reverse",
    "rnn_step",
    "rnn_step_backward",
    "sample",
    "save_onnx",
    "save_safetensors",
    "schedules",
    "sigmoid",
    "softmax",
    "softmax_cross_entropy",
    "stream_batches",
    "tasks",
    "to_keras",
    "to_onnx",
    "to_pytorch",
    "truncated_bptt",
]
