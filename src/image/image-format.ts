/**
 * @file Image file formats by their first bytes. Knows which formats are accepted; decodes nothing.
 *
 * A decoder library guesses the format by itself and knows many more, XML and PDF renderers among them: only bytes
 * that begin as one of these formats reach it.
 */

export const ACCEPTED_FORMATS = ["PNG", "JPEG", "WEBP", "GIF", "TIFF"] as const;
export type AcceptedFormat = (typeof ACCEPTED_FORMATS)[number];

/** What the bytes begin as. `other` names a format that is known but not accepted. */
export type SniffedFormat =
  | { readonly kind: "accepted"; readonly format: AcceptedFormat }
  | { readonly kind: "other"; readonly name: string }
  | { readonly kind: "unknown" };

interface Signature<Name> {
  readonly name: Name;
  /** Texts that must all stand at their byte offset; Latin-1, one character a byte. */
  readonly marks: readonly { readonly at: number; readonly text: string }[];
}

const starts = <Name>(name: Name, text: string): Signature<Name> => ({ name, marks: [{ at: 0, text }] });

/** TIFF is little- or big-endian, classic (42) or BigTIFF (43). */
const ACCEPTED_SIGNATURES: readonly Signature<AcceptedFormat>[] = [
  starts("PNG", "\x89PNG\r\n\x1a\n"),
  starts("JPEG", "\xff\xd8\xff"),
  {
    name: "WEBP",
    marks: [
      { at: 0, text: "RIFF" },
      { at: 8, text: "WEBP" },
    ],
  },
  starts("GIF", "GIF87a"),
  starts("GIF", "GIF89a"),
  starts("TIFF", "II*\0"),
  starts("TIFF", "MM\0*"),
  starts("TIFF", "II+\0"),
  starts("TIFF", "MM\0+"),
];

/** Formats people do send, so that the refusal can call them by name. */
const OTHER_SIGNATURES: readonly Signature<string>[] = [
  starts("PDF", "%PDF"),
  starts("BMP", "BM"),
  { name: "AVIF or HEIC", marks: [{ at: 4, text: "ftyp" }] },
  { name: "JPEG XL", marks: [{ at: 4, text: "JXL " }] },
  starts("JPEG XL", "\xff\x0a"),
  starts("an icon file", "\0\0\x01\0"),
];

/** White space and a byte order mark may stand before the first tag. */
const XML_START = /^(?:\xef\xbb\xbf)?\s*</;

const SNIFFED_BYTES = 64;

export function sniffFormat(bytes: Uint8Array): SniffedFormat {
  const head = Buffer.from(bytes.subarray(0, SNIFFED_BYTES)).toString("latin1");
  const matches = ({ marks }: Signature<unknown>) => marks.every(({ at, text }) => head.startsWith(text, at));
  const accepted = ACCEPTED_SIGNATURES.find(matches);
  if (accepted) return { kind: "accepted", format: accepted.name };
  const other = XML_START.test(head) ? "SVG or other XML" : OTHER_SIGNATURES.find(matches)?.name;
  return other ? { kind: "other", name: other } : { kind: "unknown" };
}
