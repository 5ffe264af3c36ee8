/** @file Amounts of bytes and of parameters for a person to read: three digits and a unit. */

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"] as const;

function scaled(count: number): readonly [digits: string, thousands: number] {
  let value = count;
  let thousands = 0;
  // 999.5 would be shown as 1000
  while (value >= 999.5 && thousands < UNITS.length - 1) {
    value /= 1000;
    thousands++;
  }
  return [thousands === 0 || value >= 100 ? value.toFixed(0) : value.toPrecision(3), thousands];
}

/** 3463726504 → "3.46 GB". */
export function formatBytes(bytes: number): string {
  const [digits, thousands] = scaled(bytes);
  return `${digits} ${UNITS[thousands]}`;
}

/** 865910724 → "866 M". */
export function formatCount(count: number): string {
  const [digits, thousands] = scaled(count);
  return thousands === 0 ? digits : `${digits} ${["", "k", "M", "G", "T", "P"][thousands]}`;
}
