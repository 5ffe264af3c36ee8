/** @file Work on many items, a few of them at a time, with a word on how far it is. Knows no item. */

/** Enough to keep a server busy while pictures are drawn, coded and measured. */
const AT_ONCE = 3;

/** Called with what is being done and how much of it is done. */
export type Progress = (what: string, done: number, total: number) => void;

/** The results in the order of `items`. Rejects with the first failure; then no further item is begun. */
export async function severalAtOnce<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
  tell: (done: number) => void,
): Promise<readonly Result[]> {
  const left = [...items.entries()];
  const results: [number, Result][] = [];
  const worker = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [index, item] = next;
      try {
        results.push([index, await work(item)]);
      } catch (error) {
        left.length = 0;
        throw error;
      }
      tell(results.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results.sort(([a], [b]) => a - b).map(([, result]) => result);
}
