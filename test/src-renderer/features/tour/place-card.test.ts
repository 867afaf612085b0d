import { expect, test } from 'vitest';
import { boxAround, overlap, placeCard } from '../../../../src-renderer/features/tour/place-card.ts';

const view = { width: 733, height: 467 };
const card = { width: 340, height: 180 };

test.each([
  ['below a title row', { left: 200, top: 0, width: 533, height: 44 }, { left: 200, top: 56 }],
  ['to the right of the rail', { left: 0, top: 150, width: 200, height: 250 }, { left: 212, top: 150 }],
  ['above what is at the bottom', { left: 200, top: 400, width: 533, height: 60 }, { left: 200, top: 208 }],
  ['to the left of what is at the right', { left: 500, top: 20, width: 233, height: 440 }, { left: 148, top: 20 }],
])('a card lies %s and covers nothing of it', (_name, target, place) => {
  const at = placeCard(target, card, view);
  expect(at).toEqual(place);
  expect(overlap(target, { ...at, ...card })).toBe(0);
});

test('where no side has room the card takes the corner with the least overlap, within the window', () => {
  const target = { left: 100, top: 20, width: 500, height: 300 };
  // Corners right and left of the bottom share 340 or 252 pixels of 45.
  expect(placeCard(target, card, view)).toEqual({ left: 381, top: 275 });
  expect(placeCard(null, card, view)).toEqual({ left: 191, top: 275 });
});

test('the box around several is cut at the edges of the window', () => {
  expect(boxAround([], view)).toBeNull();
  expect(
    boxAround(
      [
        { left: -4, top: 100, width: 100, height: 30 },
        { left: 8, top: 400, width: 100, height: 100 },
      ],
      view,
    ),
  ).toEqual({ left: 0, top: 100, width: 108, height: 367 });
});
