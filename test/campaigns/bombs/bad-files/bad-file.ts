import { execFileSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  cpSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { bundledResources } from '../../../backend/support.ts';

/** By what request a file is read. */
export type BadFileKind =
  | 'model'
  | 'tokenizer'
  | 'adapter'
  | 'dataset'
  | 'image'
  | 'runs'
  | 'yaml'
  | 'forecast'
  | 'gguf';

/** A file or folder as somebody who means harm would make it. */
export interface BadFile {
  readonly name: string;
  readonly kind: BadFileKind;
  /** Makes it in an empty folder. Returns the path that is given to the request; of YAML and forecasts the text. */
  make(folder: string): string | Promise<string>;
  /** Pattern of the answers, joined by " · "; "accepted" if a request succeeds. */
  readonly says: RegExp;
  /** Not in the unit tests: it takes seconds, or gigabytes. */
  readonly isHeavy?: true;
}

const llama = join(bundledResources, 'models', 'small-llama');

/** Resources with the bundled language model alone: the datasets would take most of a start. */
export function llamaResources(folder: string): string {
  cpSync(llama, join(folder, 'models', 'small-llama'), { recursive: true });
  cpSync(join(bundledResources, 'fonts'), join(folder, 'fonts'), { recursive: true });
  return folder;
}

/** A copy of the bundled language model, with some of its files replaced. */
export function modelFolder(folder: string, files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const made = join(folder, 'model');
  mkdirSync(made, { recursive: true });
  for (const name of ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'])
    if (files[name] === undefined) copyFileSync(join(llama, name), join(made, name));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(made, name), content);
  return made;
}

/** A file of the bundled language model, as text. */
export const llamaText = (name: string): string => readFileSync(join(llama, name), 'utf8');

export function fifo(path: string): string {
  execFileSync('mkfifo', [path]);
  return path;
}

/** A file of `bytes`, most of them a hole, that begins with `head`. */
export function withHole(path: string, bytes: number, head: string | Uint8Array = ''): string {
  const descriptor = openSync(path, 'w');
  try {
    if (head.length > 0) writeSync(descriptor, Buffer.from(head));
    ftruncateSync(descriptor, bytes);
  } finally {
    closeSync(descriptor);
  }
  return path;
}

/** A safetensors file with this header, given as text so that it may be wrong. */
export function safetensors(header: string, data: Uint8Array = new Uint8Array()): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
  return Buffer.concat([length, Buffer.from(header), data]);
}

const width = 192;
/** The tensors of a LoRA of rank 1 on the q_proj of every layer of the bundled language model. */
const loraTensors = Array.from({ length: 8 }, (_, layer) =>
  (['A', 'B'] as const).map((part) => ({
    key: `base_model.model.model.layers.${layer}.self_attn.q_proj.lora_${part}.weight`,
    shape: part === 'A' ? [1, width] : [width, 1],
  })),
).flat();

interface AdapterParts {
  readonly config?: Readonly<Record<string, unknown>>;
  readonly configText?: string;
  readonly value?: number;
  readonly tensors?: Uint8Array;
}

/** A PEFT folder for the bundled language model. */
export function adapterFolder(folder: string, { config = {}, configText, value = 0.01, tensors }: AdapterParts = {}) {
  const made = join(folder, 'adapter');
  mkdirSync(made, { recursive: true });
  const whole = {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    r: 1,
    lora_alpha: 1,
    target_modules: ['q_proj'],
    ...config,
  };
  writeFileSync(join(made, 'adapter_config.json'), configText ?? JSON.stringify(whole));
  const header = Object.fromEntries(
    loraTensors.map(({ key, shape }, place) => [
      key,
      { dtype: 'F32', shape, data_offsets: [place * width * 4, (place + 1) * width * 4] },
    ]),
  );
  const data = new Float32Array(loraTensors.length * width).fill(value);
  const bytes = new Uint8Array(data.buffer);
  writeFileSync(join(made, 'adapter_model.safetensors'), tensors ?? safetensors(JSON.stringify(header), bytes));
  return made;
}
