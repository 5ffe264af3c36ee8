/**
 * @file The radially averaged power spectrum of square windows, and the line through it on logarithmic axes (as Field
 * 1987 and Torralba & Oliva 2003 describe natural images). Knows no picture.
 */

/** The lowest frequency of a window is left out: the window function spreads the mean's neighbourhood into it. */
const LOWEST_FREQUENCY = 2;
/** Variance of what rounding to whole grey levels takes off or adds: uniform within half a level. */
const ROUNDING_VARIANCE = 1 / 12;

export class PowerSpectrum {
  readonly #side: number;
  readonly #cosine: Float64Array;
  readonly #sine: Float64Array;
  readonly #taper: Float64Array;
  /** The power of rounding at every frequency, added to the window's: a flat window has a logarithm too. */
  readonly #roundingPower: number;
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
    // white noise has its variance at each frequency, less what the taper takes off along each axis
    const tapered = this.#taper.reduce((sum, value) => sum + value * value, 0) / side;
    this.#roundingPower = ROUNDING_VARIANCE * tapered * tapered;
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
    const rows = this.#transformed({ real, imaginary: new Float64Array(real.length) }, 1);
    const both = this.#transformed(rows, side);
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
      return [Math.log(frequency), Math.log(power + this.#roundingPower)] as const;
    });
    const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
    const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
    const covariance = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
    return covariance / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  }

  /** The discrete Fourier transform along rows (`step` 1) or columns (`step` the side). */
  #transformed({ real, imaginary }: Complex, step: number): Complex {
    const side = this.#side;
    const out = { real: new Float64Array(real.length), imaginary: new Float64Array(real.length) };
    const across = step === 1 ? side : 1;
    for (let line = 0; line < side; line++)
      for (let u = 0; u < side; u++) {
        let a = 0;
        let b = 0;
        for (let x = 0; x < side; x++) {
          const at = line * across + x * step;
          const cosine = this.#cosine[(u * x) % side] ?? 0;
          const sine = this.#sine[(u * x) % side] ?? 0;
          const re = real[at] ?? 0;
          const im = imaginary[at] ?? 0;
          a += re * cosine + im * sine;
          b += im * cosine - re * sine;
        }
        out.real[line * across + u * step] = a;
        out.imaginary[line * across + u * step] = b;
      }
    return out;
  }
}

interface Complex {
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
}
