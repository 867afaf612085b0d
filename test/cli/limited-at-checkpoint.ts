/**
 * Loaded before `coto`: as soon as the folder of checkpoint 15 has its name, the memory of its control group is limited to what is
 * taken by then and COTO_TEST_LEFT bytes, of which COTO_TEST_TAKEN are taken at once.
 */
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { groupMemory } from '../../src-main/files/control-group.ts';
import { limitMemory } from '../engine/compute/memory-group.ts';

const taken: Buffer[] = [];
const { rename } = promises;
promises.rename = async (from, to) => {
  await rename(from, to);
  if (!String(to).endsWith('step-000015')) return;
  const { limitBytes, availableBytes } = groupMemory() ?? { limitBytes: 0, availableBytes: 0 };
  limitMemory(
    process.env['COTO_TEST_GROUP'] ?? '',
    limitBytes - availableBytes + Number(process.env['COTO_TEST_LEFT']),
  );
  taken.push(Buffer.alloc(Number(process.env['COTO_TEST_TAKEN'] ?? 0), 1));
};
syncBuiltinESMExports();
