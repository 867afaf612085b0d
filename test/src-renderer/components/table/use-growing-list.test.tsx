// @vitest-environment happy-dom
import { act } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { firstOfGroups, useGrowingList } from '../../../../src-renderer/components/table/use-growing-list.ts';
import { renderInWindow } from '../../window.tsx';

let tell: () => void = () => undefined;

beforeEach(() => {
  vi.stubGlobal(
    'IntersectionObserver',
    class {
      constructor(listener: (entries: { isIntersecting: boolean }[]) => void) {
        tell = () => listener([{ isIntersecting: true }]);
      }
      observe() {}
      disconnect() {}
    },
  );
});

afterEach(() => {
  vi.unstubAllGlobals();
});

function List({ count }: { count: number }) {
  const { drawn, end } = useGrowingList(count);
  return (
    <ul>
      {Array.from({ length: drawn }, (_, index) => (
        <li key={index}>{index}</li>
      ))}
      {end === null ? null : <div ref={end} data-end />}
    </ul>
  );
}

test('a long list is drawn in parts, each when the end of the one before comes into sight', () => {
  const view = renderInWindow(<List count={130} />);
  const shown = () => [
    view.container.querySelectorAll('li').length,
    view.container.querySelector('[data-end]') !== null,
  ];
  expect(shown()).toEqual([60, true]);
  act(() => tell());
  expect(shown()).toEqual([120, true]);
  act(() => tell());
  expect(shown()).toEqual([130, false]);
});

test('the first items of groups are counted over all groups', () => {
  const groups = [
    { base: 'a', adapters: [1, 2] },
    { base: 'b', adapters: [3, 4] },
    { base: 'c', adapters: [5] },
  ];
  expect(firstOfGroups(groups, 3)).toEqual([
    { base: 'a', adapters: [1, 2] },
    { base: 'b', adapters: [3] },
  ]);
});
