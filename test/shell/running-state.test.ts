import { expect, test } from 'vitest';
import { progressBarValue, runningText } from '../../src-main/shell/running-state.ts';

const job = (title: string, done: number | null) => ({ title, pauses: true, done });

test('one job is named with its share in whole percents, several are counted', () => {
  expect(runningText([])).toBe('Nothing is running');
  expect(runningText([job('Train LoRA', 0.429)])).toBe('Train LoRA · 42 %');
  expect(runningText([job('Train LoRA', null)])).toBe('Train LoRA');
  expect(runningText([job('Train LoRA', 0.25), job('Download', 0.75), job('Report', null)])).toBe(
    '3 jobs are running · 50 %',
  );
});

test('the bar in the taskbar is off, has no end, or shows the share', () => {
  expect(progressBarValue([])).toBe(-1);
  expect(progressBarValue([job('Train LoRA', null)])).toBe(2);
  expect(progressBarValue([job('Train LoRA', 0.5)])).toBe(0.5);
});
