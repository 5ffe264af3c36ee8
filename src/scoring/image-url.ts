/** @file Which text of an image field is a URL. Knows no host and fetches nothing. */

/** How far into the text it is looked for: nobody puts more white space before a URL. */
const MAX_PREFIX_CHARS = 200;
const URL_START = /^\s*https?:\/\//i;

/** As the reference of Azure's fine-tuned models: by how it begins. Whether it is a good one is for who fetches it. */
export function isUrl(text: string): boolean {
  return URL_START.test(text.slice(0, MAX_PREFIX_CHARS));
}
