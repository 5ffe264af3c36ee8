"""Reproducible noise from integers alone, the same here and in test/support/integer-noise.ts."""

import numpy as np


def noise_words(count: int, seed: int) -> np.ndarray:
    """`count` words of 32 bits: a multiplicative hash of the index and `seed`."""
    start = (seed * 0x01000193) & 0xFFFFFFFF
    word = np.arange(count, dtype=np.uint32) + np.uint32(start)
    word = word * np.uint32(0x9E3779B1)
    word = (word ^ (word >> np.uint32(15))) * np.uint32(0x85EBCA6B)
    word = (word ^ (word >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return word ^ (word >> np.uint32(16))


def noise_bytes(count: int, seed: int) -> np.ndarray:
    return (noise_words(count, seed) >> np.uint32(24)).astype(np.uint8)


def noise_floats(count: int, seed: int) -> np.ndarray:
    """`count` multiples of 2^-22 from -2 up to, not including, 2: exact in float32."""
    return (noise_words(count, seed) >> np.uint32(8)).astype(np.float32) / np.float32(2**22) - np.float32(2)
