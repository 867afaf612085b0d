import { createHash } from 'node:crypto';
import type { ImageDuplicates, ImagePlace } from '../../../src-shared/domain/data/dataset.ts';
import { type Image, imageAt, type OpenImages, type ReadWatch } from './dataset.ts';
import { hashDistance, type Looks, looksOf, resemblance } from './perceptual-hash.ts';

/** Images beyond these are not compared exactly, or by looks: the tables stay below 100 and 70 MB. */
const maxExact = 2 ** 19;
const maxNear = { train: 40_000, test: 10_000 } as const;
/** Copies that were scaled or recompressed differ in a few bits of 64, and hardly in their thumbnails. */
const maxDifferingBits = 7;
const minResemblance = 0.99;
const maxPairs = 24;
const everyImages = 200;

/**
 * Images that occur more than once: exactly, by their pixels, within and across the splits; and test images that look like
 * a training image, by a perceptual hash and their thumbnails.
 * @throws the reason of the watch's signal
 */
export async function compareImages(
  { description, split: open }: OpenImages,
  { onRead, signal }: ReadWatch = {},
): Promise<ImageDuplicates> {
  const exact = new SamePixels();
  const near = new LikeImages();
  const total = description.splits.reduce((sum, { exampleCount }) => sum + exampleCount, 0);
  let done = 0;
  for (const name of ['train', 'test'] as const) {
    const split = open(name);
    for (let index = 0; index < split.count; index++) {
      if (done % everyImages === 0) {
        signal?.throwIfAborted();
        onRead?.({ rows: done, bytes: (done / total) * description.sizeBytes, totalBytes: description.sizeBytes });
        // The pixels of some readers are there at once: without a pause nothing else would have its turn.
        await new Promise((resolve) => setImmediate(resolve));
      }
      done++;
      const image = await imageAt(split, description, index);
      const place = { split: name, index };
      if (!exact.add(image, place)) near.add(image, place);
    }
  }
  const alike = near.across();
  const pairs = [...exact.pairs, ...alike.map((pair) => ({ ...pair, kind: 'near' as const }))];
  return {
    comparedImages: exact.compared,
    withinTrain: exact.within.train,
    withinTest: exact.within.test,
    across: exact.across,
    nearComparedImages: near.compared,
    nearAcross: alike.length,
    // Pairs across the splits come first: they inflate the score.
    pairs: pairs.toSorted((one, other) => rankOf(one) - rankOf(other)).slice(0, maxPairs),
  };
}

type Pair = ImageDuplicates['pairs'][number];

function rankOf({ kind, one, other }: Pair): number {
  return one.split === other.split ? 2 : kind === 'exact' ? 0 : 1;
}

class SamePixels {
  private readonly first = new Map<string, ImagePlace[]>();
  compared = 0;
  /** Images that repeat an earlier one of their own split. */
  readonly within = { train: 0, test: 0 };
  /** Distinct images that are in both splits. */
  across = 0;
  readonly pairs: Pair[] = [];

  /** Returns whether an earlier image has these pixels. */
  add({ pixels, height, width, channels }: Image, place: ImagePlace): boolean {
    if (this.compared >= maxExact) return false;
    this.compared++;
    const hash = createHash('sha256').update(`${height} ${width} ${channels} `).update(pixels).digest('base64');
    const known = this.first.get(hash);
    if (known === undefined) {
      this.first.set(hash, [place]);
      return false;
    }
    const same = known.find(({ split }) => split === place.split);
    if (same === undefined) {
      this.across++;
      known.push(place);
    } else this.within[place.split]++;
    const other = same ?? known[0];
    // Enough of each kind that those across the splits are among them, whatever comes first.
    const ofKind = this.pairs.filter((pair) => (pair.one.split === pair.other.split) === (same !== undefined));
    if (other !== undefined && ofKind.length < maxPairs) this.pairs.push({ kind: 'exact', one: other, other: place });
    return true;
  }
}

class LikeImages {
  private readonly seen: { readonly place: ImagePlace; readonly looks: Looks }[] = [];
  private readonly taken = { train: 0, test: 0 };

  get compared(): number {
    return this.seen.length;
  }

  add(image: Image, place: ImagePlace): void {
    if (this.taken[place.split] >= maxNear[place.split]) return;
    this.taken[place.split]++;
    this.seen.push({ place, looks: looksOf(image) });
  }

  /** Each test image that looks like a training image, with the one that it resembles most. */
  across(): { readonly one: ImagePlace; readonly other: ImagePlace }[] {
    // Hashes that differ in at most 7 of 64 bits have one of their 8 bytes in common.
    const buckets = new Map<number, number[]>();
    for (const [at, { place, looks }] of this.seen.entries())
      if (place.split === 'train')
        for (const key of bytesOf(looks)) {
          const bucket = buckets.get(key);
          if (bucket === undefined) buckets.set(key, [at]);
          else bucket.push(at);
        }
    return this.seen.flatMap(({ place, looks }) => {
      if (place.split !== 'test') return [];
      let best = minResemblance;
      let found: ImagePlace | null = null;
      for (const key of bytesOf(looks))
        for (const at of buckets.get(key) ?? []) {
          const other = this.seen[at];
          if (other === undefined || hashDistance(looks, other.looks) > maxDifferingBits) continue;
          const alike = resemblance(looks, other.looks);
          if (alike < best || (alike === best && found !== null)) continue;
          best = alike;
          found = other.place;
        }
      return found === null ? [] : [{ one: found, other: place }];
    });
  }
}

/** The hash's bytes, each with its place. */
function bytesOf({ high, low }: Looks): number[] {
  return [high, low].flatMap((word, half) =>
    [0, 8, 16, 24].map((shift, place) => ((half * 4 + place) << 8) | ((word >>> shift) & 0xff)),
  );
}
