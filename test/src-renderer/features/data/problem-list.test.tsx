// @vitest-environment happy-dom
import { expect, test } from 'vitest';
import { byPlace, ProblemList } from '../../../../src-renderer/features/data/problem-list.tsx';
import { renderInWindow } from '../../window.tsx';

test('problems are listed in the order of their files and rows', () => {
  const wheres = ['train.csv, row 14', 'test.csv, row 3', 'train.csv, row 2', 'train.csv'];
  const view = renderInWindow(
    <ProblemList problems={byPlace(wheres.map((where) => ({ where, message: 'is empty' })))} />,
  );
  expect(view.getAllByRole('listitem').map(({ textContent }) => textContent)).toEqual(
    ['test.csv, row 3', 'train.csv', 'train.csv, row 2', 'train.csv, row 14'].map((where) => `${where}: is empty`),
  );
});
