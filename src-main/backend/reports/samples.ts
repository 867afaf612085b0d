import { crc32, deflateSync } from 'node:zlib';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import type { RunSamples } from '../../../src-shared/domain/runs/run-samples.ts';
import { sampleTable } from '../../../src-shared/results/sample-table.ts';
import type { StudyTable } from '../../../src-shared/studies/define-study.ts';
import type { ReportContent } from './content.ts';
import { html, type PagePart, type SafeHtml } from './html.ts';
import type { ReportOptions } from './options.ts';

/** Runs whose samples a report shows, and evaluations of each. */
const maxRuns = 8;
const maxSteps = 4;

interface SampledRun {
  readonly run: RunRecord;
  readonly samples: RunSamples;
  readonly table: StudyTable;
}

/** The first run of each config that kept samples; the seeds of a config have much the same. */
export function sampledRuns({ samples }: ReportOptions, { groups }: ReportContent): SampledRun[] {
  const found = groups.flatMap(({ label, runs }) => {
    const run = runs.find(({ id }) => (samples.get(id)?.steps.length ?? 0) > 0);
    const kept = run === undefined ? undefined : samples.get(run.id);
    if (run === undefined || kept === undefined) return [];
    const title = runs.length === 1 || run.name === label ? run.name : `${label}: ${run.name}`;
    return [{ run, samples: kept, table: sampleTable(title, kept, maxSteps) }];
  });
  return found.slice(0, maxRuns);
}

export function samplesPart(options: ReportOptions, content: ReportContent): PagePart[] {
  const sampled = sampledRuns(options, content);
  if (sampled.length === 0) return [];
  const body = html`<p class="quiet">The answers of one run of each config at its evaluations.</p>
${sampled.map(sampledTable)}
`;
  return [{ heading: 'Samples', html: body }];
}

function sampledTable({ samples, table: { title, columns, rows, notes = [] } }: SampledRun): SafeHtml {
  return html`<div class="scroll"><table class="samples"><caption>${title}</caption>
<thead><tr>${columns.map(({ label }) => html`<th>${label}</th>`)}</tr></thead>
<tbody>${rows.map(({ cells }, place) => html`<tr>${cells.map((text, at) => html`<td>${at === 0 ? inputHtml(samples, place, text) : text}</td>`)}</tr>`)}</tbody>
</table></div>
${notes.map((note) => html`<p class="quiet">– ${note}</p>`)}`;
}

function inputHtml({ inputs }: RunSamples, place: number, text: string): SafeHtml {
  const input = inputs[place];
  if (input?.kind !== 'image') return html`${text}`;
  return html`<img class="sample" alt="${text}" src="data:image/png;base64,${png(input).toString('base64')}">`;
}

interface Pixels {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** height × width × channels bytes, row by row. */
  readonly pixels: Uint8Array;
}

const signature = Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** A PNG file of a grey or RGB image. */
function png({ height, width, channels, pixels }: Pixels): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  // Color type: grey or RGB.
  header[9] = channels === 1 ? 0 : 2;
  const line = width * channels;
  // Each line begins with its filter: none.
  const lines = Buffer.alloc(height * (line + 1));
  for (let row = 0; row < height; row++) lines.set(pixels.subarray(row * line, (row + 1) * line), row * (line + 1) + 1);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(lines)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  framed.set(body, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
