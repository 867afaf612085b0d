// @vitest-environment happy-dom
import { expect, test } from 'vitest';
import { StudyDrawing } from '../../../../src-renderer/features/studies/study-drawing.tsx';
import { StudyGallery } from '../../../../src-renderer/features/studies/study-gallery.tsx';
import { studiesStrings } from '../../../../src-renderer/strings/studies.ts';
import { studyKinds } from '../../../../src-shared/studies/index.ts';
import { renderInWindow } from '../../window.tsx';

test('every kind that is declared has a card that leads to its form', () => {
  const view = renderInWindow(<StudyGallery />);
  const links = view.getAllByRole('link');
  expect(links.map((link) => link.getAttribute('href'))).toEqual(studyKinds.map(({ kind }) => `#/studies/new/${kind}`));
  for (const [at, { kind, declaration }] of studyKinds.entries()) {
    expect(links[at]?.textContent).toContain(declaration.label);
    expect(studiesStrings.answer(kind), kind).not.toBeNull();
  }
});

test('each kind has a drawing of its own, and an unknown one a plain one', () => {
  const drawn = (kind: string) =>
    renderInWindow(<StudyDrawing kind={kind} />).container.querySelector('svg')?.innerHTML;
  const pictures = [...studyKinds.map(({ kind }) => drawn(kind)), drawn('unknown'), drawn('toString')];
  expect(new Set(pictures).size).toBe(studyKinds.length + 1);
});
