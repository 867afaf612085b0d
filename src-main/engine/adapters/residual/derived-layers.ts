/** Parts of a module's name whose number counts layers: layers.3, h.0, transformer_blocks.5, attentions.1, double_blocks_7. */
const container = /(^|_)(blocks?|layers?|h|blk|attentions|resnets|downsamplers|upsamplers)$/;
/** Order of a diffusion model's parts, from the input up. Others: 0. */
const stages: readonly (readonly [RegExp, number])[] = [
  [/^text_encoder/, -1],
  [/^(mid|middle)_block$|^single_(transformer_)?blocks$/, 1],
  [/^(up|output)_blocks$/, 2],
];

/**
 * The layer of each module of a model that only its modules' names describe, counted from the input up; null: in none.
 * If all layers are numbered in one list (`model.layers.3`), the number is the list's; otherwise (a UNet, several text
 * encoders) layers are counted through.
 */
export function layersOf(names: Iterable<string>): Map<string, number | null> {
  const pathOf = new Map([...names].map((name) => [name, layerPath(name)] as const));
  const paths = new Map<string, Path>();
  for (const path of pathOf.values()) if (path) paths.set(path.parts.join('.'), path);
  const lists = new Set([...paths.values()].map(({ parts }) => parts.slice(0, -1).join('.')));
  const isOneList = lists.size === 1 && ![...lists].some((list) => list.split('.').some(isNumber));
  const ordered = [...paths].sort(([, one], [, other]) => compareKeys(one.key, other.key)).map(([text]) => text);
  const layers = new Map<string, number | null>();
  for (const [name, path] of pathOf) {
    if (path === null) layers.set(name, null);
    else layers.set(name, isOneList ? Number(path.parts.at(-1)) : ordered.indexOf(path.parts.join('.')));
  }
  return layers;
}

interface Path {
  /** The name up to its last counted part. */
  readonly parts: readonly string[];
  readonly key: readonly (number | string)[];
}

function layerPath(name: string): Path | null {
  const parts = name
    .replace(/_(\d+)(?=_|$)/g, '.$1')
    .replace(/\.(\d+)_/g, '.$1.')
    .split('.');
  const isCounted = (at: number) => isNumber(parts[at]) && container.test(parts[at - 1] ?? '');
  const last = parts.findLastIndex((_, at) => at > 0 && isCounted(at));
  // A middle block has no number of its own: its parts are counted.
  if (last < 0) return null;
  const kept = parts.slice(0, last + 1);
  return { parts: kept, key: kept.flatMap((part, at) => sortKey(part, kept[at + 1])) };
}

function sortKey(part: string, next: string | undefined): (number | string)[] {
  if (isNumber(part)) return [Number(part)];
  const stage = stages.find(([pattern]) => pattern.test(part))?.[1] ?? 0;
  // Order within one block: resnet 0, attention 0, resnet 1, …, then the change of resolution.
  if (part === 'resnets' || part === 'attentions') return [0, Number(next), part === 'resnets' ? 0 : 1];
  if (part === 'downsamplers' || part === 'upsamplers') return [1];
  return [stage, isNumber(next) && container.test(part) ? '' : part];
}

function compareKeys(one: Path['key'], other: Path['key']): number {
  for (let at = 0; at < Math.min(one.length, other.length); at++) {
    const [left, right] = [one[at] ?? 0, other[at] ?? 0];
    if (left === right) continue;
    if (typeof left === 'number' && typeof right === 'number') return left - right;
    return String(left) < String(right) ? -1 : 1;
  }
  return one.length - other.length;
}

function isNumber(part: string | undefined): boolean {
  return part !== undefined && /^\d+$/.test(part);
}
