import { parseArgs } from 'node:util';
import { toErrorValue } from '../../src-shared/contract/errors.ts';
import { formatBytes } from '../../src-shared/format/bytes.ts';
import { findNvidia } from './compute/tensorflow/nvidia.ts';
import type { SetupProgress } from './compute/tensorflow/setup/progress.ts';
import { checkSetup, setUpTensorflow } from './compute/tensorflow/setup/set-up.ts';

/**
 * `npm run setup:tensorflow [-- --cpu | --gpu] [--check]`: the script, also run by the button in Settings. Reports on standard error,
 * and to a parent process in messages. Ctrl+C cancels it. --check says of every step whether it is done, and changes nothing.
 */
const { values } = parseArgs({
  options: { cpu: { type: 'boolean' }, gpu: { type: 'boolean' }, check: { type: 'boolean' } },
});
const device = values.gpu ? 'gpu' : values.cpu || findNvidia() === null ? 'cpu' : 'gpu';
const cancelled = new AbortController();
let told = { phase: '', percent: -10, at: 0 };
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => cancelled.abort());
process.on('disconnect', () => cancelled.abort());

try {
  if (values.check) await reportSteps();
  else await setUp();
} catch (thrown) {
  const { message, hint, details } = toErrorValue(thrown);
  const lines = cancelled.signal.aborted ? ['cancelled'] : [details ?? '', [message, hint].filter(Boolean).join(' ')];
  process.stderr.write(
    `${lines
      .filter(Boolean)
      .map((line) => `[studio] ${line}`)
      .join('\n')}\n`,
  );
  process.exitCode = cancelled.signal.aborted ? 130 : 1;
} finally {
  if (process.connected) process.disconnect();
}

/** Reports every phase and each tenth of a download; to a parent process four times a second. */
function tell(progress: SetupProgress): void {
  const { phase, done, total } = progress;
  const percent = done === null || total === null ? null : Math.floor((100 * done) / total);
  const isNew = phase !== told.phase;
  if (process.send && (isNew || Date.now() - told.at > 250)) {
    told.at = Date.now();
    process.send(progress);
  }
  if (!isNew && (percent === null || percent < told.percent + 10)) return;
  told = { ...told, phase, percent: percent ?? -10 };
  const size = total === null ? '' : ` (${formatBytes(total)})`;
  process.stderr.write(`[studio] ${phase}${percent === null ? '' : `${size}: ${percent} %`}\n`);
}

async function setUp(): Promise<void> {
  const folder = await setUpTensorflow(device, tell, cancelled.signal);
  process.stderr.write(`[studio] libtensorflow for the ${device === 'gpu' ? 'GPU' : 'CPU'} lies in ${folder}\n`);
}

async function reportSteps(): Promise<void> {
  const steps = await checkSetup(device, cancelled.signal);
  for (const { label, damage } of steps)
    process.stderr.write(`[studio] ${damage === null ? '✓' : '✗'} ${label}${damage === null ? '' : `: ${damage}`}\n`);
  if (steps.every(({ damage }) => damage === null)) return;
  process.stderr.write(`[studio] "npm run setup:tensorflow -- --${device}" does what is missing\n`);
  process.exitCode = 1;
}
