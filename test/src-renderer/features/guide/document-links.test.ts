import { expect, test } from 'vitest';
import { guidePath, guidePlace } from '../../../../src-renderer/app/guide-path.ts';
import { parseRoute } from '../../../../src-renderer/app/route-path.ts';
import { anchorOf, linkTarget } from '../../../../src-renderer/features/guide/document-links.ts';
import { documents, guideImages } from '../../../../src-renderer/features/guide/documents.ts';
import { guideOutline } from '../../../../src-renderer/features/guide/outline.ts';

test('links lead on from the folder of their document', () => {
  const place = (from: string, href: string) => linkTarget(from, href);
  expect(place('methods/merging/ties', '../adapters/lora.md')).toEqual({
    kind: 'document',
    place: { document: 'methods/adapters/lora', anchor: null },
  });
  expect(place('methods/coto', '../results/README.md#where-it-helps')).toEqual({
    kind: 'document',
    place: { document: 'results/README', anchor: 'where-it-helps' },
  });
  expect(place('guide/train', '#coto')).toEqual({
    kind: 'document',
    place: { document: 'guide/train', anchor: 'coto' },
  });
  expect(place('methods/coto', 'https://arxiv.org/abs/2506.05713')).toEqual({
    kind: 'outside',
    address: 'https://arxiv.org/abs/2506.05713',
  });
});

test('every document of the guide has an address of its own that leads back to it', () => {
  expect(documents.size).toBeGreaterThan(100);
  for (const document of documents.keys())
    expect(guidePlace(parseRoute(`#${guidePath({ document, anchor: 'a-b' })}`))).toEqual({ document, anchor: 'a-b' });
  expect(guidePlace(parseRoute('#/guide')).document).toBe('guide/README');
});

test('the outline has every topic and card once, under a title', () => {
  const topics = guideOutline().flatMap((group) => group.topics);
  const ids = topics.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const listed = [...documents.keys()].filter((id) => /^(guide|methods)\//.test(id) || /^results\/[^/]+$/.test(id));
  expect(listed.filter((id) => !ids.includes(id) && id !== 'methods/support')).toEqual([]);
  expect(topics.filter(({ id, title }) => !documents.has(id) || title === '')).toEqual([]);
});

/** Links and images of a document that is not in a block of code. */
function linksIn(markdown: string): { href: string; isImage: boolean }[] {
  const text = markdown.replaceAll(/```[\s\S]*?```|`[^`\n]*`/g, '');
  return [...text.matchAll(/(!?)\[[^\]]*\]\(([^)\s]+)\)/g)].map(([, mark, href = '']) => ({
    href,
    isImage: mark === '!',
  }));
}

test('no link of the guide and the cards leads nowhere, and no heading that one names is missing', () => {
  const broken: string[] = [];
  for (const [id, text] of documents) {
    for (const { href, isImage } of linksIn(text)) {
      const target = linkTarget(id, href);
      if (target.kind === 'outside') continue;
      const { document, anchor } = target.place;
      if (isImage ? !guideImages.has(document) : !documents.has(document) && !/[.](ya?ml|py)$/.test(document))
        broken.push(`${id}: ${href}`);
      const headings = [...(documents.get(document) ?? '').matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
        anchorOf(title),
      );
      if (anchor !== null && !headings.includes(anchor)) broken.push(`${id}: ${href}`);
    }
  }
  expect(broken).toEqual([]);
});
