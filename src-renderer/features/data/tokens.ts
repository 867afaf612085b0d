/** A token with its white space made visible. */
export function visibleToken(text: string): string {
  return text.replaceAll(' ', '·').replaceAll('\n', '↵').replaceAll('\t', '⇥').replaceAll('\r', '␍');
}

export interface LengthSummary {
  readonly median: number;
  /** At most so many tokens have 95 of 100 examples. */
  readonly most95: number;
  readonly longest: number;
}

/** Null without a length. */
export function summarizeLengths(lengths: readonly number[]): LengthSummary | null {
  const sorted = [...lengths].sort((one, other) => one - other);
  const longest = sorted.at(-1);
  if (longest === undefined) return null;
  const upTo = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? longest;
  return { median: upTo(0.5), most95: upTo(0.95), longest };
}

export interface LengthBins {
  /** Tokens that a bar spans: 1, 2 or 5 times a power of ten. */
  readonly width: number;
  /** Examples of each bar; bar k begins at k times the width. */
  readonly counts: readonly number[];
}

export function binLengths(lengths: readonly number[], maxBars = 40): LengthBins {
  const longest = Math.max(0, ...lengths);
  const widths = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 1_000_000];
  const width = widths.find((one) => longest / one < maxBars) ?? Math.ceil((longest + 1) / maxBars);
  const counts = Array.from({ length: Math.floor(longest / width) + 1 }, () => 0);
  for (const length of lengths) {
    const bar = Math.floor(length / width);
    counts[bar] = (counts[bar] ?? 0) + 1;
  }
  return { width, counts };
}
