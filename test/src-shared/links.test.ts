import { expect, test } from 'vitest';
import { linkTo, routeOfLink } from '../../src-shared/links.ts';

test('a link to a record opens its page', () => {
  expect(linkTo('run', 'run-1a2b')).toBe('coto://run/run-1a2b');
  expect(routeOfLink(linkTo('run', 'run-1a2b'))).toBe('/runs/run-1a2b');
  expect(routeOfLink(linkTo('study', 'study-1'))).toBe('/studies/study-1');
  expect(routeOfLink(linkTo('dataset', 'fashion-mnist-small'))).toBe('/data/fashion-mnist-small');
  expect(routeOfLink('coto://model/HuggingFaceTB/SmolLM2-135M')).toBe('/models?hub=HuggingFaceTB/SmolLM2-135M');
});

test.each([
  'coto://run/',
  'coto://run/a/b',
  'coto://run/..',
  'coto://run/..%2F..%2Fsettings',
  'coto://run/a?path=chosen',
  'coto://settings/x',
  'coto://model/only-one',
  'coto://model/org/name/more',
  'coto://model/org/na%3Dme',
  'https://run/run-1',
  'coto',
  '',
])('rejects %s', (text) => {
  expect(routeOfLink(text)).toBeNull();
});
