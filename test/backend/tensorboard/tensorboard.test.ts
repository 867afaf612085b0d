import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { crc32c } from '../../../src-main/backend/tensorboard/crc32c.ts';
import { decodeEvent, encodeEvent } from '../../../src-main/backend/tensorboard/event.ts';
import { EventLog } from '../../../src-main/backend/tensorboard/event-log.ts';
import { EventLogs } from '../../../src-main/backend/tensorboard/event-logs.ts';
import { encodeRecord, readRecords } from '../../../src-main/backend/tensorboard/records.ts';
import { metricOf, tagOf } from '../../../src-main/backend/tensorboard/tags.ts';
import { silentLog } from '../../../src-main/logging/log.ts';
import { column } from '../../src-shared/curves/make-curve.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-tensorboard-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function eventsIn(path: string) {
  const events = [];
  for await (const record of readRecords(path)) events.push(decodeEvent(record));
  return events;
}

describe('records', () => {
  test('are summed as CRC-32C says: the check value of its catalog', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  });

  test('are the bytes that TensorBoard writes of the same event', () => {
    const event = { wallTime: 1.5, step: 3, summary: { value: [{ tag: 'train/loss', simpleValue: 0.5 }] } };
    // tensorboard 2.21.0: RecordWriter, of event_pb2.Event(wall_time=1.5, step=3, summary=…).
    const expected = '200000000000000029eda95009000000000000f83f10032a130a110a0a747261696e2f6c6f7373150000003f1341efbe';
    expect(encodeRecord(encodeEvent(event)).toString('hex')).toBe(expected);
  });

  test('longer than a piece of the file are read, and one that is not written to its end is left out', async () => {
    const path = join(folder, 'long');
    const records = [3_000_000, 0, 5].map((length, index) => Buffer.alloc(length, index + 1));
    writeFileSync(path, Buffer.concat(records.map(encodeRecord)));
    appendFileSync(path, encodeRecord(Buffer.alloc(100)).subarray(0, 90));
    const read: Buffer[] = [];
    for await (const record of readRecords(path)) read.push(record);
    expect(read.map(({ length }) => length)).toEqual([3_000_000, 0, 5]);
    expect(records.every((record, index) => record.equals(read[index] ?? Buffer.alloc(1)))).toBe(true);
  });

  test.each([
    ['its length', 3],
    ['the sum of its length', 9],
    ['its data', 14],
    ['the sum of its data', 24],
  ])('with a wrong byte in %s are refused by the name of the file', async (_, position) => {
    const path = join(folder, 'corrupt');
    const bytes = Buffer.concat([encodeRecord(Buffer.alloc(10)), encodeRecord(Buffer.alloc(10))]);
    bytes[position] = (bytes[position] ?? 0) ^ 0x10;
    writeFileSync(path, bytes);
    await expect(eventsIn(path)).rejects.toThrow(`${path} is not an event file of TensorBoard or is corrupt`);
  });
});

test('tags are those of Transformers, and metrics come back from them', () => {
  const tags = ['loss', 'eval_accuracy', 'test_loss', 'p', 'grad_norm/layer 0'].map(tagOf);
  expect(tags).toEqual(['train/loss', 'eval/accuracy', 'test/loss', 'train/p', 'train/grad_norm/layer 0']);
  expect(tags.map(metricOf)).toEqual(['loss', 'eval_accuracy', 'test_loss', 'p', 'grad_norm/layer 0']);
  expect(['Loss/train', 'lr', 'train/'].map(metricOf)).toEqual(['Loss/train', 'lr', 'train/']);
});

describe('an event log', () => {
  test('is kept back until it is flushed, one event a step with the values of all metrics', async () => {
    const began = Date.now() / 1000;
    const logs = new EventLogs(silentLog);
    const place = join(folder, 'logs');
    await logs.open('run', place, { firstStep: 4, settings: { learning_rate: 0.5, adapter: { r: 8 } } });
    const [name = ''] = readdirSync(place);
    const begun = statSync(join(place, name)).size;
    logs.add('run', [column('loss', [4, 5], [1.5, 0.25]), column('eval_accuracy', [5], [0.75])]);
    expect(statSync(join(place, name)).size).toBe(begun);
    logs.flush('run');
    expect(statSync(join(place, name)).size).toBeGreaterThan(begun);
    expect(name).toMatch(/^events\.out\.tfevents\.\d{10}\../);
    logs.add('run', [column('loss', [6], [Number.NaN]), column('p', [6], [0])]);
    logs.close('run');
    logs.add('run', [column('loss', [7], [1])]);
    const [version, session, text, ...steps] = await eventsIn(join(place, name));
    expect(version?.fileVersion).toBe('brain.Event:2');
    expect(session).toMatchObject({ step: 4, sessionLog: { status: 1 } });
    const [settings] = text?.summary?.value ?? [];
    expect(settings?.tag).toBe('args/text_summary');
    expect(JSON.parse(Buffer.from(settings?.tensor?.stringVal[0] ?? []).toString())).toEqual({
      learning_rate: 0.5,
      adapter: { r: 8 },
    });
    expect(steps.map(({ step, summary }) => [step, summary?.value])).toEqual([
      [4, [{ tag: 'train/loss', simpleValue: 1.5 }]],
      [
        5,
        [
          { tag: 'train/loss', simpleValue: 0.25 },
          { tag: 'eval/accuracy', simpleValue: 0.75 },
        ],
      ],
      [
        6,
        [
          { tag: 'train/loss', simpleValue: Number.NaN },
          { tag: 'train/p', simpleValue: 0 },
        ],
      ],
    ]);
    expect(version?.wallTime).toBeGreaterThanOrEqual(began);
    expect(version?.wallTime).toBeLessThanOrEqual(Date.now() / 1000);
  });

  test('a run continues without a log that cannot be written', async () => {
    const logs = new EventLogs(silentLog);
    const file = join(folder, 'a file');
    writeFileSync(file, '');
    await logs.open('run', join(file, 'logs'), { firstStep: 0, settings: {} });
    logs.add('run', [column('loss', [0], [1])]);
    expect(() => logs.flush('run')).not.toThrow();
    expect(() => logs.close('run')).not.toThrow();
  });

  test('writes a log during a long stretch without a checkpoint', () => {
    const log = new EventLog(join(folder, 'long-logs'), { firstStep: 0, settings: {} });
    const steps = Array.from({ length: 10_000 }, (_, step) => step);
    log.add([column('loss', steps, steps)]);
    expect(readFileSync(log.path).length).toBeGreaterThan(256 * 1024);
  });
});
