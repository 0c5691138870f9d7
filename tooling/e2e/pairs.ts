// Which combinations of several factors are worth trying: nearly every bug needs one value, or two together, so that a set in
// which each pair of values occurs finds what the full product finds, and is a fiftieth of it.

/** One value for each factor. */
export type Row = Readonly<Record<string, string>>;

/** Every combination. */
export function product(factors: Readonly<Record<string, readonly string[]>>): Row[] {
  let rows: Row[] = [{}];
  for (const [factor, values] of Object.entries(factors)) {
    rows = rows.flatMap((row) => values.map((value) => ({ ...row, [factor]: value })));
  }
  return rows;
}

/** Some of `rows`, in which every pair of values occurs that occurs in `rows`. */
export function covering(rows: readonly Row[]): Row[] {
  const missing = new Set(rows.flatMap(pairs));
  const news = (row: Row): number => pairs(row).filter((pair) => missing.has(pair)).length;
  const chosen: Row[] = [];
  while (missing.size > 0) {
    const best = rows.reduce((a, b) => (news(b) > news(a) ? b : a));
    for (const pair of pairs(best)) missing.delete(pair);
    chosen.push(best);
  }
  return chosen;
}

/** Names of all pairs of values in a row. */
function pairs(row: Row): string[] {
  const values = Object.entries(row).map(([factor, value]) => `${factor}=${value}`);
  return values.flatMap((a, i) => values.slice(i + 1).map((b) => `${a} ${b}`));
}
