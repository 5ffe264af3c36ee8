/**
 * @file The radially averaged power spectrum of square windows, and the line through it on logarithmic axes (as Field
 * 1987 and Torralba & Oliva 2003 describe natural images). Knows no picture.
 */

/** The lowest frequency of a window is left out: the window function spreads the mean's neighbourhood into it. */
const LOWEST_FREQUENCY = 2;
/** Added to the power, in squared grey levels: half a level of rounding, so that a flat window has a logarithm. */
const ROUNDING_POWER = 1 / 12;

export class PowerSpectrum {
  readonly #side: number;
  readonly #cosine: Float64Array;
  readonly #sine: Float64Array;
  readonly #taper: Float64Array;
  /** By whole cycles per window; sums over windows and directions. */
  readonly #power: Float64Array;
  readonly #counts: Float64Array;

  /** Of windows of `side` × `side` values; `side` at least 8. */
  constructor(side: number) {
    if (side < 8) throw new RangeError(`a window of ${side} pixels has no spectrum to speak of`);
    this.#side = side;
    this.#cosine = Float64Array.from({ length: side }, (_, i) => Math.cos((2 * Math.PI * i) / side));
    this.#sine = Float64Array.from({ length: side }, (_, i) => Math.sin((2 * Math.PI * i) / side));
    // Hann's, at the pixels' centres
    this.#taper = Float64Array.from({ length: side }, (_, i) => Math.sin((Math.PI * (i + 0.5)) / side) ** 2);
    this.#power = new Float64Array(Math.floor(side / 2) + 1);
    this.#counts = new Float64Array(this.#power.length);
  }

  /** `window` is side × side values, row by row. */
  add(window: Float64Array): void {
    const side = this.#side;
    const mean = window.reduce((sum, value) => sum + value, 0) / window.length;
    const real = window.map(
      (value, i) => (value - mean) * (this.#taper[i % side] ?? 0) * (this.#taper[Math.floor(i / side)] ?? 0),
    );
    const rows = this.#alongRows(real, new Float64Array(real.length));
    const both = this.#alongRows(transposed(rows.real, side), transposed(rows.imaginary, side));
    for (let v = 0; v < side; v++)
      for (let u = 0; u < side; u++) {
        const radius = Math.round(Math.hypot(Math.min(u, side - u), Math.min(v, side - v)));
        if (radius >= this.#power.length) continue;
        const i = v * side + u;
        const power = ((both.real[i] ?? 0) ** 2 + (both.imaginary[i] ?? 0) ** 2) / (side * side);
        this.#power[radius] = (this.#power[radius] ?? 0) + power;
        this.#counts[radius] = (this.#counts[radius] ?? 0) + 1;
      }
  }

  /** Of the least-squares line through log power over log frequency. */
  slope(): number {
    const points = Array.from({ length: this.#power.length - LOWEST_FREQUENCY }, (_, i) => {
      const frequency = i + LOWEST_FREQUENCY;
      const power = (this.#power[frequency] ?? 0) / (this.#counts[frequency] ?? 1);
      return [Math.log(frequency), Math.log(power + ROUNDING_POWER)] as const;
    });
    const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
    const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
    const covariance = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
    return covariance / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  }

  /** The discrete Fourier transform of each row. */
  #alongRows(real: Float64Array, imaginary: Float64Array) {
    const side = this.#side;
    const out = { real: new Float64Array(real.length), imaginary: new Float64Array(real.length) };
    for (let row = 0; row < real.length; row += side)
      for (let u = 0; u < side; u++) {
        let a = 0;
        let b = 0;
        for (let x = 0; x < side; x++) {
          const cosine = this.#cosine[(u * x) % side] ?? 0;
          const sine = this.#sine[(u * x) % side] ?? 0;
          const re = real[row + x] ?? 0;
          const im = imaginary[row + x] ?? 0;
          a += re * cosine + im * sine;
          b += im * cosine - re * sine;
        }
        out.real[row + u] = a;
        out.imaginary[row + u] = b;
      }
    return out;
  }
}

function transposed(values: Float64Array, side: number): Float64Array {
  return Float64Array.from(values, (_, i) => values[(i % side) * side + Math.floor(i / side)] ?? 0);
}
