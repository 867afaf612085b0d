import type { BenchEntry, BenchReport } from '../engine/bench/report.ts';
import { formatBytes, formatDuration, formatFacts, formatPercent, formatTable } from './format.ts';

/** The bench as a terminal shows it: one table of steps, then products, merging and loading. */
export function benchText(report: BenchReport): string {
  const { machine, entries, shapes } = report;
  const facts = formatFacts([
    ['CPU', `${machine.cpu}, ${machine.cores} cores${machine.features.map((name) => `, ${name}`).join('')}`],
    ['System', `${machine.platform}, Node ${machine.node}`],
    ['Took', formatDuration(report.seconds)],
  ]);
  const steps = shapes.flatMap((shape) => {
    const own = entries.filter((entry) => entry.shape === shape.id);
    return own.length === 0 ? [] : [`\n${shape.label}: ${shape.detail}\n${stepTable(own)}`];
  });
  return [
    report.quick ? 'Cut-down shapes and few steps: these figures say nothing of speed.\n\n' : '',
    facts,
    ...steps,
    '\nA step is forward, backward, clipping and AdamW, in milliseconds: median, and minimum in brackets. LoRA + CoTo: mean over\n',
    "masks of CoTo's default schedule. Ratios: LoRA's median (minimum) over PyTorch's in the same precision; below 1 is faster.\n",
    ...missingLines(report),
    ...productTables(report),
    ...report.merging.map(
      ({ shape, contender, valuesPerSecond }) =>
        `Merging into the base (${shape}, ${contender}): ${(valuesPerSecond / 1e6).toFixed(1)} million values a second\n`,
    ),
    ...report.loading.map(({ dtype, fileBytes, ours, cat }) => {
      const beside = cat === null ? '' : `, cat ${formatBytes(cat)}/s: ${(ours / cat).toFixed(2)} of it`;
      return `Loading safetensors (${dtype}, ${formatBytes(fileBytes)}, disk cache): ${formatBytes(ours)}/s${beside}\n`;
    }),
  ].join('');
}

function stepTable(entries: readonly BenchEntry[]): string {
  return formatTable(
    ['', 'precision', 'LoRA', 'LoRA + CoTo', 'CoTo/LoRA', '/PyTorch', 'loss differs', 'outside kernels', 'settings'],
    entries.map((entry) => {
      const { lora, loraCoto } = entry;
      const peer = entries.find(
        (other) => other.contender === 'pytorch' && other.precision === entry.precision && other !== entry,
      );
      return [
        entry.contender,
        entry.precision,
        time(lora.median, lora.minimum),
        time(loraCoto.median, loraCoto.minimum),
        (loraCoto.median / lora.median).toFixed(2),
        peer === undefined
          ? '–'
          : `${(lora.median / peer.lora.median).toFixed(2)} (${(lora.minimum / peer.lora.minimum).toFixed(2)})`,
        entry.lossDifference.toExponential(1),
        entry.outsideKernels === null ? '–' : formatPercent(entry.outsideKernels),
        entry.configuration,
      ];
    }),
  );
}

function time(median: number, minimum: number): string {
  const digits = minimum < 100 ? 1 : 0;
  return `${median.toFixed(digits)} (${minimum.toFixed(digits)})`;
}

function missingLines({ missing }: BenchReport): string[] {
  return missing.map(({ shape, contender, precision, reason }) => {
    const where = [shape, precision].filter((part) => part !== null).join(', ');
    return `Left out: ${contender}${where === '' ? '' : ` (${where})`}: ${reason}\n`;
  });
}

function productTables({ products }: BenchReport): string[] {
  if (products.length === 0) return [];
  const rows = products.flatMap(({ contender, precision, rates }) =>
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
