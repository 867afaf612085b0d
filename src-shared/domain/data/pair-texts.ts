import type { TextExample } from './dataset.ts';

/** Anchor, positive and negatives by name. Anchor and positive are left out where they are shown as prompt and completion. */
export function pairTexts({
  anchor,
  positive,
  negatives = [],
  completion,
}: TextExample): [name: string, text: string][] {
  if (anchor === undefined || positive === undefined) return [];
  const pair: [string, string][] = [
    ['anchor', anchor],
    ['positive', positive],
  ];
  return [...(completion === null ? pair : []), ...negatives.map((text): [string, string] => ['negative', text])];
}
