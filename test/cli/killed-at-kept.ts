/**
 * Loaded before `coto job`, in its process and its threads: as soon as a checkpoint has its name in the bundle, the command is
 * killed, as where its node is lost. Until then its run gets no further than to the checkpoint of step 20.
 */
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const { rename } = promises;
promises.rename = async (from, to) => {
  if (String(to).endsWith('/checkpoints/step-000020')) await new Promise(() => undefined);
  await rename(from, to);
  if (/\/checkpoints\/[0-9a-f]{32}\.[^/]+$/.test(String(to))) process.kill(process.pid, 'SIGKILL');
};
syncBuiltinESMExports();
