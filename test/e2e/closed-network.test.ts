import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { projectRoot } from './environment.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-closed-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const answerSchema = z.array(
  z.object({
    code: z.number().nullable(),
    packets: z.number(),
    names: z.array(z.string()),
    connections: z.array(z.string()),
    output: z.string(),
  }),
);

/** A network of one's own is for root, and for whom the system allows it. */
const isAllowed =
  process.platform === 'linux' &&
  spawnSync('unshare', ['--net', '--mount', 'ip', 'link', 'add', 'trap', 'type', 'veth', 'peer', 'name', 'trapped'])
    .status === 0;
if (!isAllowed) console.warn('no network of its own can be made here: the main job is not watched for packets');

const vitest = [join(projectRoot, 'node_modules', 'vitest', 'vitest.mjs'), 'run', '--project', 'main-job'];
const options = { cwd: projectRoot, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } } as const;

const halfAnHour = 30 * 60_000;

if (isAllowed)
  test(
    'the main job goes through and sends not one packet; only what asks for the hub does',
    () => {
      const file = join(folder, 'answer.json');
      const commands = [
        [process.execPath, ...vitest],
        [
          process.execPath,
          join(projectRoot, 'dist', 'cli', 'coto.mjs'),
          ...['models', 'get', 'someone/something', '--home', join(folder, 'home')],
        ],
      ];
      const trap = join(import.meta.dirname, 'network-trap.ts');
      const inTrap = ['--net', '--mount', process.execPath, trap, file, JSON.stringify(commands)];
      const { status, stderr } = spawnSync('unshare', inTrap, options);
      expect(status, stderr).toBe(0);
      const [job, hub] = answerSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
      expect(job?.code, job?.output).toBe(0);
      expect(job).toMatchObject({ packets: 0, names: [], connections: [] });
      // The trap is one: it sees who does connect.
      expect(hub?.names).toEqual(['huggingface.co']);
      expect(hub?.connections).toEqual(['port 443']);
    },
    halfAnHour,
  );
else
  test(
    'the main job goes through',
    () => {
      const { status, stdout, stderr } = spawnSync(process.execPath, vitest, options);
      expect(status, `${stdout}${stderr}`).toBe(0);
    },
    halfAnHour,
  );
