/** @file Paths as fastify's router has them, and as clients write them. Knows no route. */

/** `url` of a route, in which a colon that begins no parameter stands twice. */
export function writtenPath(url: string): string {
  return url.replaceAll("::", ":");
}
