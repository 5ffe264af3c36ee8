/** @file Ways in which a file may be damaged: bytes changed, cut out or repeated. Knows no format. */
import fc from "fast-check";

type Damage = (bytes: Buffer) => Buffer;

/** A fraction of the file, each as likely as any other: `fc.double` would stay near 0. */
const place = fc.nat(1_000_000).map((millionths) => millionths / 1_000_001);
const at = (bytes: Buffer, fraction: number) => Math.floor(fraction * bytes.length);

/** Values that lengths and counts are tempted by. */
const tempting = fc.constantFrom(0, 1, 0x7f, 0x80, 0xfe, 0xff);

const changeByte = fc.tuple(place, fc.oneof(tempting, fc.nat(255))).map(
  ([where, value]): Damage =>
    (bytes) => {
      bytes[at(bytes, where)] = value;
      return bytes;
    },
);

const changeEight = fc.tuple(place, fc.array(tempting, { minLength: 8, maxLength: 8 })).map(
  ([where, eight]): Damage =>
    (bytes) => {
      bytes.set(eight.slice(0, bytes.length - at(bytes, where)), at(bytes, where));
      return bytes;
    },
);

const cutOff = place.map(
  (where): Damage =>
    (bytes) =>
      bytes.subarray(0, at(bytes, where)),
);

/** Bytes left out, or given twice. */
const shift = fc.tuple(place, fc.integer({ min: -40, max: 40 })).map(
  ([where, by]): Damage =>
    (bytes) => {
      const from = at(bytes, where);
      return Buffer.concat([bytes.subarray(0, from), bytes.subarray(Math.max(from + by, 0))]);
    },
);

const damage = fc.oneof(
  { weight: 12, arbitrary: changeByte },
  { weight: 3, arbitrary: changeEight },
  { weight: 1, arbitrary: cutOff },
  { weight: 1, arbitrary: shift },
);

/** Up to three damages, one after the other. */
export const damages = fc.array(damage, { minLength: 1, maxLength: 3 });

export const damaged = (whole: Buffer, all: readonly Damage[]): Buffer =>
  all.reduce<Buffer>((bytes, one) => one(bytes), Buffer.from(whole));
