import protobuf from 'protobufjs/light.js';
import { z } from 'zod';
import { once } from '../../../src-shared/once.ts';

/** The parts of TensorBoard's events (event.proto, summary.proto, tensor.proto) that are read or written. */
const parts: protobuf.INamespace = {
  nested: {
    Event: {
      fields: {
        wallTime: { id: 1, type: 'double' },
        step: { id: 2, type: 'int64' },
        fileVersion: { id: 3, type: 'string' },
        summary: { id: 5, type: 'Summary' },
        sessionLog: { id: 7, type: 'SessionLog' },
      },
    },
    SessionLog: { fields: { status: { id: 1, type: 'int32' } } },
    Summary: { fields: { value: { id: 1, type: 'Value', rule: 'repeated' } } },
    Value: {
      // Its members are written and read where they are zero, too.
      oneofs: { value: { oneof: ['simpleValue', 'tensor'] } },
      fields: {
        tag: { id: 1, type: 'string' },
        simpleValue: { id: 2, type: 'float' },
        tensor: { id: 8, type: 'Tensor' },
        metadata: { id: 9, type: 'Metadata' },
      },
    },
    Metadata: { fields: { pluginData: { id: 1, type: 'PluginData' } } },
    PluginData: { fields: { pluginName: { id: 1, type: 'string' }, content: { id: 2, type: 'bytes' } } },
    Tensor: {
      fields: {
        dtype: { id: 1, type: 'int32' },
        tensorShape: { id: 2, type: 'Shape' },
        tensorContent: { id: 4, type: 'bytes' },
        floatVal: { id: 5, type: 'float', rule: 'repeated', options: { packed: true } },
        doubleVal: { id: 6, type: 'double', rule: 'repeated', options: { packed: true } },
        stringVal: { id: 8, type: 'bytes', rule: 'repeated' },
      },
    },
    Shape: { fields: { dim: { id: 2, type: 'Dimension', rule: 'repeated' } } },
    Dimension: { fields: { size: { id: 1, type: 'int64' } } },
    HyperParameters: { fields: { sessionStartInfo: { id: 3, type: 'SessionStart' } } },
    // A map, which is a list of entries on the wire.
    SessionStart: { fields: { hparams: { id: 1, type: 'NamedSetting', rule: 'repeated' } } },
    NamedSetting: { fields: { key: { id: 1, type: 'string' }, value: { id: 2, type: 'Setting' } } },
    Setting: {
      oneofs: { kind: { oneof: ['numberValue', 'stringValue', 'boolValue'] } },
      fields: {
        numberValue: { id: 2, type: 'double' },
        stringValue: { id: 3, type: 'string' },
        boolValue: { id: 4, type: 'bool' },
      },
    },
  },
};
/** Made for the first event: what starts the app writes none. */
const types = once(() => {
  const root = protobuf.Root.fromJSON(parts);
  return { event: root.lookupType('Event'), hyperParameters: root.lookupType('HyperParameters') };
});

/** TensorFlow's numbers of element types. */
export const dtypes = { float: 1, double: 2, string: 7 } as const;

const bytes = z.instanceof(Uint8Array);
/** NaN and infinity too: a loss can be either. */
const anyNumber = z.custom<number>((value) => typeof value === 'number');
const valueSchema = z.object({
  tag: z.string().default(''),
  simpleValue: anyNumber.optional(),
  tensor: z
    .object({
      dtype: z.number().default(0),
      tensorShape: z.object({ dim: z.array(z.object({ size: z.number().default(0) })).default([]) }).optional(),
      tensorContent: bytes.optional(),
      floatVal: z.array(anyNumber).default([]),
      doubleVal: z.array(anyNumber).default([]),
      stringVal: z.array(bytes).default([]),
    })
    .optional(),
  metadata: z
    .object({ pluginData: z.object({ pluginName: z.string().default(''), content: bytes.optional() }).optional() })
    .optional(),
});
const eventSchema = z.object({
  /** Seconds since 1970. */
  wallTime: anyNumber.default(0),
  step: z.number().default(0),
  fileVersion: z.string().optional(),
  summary: z.object({ value: z.array(valueSchema).default([]) }).optional(),
  sessionLog: z.object({ status: z.number().default(0) }).optional(),
});
export type EventValue = z.output<typeof valueSchema>;
export type TensorBoardEvent = z.output<typeof eventSchema>;

export function encodeEvent(event: z.input<typeof eventSchema>): Uint8Array {
  return types().event.encode(event).finish();
}

/** @throws Error if the bytes are no event */
export function decodeEvent(data: Uint8Array): TensorBoardEvent {
  const { event } = types();
  return eventSchema.parse(event.toObject(event.decode(data), { longs: Number }));
}

const hyperParametersSchema = z.object({
  sessionStartInfo: z
    .object({
      hparams: z
        .array(
          z.object({
            key: z.string().default(''),
            value: z
              .object({
                numberValue: anyNumber.optional(),
                stringValue: z.string().optional(),
                boolValue: z.boolean().optional(),
              })
              .default({}),
          }),
        )
        .default([]),
    })
    .optional(),
});

/** The hyperparameters that the HParams plugin has of a run. */
export function decodeHyperParameters(content: Uint8Array): Record<string, number | string | boolean> {
  const { hyperParameters } = types();
  const message = hyperParameters.toObject(hyperParameters.decode(content));
  const { sessionStartInfo } = hyperParametersSchema.parse(message);
  return Object.fromEntries(
    (sessionStartInfo?.hparams ?? []).flatMap(({ key, value: { numberValue, stringValue, boolValue } }) => {
      const value = numberValue ?? stringValue ?? boolValue;
      return value === undefined ? [] : [[key, value]];
    }),
  );
}
