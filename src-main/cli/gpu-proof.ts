import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { writeFileAtomic } from '../backend/index.ts';
import { gpuPage } from '../bench/gpu/page.ts';
import { type GpuProofOptions, proveGpu } from '../bench/gpu/prove-gpu.ts';
import type { BackendProof, GpuReport } from '../bench/gpu/report.ts';
import type { Answer } from './command.ts';
import { formatSummary, toJson } from './format.ts';
import { packageVersion } from './package-version.ts';
import { ProgressLine } from './progress-line.ts';
import { resourcesDirectory } from './studio.ts';
import type { Terminal } from './terminal.ts';

export interface GpuProofRequest extends Pick<GpuProofOptions, 'quick' | 'backends' | 'shapes' | 'python'> {
  readonly minutes: number;
  /** Folder of the report. */
  readonly out: string;
}

/** `coto doctor --gpu`: needs no home. Results are written after every part. */
export async function proveGpuOn(terminal: Terminal, request: GpuProofRequest): Promise<Answer> {
  const { out, minutes, ...options } = request;
  const folder = resolve(out);
  await mkdir(folder, { recursive: true });
  const [json, page] = [join(folder, 'gpu.json'), join(folder, 'gpu.md')];
  const write = async (report: GpuReport) => {
    await writeFileAtomic(json, toJson(report));
    await writeFileAtomic(page, gpuPage(report));
  };
  const line = new ProgressLine(terminal);
  const interrupted = new AbortController();
  const ignore = terminal.onInterrupt(() => interrupted.abort());
  const report = await proveGpu({
    ...options,
    version: packageVersion(),
    seconds: 60 * minutes,
    resources: resourcesDirectory,
    signal: interrupted.signal,
    report: (text) => line.say(text),
    keep: write,
  }).finally(ignore);
  const summary = formatSummary([
    ...report.backends.flatMap(backendSummary),
    [
      'PyTorch',
      report.pytorch.version === null ? report.pytorch.reason : `${report.pytorch.version} on ${report.pytorch.device}`,
    ],
    ['took', `${report.seconds.toFixed(0)} s${report.complete ? '' : ', interrupted'}`],
    ['page', page],
    ['JSON', json],
  ]);
  return { json: report, text: summary, code: report.complete ? (isSound(report) ? 0 : 1) : 130 };
}

/** Nothing that ran gave wrong numbers, crashed or hung; where there is no device nothing ran. */
function isSound({ backends }: GpuReport): boolean {
  return backends.every(({ limits, products, conformance, trajectories, steps }) =>
    [limits, products, conformance, trajectories, ...steps].every(
      (part) => part === null || !['failed', 'crashed', 'hung'].includes(part.outcome),
    ),
  );
}

function backendSummary({
  label,
  available,
  reason,
  adapter,
  conformance,
  trajectories,
  steps,
}: BackendProof): [string, string][] {
  if (!available) return [[label, `✗ ${reason}`]];
  const kind = adapter?.kind === 'software' ? ' (a software renderer on the CPU)' : '';
  const found = conformance?.found;
  const passed = steps.filter(({ outcome }) => outcome === 'passed').length;
  return [
    [label, `${adapter?.device ?? 'a device'}${kind}`],
    [
      '  conformance',
      found
        ? `${found.passed} of ${found.checked} checked, of ${found.total} in all: ${conformance?.outcome}`
        : `${conformance?.outcome ?? 'not run'} ${conformance?.reason ?? ''}`,
    ],
    ['  losses', trajectories === null ? 'not run' : `${trajectories.outcome} ${trajectories.reason}`.trim()],
    ['  steps', `${passed} of ${steps.length} workloads`],
  ];
}
