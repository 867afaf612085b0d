import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { adapterFolder, type BadFile, fifo, safetensors } from './bad-file.ts';

const mebibyte = 2 ** 20;
/** Takes a tenth of a second on the name of each module. */
export const slowKey = (at: number): string => `${'[a-z._0-9]*'.repeat(4)}!${at}`;

const adapter = (name: string, parts: Parameters<typeof adapterFolder>[1], says: RegExp, isHeavy?: true): BadFile => ({
  name: `adapter: ${name}`,
  kind: 'adapter',
  make: (folder) => adapterFolder(folder, parts),
  says,
  ...(isHeavy === undefined ? {} : { isHeavy }),
});

/** An adapter with a file beside it, or in the place of one. */
const beside = (name: string, file: string, place: (path: string) => void, says: RegExp): BadFile => ({
  name: `adapter: ${name}`,
  kind: 'adapter',
  make(folder) {
    const made = adapterFolder(folder);
    rmSync(join(made, file), { force: true });
    place(join(made, file));
    return made;
  },
  says,
});

const keys = (count: number, key: (at: number) => string) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [key(at), 2]));
const entry = (key: string) => `"${key}":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}`;

export const badAdapters: readonly BadFile[] = [
  adapter('5 slow keys of rank_pattern', { config: { rank_pattern: keys(5, slowKey) } }, /accepted|rank_pattern/, true),
  adapter(
    '60 slow keys of rank_pattern',
    { config: { rank_pattern: keys(60, slowKey) } },
    /accepted|rank_pattern/,
    true,
  ),
  adapter(
    '20 000 plain keys of rank_pattern',
    { config: { rank_pattern: keys(20_000, (at) => `a${at}`) } },
    /^accepted/,
  ),
  adapter(
    '5000 modules to save',
    { config: { modules_to_save: Array.from({ length: 5000 }, (_, at) => `a${at}`) } },
    /accepted|modules_to_save/,
  ),
  adapter('a rank of 10⁹', { config: { r: 1e9 } }, /adapter/),
  adapter('numbers that are not finite', { value: Number.NaN }, /not finite/),
  adapter('config of 15 MB of brackets', { configText: '['.repeat(15 * mebibyte) }, /adapter_config\.json/, true),
  adapter(
    'tensors cut off',
    { tensors: safetensors('{"a":{"dtype":"F32","shape":[9],') },
    /adapter_model\.safetensors/,
  ),
  adapter('a header of 2⁶⁰ bytes', { tensors: Buffer.from('0000000000000010', 'hex') }, /adapter_model\.safetensors/),
  adapter(
    'a key twice',
    { tensors: safetensors(`{${entry('x')},${entry('x')}}`, new Uint8Array(4)) },
    /adapter_model\.safetensors.*twice/,
  ),
  adapter(
    '400 000 tensors',
    {
      tensors: safetensors(
        `{${Array.from({ length: 400_000 }, (_, at) => entry(`t${at}`)).join()}}`,
        new Uint8Array(4),
      ),
    },
    /adapter_model\.safetensors/,
    true,
  ),
  beside('README.md → /etc/shadow', 'README.md', (path) => symlinkSync('/etc/shadow', path), /README\.md is a link/),
  beside('README.md is a FIFO', 'README.md', fifo, /README\.md is not a regular file/),
  beside('vocab.txt → /etc/passwd', 'vocab.txt', (path) => symlinkSync('/etc/passwd', path), /vocab\.txt is a link/),
  beside('config is a FIFO', 'adapter_config.json', fifo, /adapter_config\.json is not a regular file/),
  beside('tensors are a FIFO', 'adapter_model.safetensors', fifo, /is not a regular file/),
  {
    name: 'adapter: a file of another format that is a FIFO',
    kind: 'adapter',
    make: (folder) => fifo(join(folder, 'lora.gguf')),
    says: /lora\.gguf/,
  },
  {
    name: 'adapter: a GGUF that states 2⁶⁰ keys',
    kind: 'adapter',
    make(folder) {
      const file = join(folder, 'lora.gguf');
      writeFileSync(
        file,
        Buffer.from(
          `${'GGUF'.replace(/./g, (c) => c.charCodeAt(0).toString(16))}030000000000000000000010${'00'.repeat(4)}00000000000010`,
          'hex',
        ),
      );
      return file;
    },
    says: /lora\.gguf/,
  },
  {
    name: 'adapter: a pickle',
    kind: 'adapter',
    make(folder) {
      const file = join(folder, 'adapter_model.bin');
      writeFileSync(file, 'cos\nsystem\n(S"true"\ntR.');
      return file;
    },
    says: /is a pickle/,
  },
];
