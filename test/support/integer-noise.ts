/**
 * @file Reproducible noise from integers alone, the same here and in test/scripts/goldens/integer_noise.py, so that
 * large random inputs need no fixture.
 */

/** `count` words of 32 bits: a multiplicative hash of the index and `seed`. */
export function noiseWords(count: number, seed: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => {
    let word = Math.imul((i + Math.imul(seed, 0x01000193)) | 0, 0x9e3779b1);
    word = Math.imul(word ^ (word >>> 15), 0x85ebca6b);
    word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
    return word ^ (word >>> 16);
  });
}

export function noiseBytes(count: number, seed: number): Uint8Array {
  return Uint8Array.from(noiseWords(count, seed), (word) => word >>> 24);
}

/** `count` multiples of 2^−22 from −2 up to, not including, 2: exact in float32. */
export function noiseFloats(count: number, seed: number): Float32Array {
  return Float32Array.from(noiseWords(count, seed), (word) => (word >>> 8) / 2 ** 22 - 2);
}
