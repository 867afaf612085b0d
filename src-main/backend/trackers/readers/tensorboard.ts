import { basename, dirname, relative } from 'node:path';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { RecordedRun } from '../../reading/run-schemas.ts';
import {
  decodeEvent,
  decodeHyperParameters,
  dtypes,
  type EventValue,
  type TensorBoardEvent,
} from '../../tensorboard/event.ts';
import { readRecords } from '../../tensorboard/records.ts';
import { metricOf } from '../../tensorboard/tags.ts';
import { MetricCollector, type RunReader, settingsOf } from './recorded-run.ts';

const isEventFile = (path: string): boolean => /\.tfevents\./.test(basename(path));

/** Event files of TensorBoard: the files of a folder are one run, as TensorBoard shows them. */
export const tensorboardReader: RunReader = {
  id: 'tensorboard',
  label: 'event files of TensorBoard (events.out.tfevents…)',
  find: ({ path, isFolder, files }) =>
    isFolder ? [...new Set(files.filter(isEventFile).map((file) => dirname(file)))] : isEventFile(path) ? [path] : [],
  async read(source, { path, isFolder, files }) {
    const own = isFolder ? files.filter((file) => isEventFile(file) && dirname(file) === source) : [source];
    const collector = new MetricCollector(source);
    let settings: RecordedRun['settings'] = {};
    let [first, last] = [Number.POSITIVE_INFINITY, 0];
    for (const file of own)
      for await (const event of eventsOf(file)) {
        for (const value of event.summary?.value ?? []) {
          const number = scalarOf(value);
          if (number === null) {
            settings = { ...settings, ...recordedSettings(value) };
            continue;
          }
          collector.add(metricOf(value.tag), event.step, number);
          first = Math.min(first, event.wallTime * 1000);
          last = Math.max(last, event.wallTime * 1000);
        }
      }
    if (collector.isEmpty) return [];
    const folder = isFolder ? source : dirname(source);
    const name = relative(path, folder).replaceAll('\\', '/');
    return [
      {
        name: isFolder && name !== '' ? name : basename(folder),
        columns: collector.columns(),
        settings,
        startedAt: timeOrNull(first),
        finishedAt: timeOrNull(last),
      },
    ];
  },
};

/** @throws StudioError invalid_file naming the file and the event */
async function* eventsOf(path: string): AsyncGenerator<TensorBoardEvent, void> {
  let index = 0;
  for await (const record of readRecords(path)) {
    let event: TensorBoardEvent;
    try {
      event = decodeEvent(record);
    } catch {
      throw new StudioError('invalid_file', `${path} is corrupt: its record ${index} is not an event of TensorBoard.`);
    }
    yield event;
    index++;
  }
}

/** The number of a scalar: TensorFlow 1 and PyTorch write it as such, TensorFlow 2 as a tensor without dimensions. */
function scalarOf({ simpleValue, tensor }: EventValue): number | null {
  if (simpleValue !== undefined) return simpleValue;
  if (tensor === undefined || (tensor.tensorShape?.dim.length ?? 0) > 0) return null;
  const { dtype, floatVal, doubleVal, tensorContent } = tensor;
  if (dtype !== dtypes.float && dtype !== dtypes.double) return null;
  const bytes = tensorContent === undefined ? Buffer.alloc(0) : Buffer.from(tensorContent);
  if (dtype === dtypes.float) return floatVal[0] ?? (bytes.length === 4 ? bytes.readFloatLE() : null);
  return doubleVal[0] ?? (bytes.length === 8 ? bytes.readDoubleLE() : null);
}

/** Reads the settings that Transformers writes as a JSON text, or the HParams plugin's. */
function recordedSettings({ metadata, tag, tensor }: EventValue): RecordedRun['settings'] {
  const plugin = metadata?.pluginData;
  try {
    if (plugin?.pluginName === 'hparams' && plugin.content !== undefined)
      return settingsOf(decodeHyperParameters(plugin.content));
    const [text] = tensor?.stringVal ?? [];
    if (text === undefined || text.length > longestText || !/^(args|model_config)\/text_summary$/.test(tag)) return {};
    return settingsOf(JSON.parse(Buffer.from(text).toString('utf8')));
  } catch {
    // Another program's text of that name.
    return {};
  }
}

const longestText = 4 * 1024 * 1024;

function timeOrNull(milliseconds: number): number | null {
  return Number.isFinite(milliseconds) && milliseconds > 0 && milliseconds < 8.64e15 ? Math.round(milliseconds) : null;
}
