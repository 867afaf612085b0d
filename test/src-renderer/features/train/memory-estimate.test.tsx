// @vitest-environment happy-dom
import { expect, test } from 'vitest';
import { MemoryEstimate } from '../../../../src-renderer/features/train/memory-estimate.tsx';
import { trainStrings } from '../../../../src-renderer/strings/train.ts';
import { renderInWindow } from '../../window.tsx';

const mebibytes = (count: number) => count * 2 ** 20;

test.each([
  // The need as a share of what is free, and a mark at 80 % of it.
  { base: 150, rest: 50, free: 20_000, need: '1%', mark: '80%', said: '200 MiB of 19.5 GiB free (1.00 %)' },
  { base: 50, rest: 40, free: 100, need: '90%', mark: '80%', said: '90.0 MiB of 100 MiB free (90.0 %)' },
  // More than is free: the bar is the need, and the mark where the free memory ends.
  { base: 150, rest: 50, free: 100, need: '100%', mark: '50%', said: '200 MiB of 100 MiB free (200 %)' },
])('draws the need against what is free: $said', ({ base, rest, free, need, mark, said }) => {
  const parts = [
    { part: 'base', bytes: mebibytes(base) },
    { part: 'optimizer', bytes: mebibytes(rest) },
  ];
  const view = renderInWindow(
    <MemoryEstimate
      estimate={{
        memory: parts,
        tensorBytes: 1,
        freeMemoryBytes: mebibytes(free),
        memoryDevice: null,
        largestTensorBytes: null,
      }}
    />,
  );
  const [drawn, limit] = [...view.getByRole('img').children].filter((child) => child instanceof HTMLElement);
  expect(drawn?.style.width).toBe(need);
  expect(limit?.style.left).toBe(mark);
  expect([...(drawn?.children ?? [])].map((part) => part instanceof HTMLElement && part.style.flexGrow)).toEqual([
    String(mebibytes(base)),
    String(mebibytes(rest)),
  ]);
  expect(view.container.textContent).toContain(said);
});

test('names the card whose memory it is, and says where one of the tensors is larger than the card allows', () => {
  const estimate = {
    memory: [{ part: 'weights', bytes: mebibytes(1024) }],
    tensorBytes: mebibytes(200),
    freeMemoryBytes: mebibytes(4096),
    memoryDevice: 'NVIDIA H100',
    largestTensorBytes: mebibytes(200),
  };
  const view = renderInWindow(<MemoryEstimate estimate={estimate} />);
  expect(view.container.textContent).toContain('1.00 GiB of 4.00 GiB free on NVIDIA H100 (25.0 %)Fits');
  expect(view.container.textContent).not.toContain('allows');
  view.rerender(<MemoryEstimate estimate={{ ...estimate, largestTensorBytes: mebibytes(128) }} />);
  expect(view.container.textContent).toContain(
    'One of its tensors would have 200 MiB, and the graphics card allows 128 MiB.',
  );
  expect(view.getByText(trainStrings.wontFit)).toBeTruthy();
});
