import { expect, it } from 'vitest';
import { parseRoute, pathOf } from '../../../src-renderer/app/route-path.ts';

it('opens Home where nothing is said', () => {
  expect(parseRoute('').segments).toEqual(['home']);
  expect(parseRoute('#/').path).toBe('/home');
});

it('splits segments and query', () => {
  const route = parseRoute('#/runs/r1?compare=a%2Cb&step=3');
  expect(route.segments).toEqual(['runs', 'r1']);
  expect(route.query.get('compare')).toBe('a,b');
  expect(route.query.get('step')).toBe('3');
});

it('brings back what pathOf wrote, whatever the id holds', () => {
  const id = 'a/b ?c#d%';
  expect(parseRoute(`#${pathOf('runs', id)}`).segments).toEqual(['runs', id]);
});

it('takes an address that is no valid escape literally', () => {
  expect(parseRoute('#/runs/100%').segments).toEqual(['runs', '100%']);
});
