/** Levenshtein's distance: insertions, deletions and substitutions that make `a` into `b`. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] as number) + 1, (next[j - 1] as number) + 1, substituted));
    }
    row = next;
  }
  return row[b.length] as number;
}

/** The known word that was probably meant; undefined when none is near enough. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: { word: string; distance: number } | undefined;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    const allowed = Math.max(1, Math.floor(0.4 * Math.max(word.length, candidate.length)));
    if (distance <= allowed && distance < (best?.distance ?? Infinity)) {
      best = { word: candidate, distance };
    }
  }
  return best?.word;
}

/** Advice for a word that is not known: the nearest one, and all of them. */
export function suggest(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  const all = known.length === 0 ? 'None is known.' : `Known: ${known.join(', ')}.`;
  return near === undefined ? all : `Did you mean "${near}"? ${all}`;
}

/** Advice where there are many known words: the nearest one, or else all of them. */
export function suggestBriefly(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  return near === undefined ? suggest(word, known) : `Did you mean "${near}"?`;
}
