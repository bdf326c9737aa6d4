/**
 * The entry of `names` that `name` was probably meant to be: fewest edits (Levenshtein), case ignored, and at most a
 * third of the name wrong. Null when nothing is close.
 */
export function nearestName(name: string, names: readonly string[]): string | null {
  if (name.length > 200) return null;
  let best: string | null = null;
  let least = Math.floor(Math.max(name.length, 3) / 3) + 1;
  for (const candidate of names) {
    const edits = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (edits < least) {
      least = edits;
      best = candidate;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const here = [row];
    for (let column = 1; column <= b.length; column++) {
      const swap = (above[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      here.push(Math.min((above[column] ?? 0) + 1, (here[column - 1] ?? 0) + 1, swap));
    }
    above = here;
  }
  return above[b.length] ?? 0;
}
