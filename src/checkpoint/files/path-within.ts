/** @file Whether one path lies below another, by their names alone. Resolves no link. */
import { sep } from "node:path";

/** `path` is `folder` or lies in it. Both are absolute and without `..`. */
export const isWithin = (folder: string, path: string): boolean =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
