import { rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BadFile, fifo, llamaText, modelFolder, safetensors, withHole } from './bad-file.ts';

const config = (changes: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ ...JSON.parse(llamaText('config.json')), ...changes });
const mebibyte = 2 ** 20;

/** A model's folder in which one file was exchanged by `exchange`. */
function exchanged(folder: string, name: string, exchange: (path: string) => void): string {
  const made = modelFolder(folder);
  rmSync(join(made, name), { force: true });
  exchange(join(made, name));
  return made;
}

function sharded(folder: string, shard: string): string {
  const made = exchanged(folder, 'model.safetensors', () => undefined);
  const index = { metadata: {}, weight_map: { 'model.embed_tokens.weight': shard } };
  writeFileSync(join(made, 'model.safetensors.index.json'), JSON.stringify(index));
  return made;
}

/** A header that names a tensor of so many rows, in a file with a hole of that size. */
function giant(path: string, rows: number): void {
  const bytes = rows * 192 * 2;
  const header = JSON.stringify({
    'model.embed_tokens.weight': { dtype: 'F16', shape: [rows, 192], data_offsets: [0, bytes] },
  });
  const head = safetensors(header);
  withHole(path, head.length + bytes, head);
}

export const badModels: readonly BadFile[] = [
  {
    name: 'config.json is a FIFO',
    kind: 'model',
    make: (folder) => exchanged(folder, 'config.json', fifo),
    says: /config\.json is not a regular file/,
  },
  {
    name: 'config.json → /dev/zero',
    kind: 'model',
    make: (folder) => exchanged(folder, 'config.json', (path) => symlinkSync('/dev/zero', path)),
    says: /config\.json is a link to a file outside its folder/,
  },
  {
    name: 'config.json of 1.5 GB, a hole',
    kind: 'model',
    make: (folder) => exchanged(folder, 'config.json', (path) => withHole(path, 1536 * mebibyte)),
    says: /has 1536 MiB, and at most 16 MiB are read/,
  },
  {
    name: 'config.json of 15 MB of brackets',
    kind: 'model',
    make: (folder) => modelFolder(folder, { 'config.json': '['.repeat(15 * mebibyte) }),
    says: /config\.json is not JSON/,
    isHeavy: true,
  },
  {
    name: 'config.json with 7 million closed brackets',
    kind: 'model',
    make: (folder) =>
      modelFolder(folder, { 'config.json': `{"a":${'['.repeat(7 * mebibyte)}${']'.repeat(7 * mebibyte)}}` }),
    says: /config\.json (is not JSON|lacks the key "model_type")/,
    isHeavy: true,
  },
  {
    name: 'config.json names model_type twice',
    kind: 'model',
    make: (folder) =>
      modelFolder(folder, { 'config.json': llamaText('config.json').replace('{', '{ "model_type": "gpt2",') }),
    says: /^accepted$/,
  },
  {
    name: 'a billion layers',
    kind: 'model',
    make: (folder) => modelFolder(folder, { 'config.json': config({ num_hidden_layers: 1e9 }) }),
    says: /layers/,
  },
  {
    name: 'a vocabulary of 10¹⁵ tokens',
    kind: 'model',
    make: (folder) => modelFolder(folder, { 'config.json': config({ vocab_size: 1e15 }) }),
    says: /vocab_size|embed_tokens/,
  },
  {
    name: 'weights: a FIFO',
    kind: 'model',
    make: (folder) => exchanged(folder, 'model.safetensors', fifo),
    says: /model\.safetensors is not a regular file/,
  },
  {
    // People keep weights on another disk, so such a link is followed; what is behind it must be safetensors.
    name: 'weights → a file outside',
    kind: 'model',
    make: (folder) => exchanged(folder, 'model.safetensors', (path) => symlinkSync('/etc/passwd', path)),
    says: /is not a safetensors file/,
  },
  {
    name: 'weights: cut off',
    kind: 'model',
    make: (folder) => modelFolder(folder, { 'model.safetensors': safetensors('{"a":{"dtype":"F16","shape":[9],') }),
    says: /model\.safetensors/,
  },
  {
    name: 'weights: a header of 2⁶⁰ bytes',
    kind: 'model',
    make: (folder) => modelFolder(folder, { 'model.safetensors': Buffer.from('0000000000000010', 'hex') }),
    says: /model\.safetensors/,
  },
  {
    name: 'weights: a header of 90 MB',
    kind: 'model',
    make: (folder) => modelFolder(folder, { 'model.safetensors': safetensors(`{"a":"${'x'.repeat(90 * mebibyte)}"}`) }),
    says: /model\.safetensors/,
    isHeavy: true,
  },
  {
    name: 'weights: 400 000 tensors',
    kind: 'model',
    make(folder) {
      const entries = Array.from(
        { length: 400_000 },
        (_, at) => `"t${at}":{"dtype":"F16","shape":[0],"data_offsets":[0,0]}`,
      );
      return modelFolder(folder, { 'model.safetensors': safetensors(`{${entries.join()}}`) });
    },
    says: /model\.safetensors/,
    isHeavy: true,
  },
  {
    name: 'weights: a key twice',
    kind: 'model',
    make(folder) {
      const entry = '"model.norm.weight":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}';
      return modelFolder(folder, { 'model.safetensors': safetensors(`{${entry},${entry}}`, new Uint8Array(2)) });
    },
    says: /twice/,
  },
  {
    name: 'weights of 400 GB, a hole',
    kind: 'model',
    make(folder) {
      const made = exchanged(folder, 'model.safetensors', (path) => giant(path, 1e9));
      writeFileSync(join(made, 'config.json'), config({ vocab_size: 1e9, num_hidden_layers: 0 }));
      return made;
    },
    says: /num_hidden_layers|stopped after|model\.norm/,
    isHeavy: true,
  },
  {
    name: 'index: a shard named with NUL',
    kind: 'model',
    make: (folder) => sharded(folder, 'x\0y.safetensors'),
    says: /index\.json/,
  },
  {
    name: 'index: a shard above the folder',
    kind: 'model',
    make: (folder) => sharded(folder, '../../secret.safetensors'),
    says: /index\.json/,
  },
  {
    name: 'index: a shard that is a FIFO',
    kind: 'model',
    make(folder) {
      const made = sharded(folder, 'one.safetensors');
      fifo(join(made, 'one.safetensors'));
      return made;
    },
    says: /one\.safetensors is not a regular file/,
  },
  {
    name: 'PROVENANCE.md → /etc/passwd',
    kind: 'model',
    make: (folder) => exchanged(folder, 'PROVENANCE.md', (path) => symlinkSync('/etc/passwd', path)),
    says: /PROVENANCE\.md is a link to a file outside/,
  },
  {
    name: 'PROVENANCE.md of 600 MB, a hole',
    kind: 'model',
    make: (folder) => exchanged(folder, 'PROVENANCE.md', (path) => withHole(path, 600 * mebibyte)),
    says: /has 600 MiB, and at most 1 MiB are read/,
  },
  {
    name: 'tokenizer.json → a file outside',
    kind: 'tokenizer',
    make(folder) {
      const made = modelFolder(folder);
      unlinkSync(join(made, 'tokenizer.json'));
      symlinkSync('/etc/passwd', join(made, 'tokenizer.json'));
      return made;
    },
    says: /outside its folder/,
  },
];
