"""Memory that is used again is never used twice at once."""

import gc
import threading

import numpy as np
import pytest

from rnncore import memory

SIZE = (1000, 100)


@pytest.fixture
def pool():
    return memory.Pool()


def address(a):
    return a.__array_interface__["data"][0]


def test_a_block_is_used_again_once_nobody_shows_it(pool):
    first = pool.empty(SIZE, np.float32)
    place = address(first)
    del first
    gc.collect()
    assert address(pool.empty(SIZE, np.float32)) == place


@pytest.mark.parametrize("keep", [lambda a: a, lambda a: a[3:5, ::2], lambda a: a.T.reshape(-1, 4)])
def test_a_view_keeps_its_block(pool, keep):
    first = pool.empty((1000, 100), np.float32)
    first[...] = 7
    kept = keep(first)
    del first
    for _ in range(3):
        pool.empty(SIZE, np.float32)[...] = 0
    assert (kept == 7).all()


def test_arrays_have_the_shape_and_dtype_asked_for(pool):
    for shape in [(3,), SIZE, (0, 5), (2, 300, 200)]:
        for dtype in (np.float32, np.float64):
            a = pool.empty(shape, dtype)
            assert (a.shape, a.dtype) == (shape, np.dtype(dtype))
            assert a.flags.c_contiguous
            assert a.flags.writeable


def test_blocks_nobody_uses_are_given_back(pool, monkeypatch):
    monkeypatch.setattr(memory, "KEEP", 1 << 20)
    held = pool.empty(SIZE, np.float64)
    for rows in range(1000, 1020):
        pool.empty((rows, 100), np.float64)
    assert sum(block.nbytes for block in pool.blocks) <= (1 << 20) + held.nbytes
    assert any(np.shares_memory(block, held) for block in pool.blocks)


def test_threads_never_share_a_block(pool):
    wrong = []

    def work(value):
        for _ in range(200):
            a = pool.empty(SIZE, np.float32)
            a[...] = value
            b = pool.empty(SIZE, np.float32)
            b[...] = -value
            wrong.append(not (a == value).all())

    threads = [threading.Thread(target=work, args=(k,)) for k in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(wrong) == 800
    assert not any(wrong)
