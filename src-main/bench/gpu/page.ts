import { formatBytes } from '../../../src-shared/format/bytes.ts';
import type { BackendProof, GpuReport, GpuStep, Outcome } from './report.ts';

const words: Readonly<Record<Outcome, string>> = {
  passed: 'passed',
  failed: '**FAILED**',
  unfinished: 'not finished in its time',
  crashed: '**CRASHED**',
  hung: '**HUNG**',
  refused: 'refused',
  skipped: 'not run',
};

/** The report as one page of Markdown. */
export function gpuPage(report: GpuReport): string {
  const { machine, pytorch } = report;
  return [
    `# What the GPU of this machine does for CoTo Studio ${report.version}`,
    '',
    `${report.startedAt.slice(0, 16).replace('T', ' ')} UTC, ${report.seconds.toFixed(0)} s${report.complete ? '' : ', **interrupted: the rest is missing**'}. ${machine.cpu}, ${machine.cores} cores, ${formatBytes(machine.memoryBytes)}, ${machine.platform}, Node ${machine.node}.`,
    ...(report.quick ? ['', 'With `--quick`: sizes that show whether it works, not how fast it is.'] : []),
    '',
    ...report.backends.flatMap(backendLines),
    '## PyTorch beside it',
    '',
    pytorch.version === null
      ? pytorch.reason
      : `PyTorch ${pytorch.version} on ${pytorch.device} (${pytorch.python}), float32, eager: the same weights, adapters and batches.`,
    '',
    ...(pytorch.version === null ? [] : stepTable(pytorch.steps)),
    ...report.backends.flatMap((backend) => ratioLines(backend, pytorch.steps)),
  ].join('\n');
}

function backendLines(backend: BackendProof): string[] {
  const { label, available, reason, adapter, limits, products, conformance, trajectories, steps } = backend;
  if (!available) return [`## ${label}`, '', `Not proven: ${reason}`, ''];
  const lines = [`## ${label}${adapter === null ? '' : `: ${adapter.device}`}`, ''];
  if (adapter?.kind === 'software')
    lines.push('**A software renderer on the CPU.** It proves results, and says nothing of speed.', '');
  if (adapter?.kind === 'cpu') lines.push('**It computes on the processor here, not on a GPU.**', '');
  lines.push(reason, '');
  if (adapter !== null) {
    const { driver, memoryBytes, features } = adapter;
    if (driver !== null) lines.push(`- Driver: ${driver}`);
    if (memoryBytes !== null) lines.push(`- Memory: ${formatBytes(memoryBytes)}`);
    if (features.length > 0) lines.push(`- ${halfWords(features)} All features: ${features.join(', ')}.`);
    lines.push('');
  }
  if (limits !== null) lines.push('### What the card itself reaches', '', ...limitLines(limits), '');
  if (products !== null) lines.push('### Products of the engine', '', ...productLines(products), '');
  if (conformance !== null) lines.push('### Conformance', '', ...conformanceLines(conformance), '');
  if (trajectories !== null) lines.push('### Losses of small bases', '', ...trajectoryLines(trajectories), '');
  if (steps.length > 0) lines.push('### Training steps', '', ...stepTable(steps));
  return lines;
}

function halfWords(features: readonly string[]): string {
  return features.includes('shader-f16')
    ? 'It computes in float16 (shader-f16).'
    : 'It has no shader-f16: weights and states stay in float32, which takes twice the memory.';
}

function limitLines({ outcome, reason, found }: NonNullable<BackendProof['limits']>): string[] {
  if (found === null) return [`${words[outcome]}: ${reason}`];
  const { peakGflops, copyGigabytes, product } = found;
  return [
    `- Multiply-adds in registers: ${rate(peakGflops.float32)} GFLOPS in float32${peakGflops.float16 === null ? '' : `, ${rate(peakGflops.float16)} in float16`}.`,
    `- Copying: ${rate(copyGigabytes)} GB/s, read and written.`,
    `- A tuned product of ${product.size}³: ${rate(product.float32Gflops)} GFLOPS in float32 (${product.float32Tiling}; ${share(product.float32Gflops / peakGflops.float32)} of the multiply-adds)${product.float16Gflops === null ? '' : `, ${rate(product.float16Gflops)} stored in float16 (${product.float16Tiling})`}.`,
  ];
}

function productLines({ outcome, reason, found }: NonNullable<BackendProof['products']>): string[] {
  if (found.length === 0) return [`${words[outcome]}: ${reason}`];
  return table(
    ['product', 'rows × inner × columns', 'ms', 'GFLOPS', 'GB/s', "of the card's limit"],
    found.map((one) => [
      one.label,
      `${one.rows} × ${one.inner} × ${one.columns}`,
      rate(one.milliseconds),
      rate(one.gflops),
      rate(one.gigabytes),
      one.shareOfLimit === null ? '–' : share(one.shareOfLimit),
    ]),
  );
}

function conformanceLines({ outcome, reason, seconds, found }: NonNullable<BackendProof['conformance']>): string[] {
  const lines = [`${words[outcome]}${reason === '' ? '' : `: ${reason}`} (${seconds.toFixed(0)} s)`];
  if (found === null) return lines;
  lines.push(
    '',
    `${found.passed} of ${found.checked} checked cases agree with double precision, of ${found.total} in all; largest difference of a value ${found.largestValueDifference.toExponential(1)}, of a gradient ${found.largestGradientDifference.toExponential(1)}.`,
  );
  if (found.failures.length > 0)
    lines.push(
      '',
      ...table(
        ['case', 'what', 'difference', 'allowed'],
        found.failures.map(({ name, what, difference, tolerance }) => [
          name,
          what,
          difference?.toExponential(1) ?? '–',
          tolerance?.toExponential(1) ?? '–',
        ]),
      ),
    );
  return lines;
}

function trajectoryLines({ outcome, reason, found }: NonNullable<BackendProof['trajectories']>): string[] {
  return [
    `${words[outcome]}${reason === '' ? '' : `: ${reason}`}`,
    '',
    ...table(
      ['base', 'first loss', 'last loss', "native's last", 'largest difference', 'allowed'],
      found.map(({ label, losses, golden, difference, tolerance }) => [
        label,
        losses[0]?.toFixed(6) ?? '–',
        losses.at(-1)?.toFixed(6) ?? '–',
        golden.at(-1)?.toFixed(6) ?? '–',
        difference?.toExponential(1) ?? '–',
        tolerance.toExponential(0),
      ]),
    ),
  ];
}

function stepTable(steps: readonly GpuStep[]): string[] {
  const counted = steps.some(({ dispatches }) => dispatches !== null);
  const rows = steps.map((step) => [
    `${step.label}${step.small ? ' (small)' : ''}`,
    step.outcome === 'passed' ? milliseconds(step.medianMilliseconds) : `${words[step.outcome]}: ${step.reason}`,
    milliseconds(step.minimumMilliseconds),
    ...(counted ? [count(step.dispatches), count(step.submissions), count(step.readBacks)] : []),
    milliseconds(step.processorMilliseconds),
    bytes(step.memory?.deviceBytes),
    bytes(step.memory?.cardBytes),
    bytes(step.memory?.processBytes),
  ]);
  const header = [
    'workload',
    'median ms',
    'least ms',
    ...(counted ? ['dispatches', 'submissions', 'read-backs'] : []),
    'processor ms',
    'on the device',
    'card in all',
    'process',
  ];
  return [...table(header, rows), ''];
}

function ratioLines({ label, steps }: BackendProof, peers: readonly GpuStep[]): string[] {
  const ratios = steps.flatMap(({ shape, small, label: workload, medianMilliseconds }) => {
    const peer = peers.find((step) => step.shape === shape && step.small === small)?.medianMilliseconds ?? null;
    if (medianMilliseconds === null || peer === null) return [];
    return [`${workload} ${(medianMilliseconds / peer).toFixed(2)} ×`];
  });
  return ratios.length === 0 ? [] : [`${label} over PyTorch: ${ratios.join(', ')} of its step.`, ''];
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replace(/\s+/g, ' ')).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)];
}

const rate = (value: number) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
const share = (value: number) => `${(100 * value).toFixed(0)} %`;
const milliseconds = (value: number | null) => (value === null ? '–' : value.toFixed(value < 10 ? 2 : 1));
const count = (value: number | null) => (value === null ? '–' : String(value));
const bytes = (value: number | null | undefined) =>
  value === null || value === undefined || value === 0 ? '–' : formatBytes(value);
