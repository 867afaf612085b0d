import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { commonParameters, workerWords } from '../../../src-main/backend/targets/common-parameters.ts';
import { quoted, requireHost } from '../../../src-main/backend/targets/run-program.ts';
import { maxArraySize, resourceWords, slurm, taskScript } from '../../../src-main/backend/targets/slurm.ts';
import { arraysOf, rangeOf, readQueue, statesByIndex, tasksOf } from '../../../src-main/backend/targets/slurm-queue.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { removeTemporaryFolders, temporaryFolder } from '../support.ts';

afterEach(removeTemporaryFolders);

const nasty = ["it's", '$(touch /tmp/owned)', '`id`', 'a;b', '"quoted"', '%A {} \\', 'new\nline', '', '-x'];

describe('words for a shell at the other end', () => {
  it('are read back as they are', () => {
    const output = execFileSync('sh', ['-c', `printf '%s\\0' ${nasty.map(quoted).join(' ')}`], { encoding: 'utf8' });
    expect(output.split('\0').slice(0, -1)).toEqual(nasty);
  });

  it('reach the worker as they are, with the index that an array adds up to', () => {
    const folder = temporaryFolder();
    const script = join(folder, 'task.sh');
    const worker = join(folder, 'worker');
    writeFileSync(worker, '#!/bin/sh\nprintf "%s\\0" "$@"\n');
    chmodSync(worker, 0o755);
    writeFileSync(script, taskScript(nasty.join('/'), [worker, ...nasty, 'job'], 1001));
    const output = execFileSync('sh', [script], {
      encoding: 'utf8',
      env: { ...process.env, SLURM_ARRAY_TASK_ID: '4' },
    });
    expect(output.split('\0').slice(0, -1)).toEqual([...nasty, 'job', nasty.join('/'), '1005']);
  });

  it('start a run on the backend of the target, where it names one', () => {
    const worker = (parameters: ParameterValues) => workerWords(commonParameters(parameters));
    expect(worker({})).toEqual(['coto', 'job']);
    expect(worker({ command: ['x', 'y'], compute_backend: 'wasm' })).toEqual([
      'x',
      'y',
      'job',
      '--compute-backend',
      'wasm',
    ]);
  });

  it('name a host, and nothing that ssh would take for an option', () => {
    for (const host of ['login1', 'me@login.site.org', '[fe80::1]', 'ws-2'])
      expect(() => requireHost(host)).not.toThrow();
    for (const host of ['-oProxyCommand=id', 'a b', 'a;b', '', '$(id)'])
      expect(() => requireHost(host)).toThrow(/is not the name of a host/);
  });
});

describe('arrays', () => {
  it('have indices below what the scheduler takes, and say what they add', () => {
    const parts = arraysOf('coto-x-g1', [0, 1, 2, 1000, 1001, 2002, 5005], 1001);
    expect(
      parts.map(({ name, offset, indices }) => [name, offset, rangeOf(indices.map((index) => index - offset))]),
    ).toEqual([
      ['coto-x-g1-0', 0, '0-2,1000'],
      ['coto-x-g1-1001', 1001, '0'],
      ['coto-x-g1-2002', 2002, '0'],
      ['coto-x-g1-5005', 5005, '0'],
    ]);
    expect(
      arraysOf(
        'x',
        Array.from({ length: 10_000 }, (_, index) => index),
        1001,
      ),
    ).toHaveLength(10);
  });

  it('are written and read as ranges', () => {
    expect(tasksOf('0-3,7,10-20:5%4')).toEqual([0, 1, 2, 3, 7, 10, 15, 20]);
    expect(tasksOf('')).toEqual([]);
    const tasks = [0, 2, 3, 4, 9, 10, 100];
    expect(tasksOf(rangeOf(tasks))).toEqual(tasks);
  });

  it('are refused of a scheduler that takes none', () => {
    expect(maxArraySize('MaxArraySize            = 1001\n')).toBe(1001);
    expect(() => maxArraySize('MaxArraySize = 0')).toThrow(/takes no job arrays/);
  });
});

describe('the queue', () => {
  const part = { name: 'coto-x-g1-100', offset: 100, indices: [100, 101, 102, 105], id: '7' };
  const job = (details: object) => ({
    job_id: 8,
    name: part.name,
    job_state: ['RUNNING'],
    nodes: 'n1',
    state_reason: 'None',
    array_task_string: '',
    ...details,
  });
  const number = (value: number) => ({ set: true, infinite: false, number: value });
  const unset = { set: false, infinite: false, number: 0 };

  it('is read as Slurm 24.11 writes it: tasks that wait are one record', () => {
    const jobs = [
      job({ array_job_id: number(7), array_task_id: number(0) }),
      job({
        job_id: 7,
        array_job_id: number(7),
        array_task_id: unset,
        array_task_string: '2,5%4',
        job_state: ['PENDING'],
        nodes: '',
        state_reason: 'Resources',
      }),
      job({
        array_job_id: number(7),
        array_task_id: number(1),
        job_state: ['OUT_OF_MEMORY'],
        state_reason: 'OutOfMemory',
      }),
      // Another one of the same name is not ours.
      job({ array_job_id: number(9), array_task_id: number(5) }),
    ];
    expect(Object.fromEntries(statesByIndex(readQueue(JSON.stringify({ jobs })), [part]))).toEqual({
      100: { state: 'running', node: 'n1', reason: null },
      101: { state: 'ended', node: 'n1', reason: 'OUT_OF_MEMORY' },
      102: { state: 'waiting', node: null, reason: 'Resources' },
      105: { state: 'waiting', node: null, reason: 'Resources' },
    });
  });

  it('is read as Slurm 21.08 writes it', () => {
    const jobs = [
      job({ array_job_id: 7, array_task_id: 0, job_state: 'COMPLETED' }),
      job({ array_job_id: 7, array_task_id: null, array_task_string: '1-2', job_state: 'PENDING' }),
    ];
    expect(
      [...statesByIndex(readQueue(JSON.stringify({ jobs })), [part])].map(([index, { state }]) => [index, state]),
    ).toEqual([
      [100, 'ended'],
      [101, 'waiting'],
      [102, 'waiting'],
    ]);
  });

  it('is refused where it is no JSON, with the version that is needed', () => {
    expect(() => readQueue('squeue: unrecognized option --json')).toThrow(/did not answer JSON/);
  });
});

describe('a cluster that is too old or not there', () => {
  /** Programs that answer as those of another cluster would. */
  function programs(answers: Readonly<Record<string, string>>): string {
    const folder = temporaryFolder();
    for (const [name, script] of Object.entries(answers)) {
      writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
      chmodSync(join(folder, name), 0o755);
    }
    return folder;
  }
  const path = process.env['PATH'];
  afterEach(() => {
    process.env['PATH'] = path;
  });
  const open = () => slurm.open({ host: null, parameters: { folder: temporaryFolder() } });

  it('is told in a sentence', async () => {
    process.env['PATH'] = programs({ sbatch: 'echo slurm 20.02.7' });
    expect((await open().probe()).problems).toEqual([
      { message: 'Slurm 20.02 is too old: its squeue has no JSON.', hint: expect.stringContaining('by ssh') },
    ]);
    process.env['PATH'] = programs({});
    await expect(open().probe()).rejects.toMatchObject({
      code: 'not_found',
      message: 'There is no program "sbatch" on this machine.',
    });
    process.env['PATH'] = programs({
      sbatch: 'echo slurm 24.05.1',
      sinfo: 'echo "slurm_load_partitions: Unable to contact slurm controller" >&2; exit 1',
    });
    expect((await open().probe()).problems[0]?.message).toMatch(/Slurm does not answer: .*Unable to contact/);
  });

  it('tells a node that has another processor, version, clock, folder or no coto from one that is ready', async () => {
    const answer = ['node=n9', 'machine=aarch64', 'time=1000', 'shared=no', 'free=100', 'gpus=', 'coto=9.9.9'];
    process.env['PATH'] = `${programs({
      sbatch: 'echo slurm 24.05.1',
      sinfo: 'echo "2|idle|8|64000|gpu:a100:4"',
      srun: `printf '%s\\n' ${answer.join(' ')}`,
    })}:${path}`;
    const { facts, problems } = await open().probe();
    expect(facts).toContainEqual({ label: 'Nodes', value: '2 idle (8 CPUs, 64.0 GB, gpu:a100:4)' });
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^n9 has CoTo Studio 9\.9\.9, this machine/),
      expect.stringMatching(/is not the same folder on n9/),
      expect.stringMatching(/The clock of n9 is \d+ s behind/),
      expect.stringMatching(/n9 has another processor \(aarch64\)/),
    ]);
    expect(problems[3]?.hint).toMatch(/wasm/);
  });

  it('asks for what the target says of each run', () => {
    const parameters = {
      partition: 'long',
      gpus: 1,
      cpus: 4,
      memory: '16G',
      time_limit: '02:00:00',
      options: ['--qos=low'],
    };
    expect(resourceWords(parameters)).toEqual([
      ...['--partition=long', '--gres=gpu:1', '--cpus-per-task=4', '--mem=16G', '--time=02:00:00', '--qos=low'],
    ]);
  });
});
