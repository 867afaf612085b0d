import { formatBytes } from '../../src-shared/format/bytes.ts';
import type { BenchEntry, BenchReport } from '../bench/report.ts';
import { formatDuration, formatPercent, formatSummary, formatTable } from './format.ts';

/** The bench as a terminal shows it: one table of steps, then products, merging and loading. */
export function benchText(report: BenchReport): string {
  const { machine, entries, shapes } = report;
  const reference = referenceOf(report);
  const facts = formatSummary([
    ['CPU', `${machine.cpu}, ${machine.cores} cores${machine.features.map((name) => `, ${name}`).join('')}`],
    ['System', `${machine.platform}, Node ${machine.node}`],
    ['Took', formatDuration(report.seconds)],
  ]);
  const steps = shapes.flatMap((shape) => {
    const own = entries.filter((entry) => entry.shape === shape.id);
    return own.length === 0 ? [] : [`\n${shape.label}: ${shape.detail}\n${stepTable(own, report)}`];
  });
  return [
    report.quick ? 'Cut-down shapes and few steps: these figures say nothing of speed.\n\n' : '',
    report.complete ? '' : 'Interrupted: these are the rows measured until then.\n\n',
    facts,
    ...steps,
    '\nA step is forward, backward, clipping and AdamW, in milliseconds: median, and minimum in brackets. With CoTo: mean over\n',
    "masks of CoTo's default schedule; in brackets beside CoTo/plain, what it would be if adapters that are off cost nothing,\n",
    'and if all but the lowest that is on did. Other ratios are of medians (of minima). /PyTorch: over the step of PyTorch with the same adapter in the\n',
    'same precision; below 1 is faster.',
    reference === undefined ? '\n' : ` /${reference.label}: over the same runner's step with ${reference.label}.\n`,
    ...missingLines(report),
    ...togetherTable(report),
    ...gemmTables(report),
    ...report.merging.map(
      ({ shape, contender, adapter, valuesPerSecond }) =>
        `Merging into the base (${shape}, ${contender}, ${adapter}): ${(valuesPerSecond / 1e6).toFixed(1)} million values a second\n`,
    ),
    ...report.loading.map(({ dtype, fileBytes, ours, cat }) => {
      const beside = cat === null ? '' : `, cat ${formatBytes(cat)}/s: ${(ours / cat).toFixed(2)} of it`;
      return `Loading safetensors (${dtype}, ${formatBytes(fileBytes)}, disk cache): ${formatBytes(ours)}/s${beside}\n`;
    }),
  ].join('');
}

/** The adapter that others are set beside: the first, where there are more. */
function referenceOf({ adapters }: BenchReport): BenchReport['adapters'][number] | undefined {
  return adapters.length > 1 ? adapters[0] : undefined;
}

function stepTable(entries: readonly BenchEntry[], report: BenchReport): string {
  const reference = referenceOf(report);
  const labels = new Map(report.adapters.map(({ id, label }) => [id, label]));
  const find = (contender: string, { precision }: BenchEntry, adapter: string) =>
    entries.find(
      (other) => other.contender === contender && other.precision === precision && other.adapter === adapter,
    );
  const comparison = reference === undefined ? [] : [`/${reference.label}`];
  return formatTable(
    [
      ...['', 'precision', 'adapter', 'step', 'with CoTo', 'CoTo/plain', '/PyTorch', ...comparison],
      ...['loss differs', 'outside kernels', 'settings'],
    ],
    entries.map((entry) => {
      const { contender, adapter, plain, coto, lowestAlone, onlyActive } = entry;
      const bounds = [onlyActive, lowestAlone].flatMap((bound) =>
        bound === null ? [] : [(bound.median / plain.median).toFixed(2)],
      );
      const base = reference === undefined ? [] : [ratio(entry, find(contender, entry, reference.id))];
      return [
        contender,
        entry.precision,
        labels.get(adapter) ?? adapter,
        time(plain.median, plain.minimum),
        time(coto.median, coto.minimum),
        `${(coto.median / plain.median).toFixed(2)}${bounds.length === 0 ? '' : ` (${bounds.join(', ')})`}`,
        ratio(entry, find('pytorch', entry, adapter)),
        ...base,
        entry.lossDifference.toExponential(1),
        entry.outsideKernels === null ? '–' : formatPercent(entry.outsideKernels),
        entry.configuration,
      ];
    }),
  );
}

/** Ratio of the medians, with that of the minima in brackets; a dash if there is nothing to compare. */
function ratio(entry: BenchEntry, other: BenchEntry | undefined): string {
  if (other === undefined || other === entry) return '–';
  const { median, minimum } = entry.plain;
  return `${(median / other.plain.median).toFixed(2)} (${(minimum / other.plain.minimum).toFixed(2)})`;
}

function time(median: number, minimum: number): string {
  const digits = minimum < 100 ? 1 : 0;
  return `${median.toFixed(digits)} (${minimum.toFixed(digits)})`;
}

/** Steps of several runs, apart and in one pass, and the loss's difference between the two. */
function togetherTable({ together }: BenchReport): string[] {
  if (together.length === 0) return [];
  const rows = together.map(({ shape, contender, precision, runs, batch, apart, together: all, wide, difference }) => [
    `${shape}, ${runs} runs of batch ${batch}`,
    contender,
    precision,
    time(apart.median, apart.minimum),
    time(all.median, all.minimum),
    `${(all.median / apart.median).toFixed(2)} (${(all.minimum / apart.minimum).toFixed(2)})`,
    `${(wide.median / apart.median).toFixed(2)} (${(wide.minimum / apart.minimum).toFixed(2)})`,
    difference === 0 ? 'none' : difference.toExponential(1),
  ]);
  const head = [
    'runs trained together',
    '',
    'precision',
    'apart',
    'together',
    'ratio',
    `one run on all`,
    'loss differs',
  ];
  return [`\n${formatTable(head, rows)}\n`];
}

function missingLines({ missing }: BenchReport): string[] {
  return missing.map(({ shape, contender, precision, adapter, reason }) => {
    const where = [shape, precision, adapter].filter((part) => part !== null).join(', ');
    return `Left out: ${contender}${where === '' ? '' : ` (${where})`}: ${reason}\n`;
  });
}

function gemmTables({ gemm }: BenchReport): string[] {
  if (gemm.length === 0) return [];
  const rows = gemm.flatMap(({ contender, precision, rates }) =>
    rates.map(({ rows: count, inFeatures, outFeatures, gflops, libraryGflops }) => [
      contender,
      precision,
      `${count} × ${inFeatures} → ${outFeatures}`,
      gflops.toFixed(1),
      libraryGflops === null ? '–' : `${libraryGflops.toFixed(1)} (${(gflops / libraryGflops).toFixed(2)})`,
    ]),
  );
  return [`\n${formatTable(['', 'precision', 'frozen product', 'GFLOPS', 'library alone'], rows)}\n`];
}
