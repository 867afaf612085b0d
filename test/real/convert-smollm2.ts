import { convertGguf } from '../../src-main/engine/formats/gguf/convert.ts';
import { writeFolderAtomic } from '../../src-main/files/atomic.ts';
import { smolLm2Folder, smolLm2Gguf } from './models.ts';

/** Runs once before the tests. */
export default async function convertSmolLm2(): Promise<void> {
  await writeFolderAtomic(smolLm2Folder(), async (temporary) => {
    const { warnings } = await convertGguf(smolLm2Gguf(), temporary);
    if (warnings.length > 0) throw new Error(warnings.join('\n'));
  });
}
