import { appendFileSync, mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { MetricColumn } from '../../../src-shared/domain/runs/run-history.ts';
import { dtypes, encodeEvent } from './event.ts';
import { encodeRecord } from './records.ts';
import { tagOf } from './tags.ts';

/** Written at the latest when so much has come together. */
const maxPendingBytes = 256 * 1024;
const starts = 1;
let opened = 0;

export interface EventLogOptions {
  /** The step that a run goes on from; 0 at its start. TensorBoard forgets what earlier files have from there on. */
  readonly firstStep: number;
  /** Settings of the run, shown by TensorBoard as a text. */
  readonly settings: object;
}

/** An event file of TensorBoard with the scalars of a run. Events are kept back until `flush`. */
export class EventLog {
  readonly path: string;
  private pending: Buffer[] = [];
  private pendingBytes = 0;
  private hasFolder = false;

  /** `folder` is made with the first flush. */
  constructor(folder: string, { firstStep, settings }: EventLogOptions) {
    const seconds = Math.floor(Date.now() / 1000);
    // Named as PyTorch's writer names them: in the order of time, and apart from those of other processes.
    this.path = join(
      folder,
      `events.out.tfevents.${String(seconds).padStart(10, '0')}.${hostname()}.${process.pid}.${opened++}`,
    );
    this.append({ wallTime: now(), fileVersion: 'brain.Event:2' });
    this.append({ wallTime: now(), step: firstStep, sessionLog: { status: starts } });
    this.append({ wallTime: now(), step: firstStep, summary: { value: [textValue('args', settings)] } });
  }

  /** Adds values, one event a step. */
  add(columns: readonly MetricColumn[]): void {
    const bySteps = new Map<number, { tag: string; simpleValue: number }[]>();
    for (const { name, steps, values } of columns)
      values.forEach((value, index) => {
        const step = steps[index] ?? 0;
        const entries = bySteps.get(step) ?? [];
        entries.push({ tag: tagOf(name), simpleValue: value });
        bySteps.set(step, entries);
      });
    for (const [step, value] of [...bySteps].sort(([one], [other]) => one - other))
      this.append({ wallTime: now(), step, summary: { value } });
    if (this.pendingBytes > maxPendingBytes) this.flush();
  }

  /** Appends what was kept back to the file. */
  flush(): void {
    if (this.pending.length === 0) return;
    // Later its folder is not made again: it is gone with all that the run has.
    if (!this.hasFolder) mkdirSync(join(this.path, '..'), { recursive: true });
    this.hasFolder = true;
    appendFileSync(this.path, Buffer.concat(this.pending));
    this.pending = [];
    this.pendingBytes = 0;
  }

  private append(event: Parameters<typeof encodeEvent>[0]): void {
    const record = encodeRecord(encodeEvent(event));
    this.pending.push(record);
    this.pendingBytes += record.length;
  }
}

function now(): number {
  return Date.now() / 1000;
}

/** A text, as PyTorch's `SummaryWriter.add_text` writes it. */
function textValue(tag: string, content: object) {
  return {
    tag: `${tag}/text_summary`,
    metadata: { pluginData: { pluginName: 'text' } },
    tensor: {
      dtype: dtypes.string,
      tensorShape: { dim: [{ size: 1 }] },
      stringVal: [Buffer.from(JSON.stringify(content, null, 2))],
    },
  };
}
