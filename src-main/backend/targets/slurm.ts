import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { Declaration } from '../../../src-shared/domain/parameters/parameter.ts';
import type { SubmittedPart } from '../../../src-shared/domain/targets/target.ts';
import {
  commandParameter,
  commonParameters,
  computeParameter,
  folderParameter,
  folderThereParameter,
  pollParameter,
  retriesParameter,
  sshConfigParameter,
  workerWords,
} from './common-parameters.ts';
import { farHosts } from './far-hosts.ts';
import { localMarker, remoteMarker } from './probe-marker.ts';
import { lastLine, type ProgramOutput, quoted, type RunProgram, runLocal, runRemote } from './run-program.ts';
import { probeSlurm } from './slurm-probe.ts';
import { arraysByName, arraysOf, rangeOf, readQueue, requireJson, statesByIndex } from './slurm-queue.ts';
import type { Target, TargetEngine, TargetPlace } from './target.ts';

const declaration: Declaration = {
  id: 'slurm',
  label: 'Slurm',
  summary: 'A cluster, or a few workstations, with Slurm: job arrays by sbatch, here or on a login node by ssh.',
  card: 'guide/slurm',
  parameters: [
    folderParameter,
    folderThereParameter,
    commandParameter,
    {
      name: 'partition',
      label: 'Partition',
      type: 'text',
      default: '',
      empty: "the cluster's usual one",
      help: 'Partition that runs are submitted to.',
    },
    {
      name: 'account',
      label: 'Account',
      type: 'text',
      default: '',
      empty: 'yours',
      help: 'Account that is charged.',
    },
    {
      name: 'gpus',
      label: 'GPUs of a run',
      type: 'integer',
      default: 0,
      minimum: 0,
      maximum: 64,
      help: 'GPUs that each run asks for.',
    },
    {
      name: 'cpus',
      label: 'CPUs of a run',
      type: 'integer',
      default: 1,
      minimum: 1,
      maximum: 1024,
      help: 'Processor cores that each run asks for.',
    },
    {
      name: 'memory',
      label: 'Memory of a run',
      type: 'text',
      default: '',
      empty: "the cluster's usual amount",
      help: 'Memory that each run asks for, as Slurm writes it: 16G.',
    },
    {
      name: 'time_limit',
      label: 'Time limit',
      type: 'text',
      default: '',
      empty: "the partition's limit",
      help: 'Time after which Slurm ends a run, as it writes it: 02:00:00.',
    },
    {
      name: 'at_once',
      label: 'Runs at once',
      type: 'integer',
      default: 0,
      minimum: 0,
      maximum: 100_000,
      empty: 'no limit',
      help: 'How many runs of an array may run at once; 0: as many as fit.',
    },
    {
      name: 'options',
      label: 'Further options',
      type: 'text-list',
      default: [],
      empty: 'none',
      advanced: true,
      help: 'Options that sbatch is given as they are: --qos=long, --constraint=a100.',
    },
    computeParameter,
    pollParameter,
    retriesParameter,
    sshConfigParameter,
  ],
};

const ownSchema = z.object({
  partition: z.string().default(''),
  account: z.string().default(''),
  gpus: z.number().default(0),
  cpus: z.number().default(1),
  memory: z.string().default(''),
  time_limit: z.string().default(''),
  at_once: z.number().default(0),
  options: z.array(z.string()).default([]),
});

/** Returns the Slurm options of each run, as arguments of sbatch and srun. */
export function resourceWords(parameters: TargetPlace['parameters']): string[] {
  const { partition, account, gpus, cpus, memory, time_limit, options } = ownSchema.parse(parameters);
  return [
    ...(partition === '' ? [] : [`--partition=${partition}`]),
    ...(account === '' ? [] : [`--account=${account}`]),
    ...(gpus === 0 ? [] : [`--gres=gpu:${gpus}`]),
    `--cpus-per-task=${cpus}`,
    ...(memory === '' ? [] : [`--mem=${memory}`]),
    ...(time_limit === '' ? [] : [`--time=${time_limit}`]),
    ...options,
  ];
}

/** Returns the script of an array task: `worker` starts a run. The node's shell reads it. */
export function taskScript(folder: string, worker: readonly string[], offset: number): string {
  return [
    '#!/bin/sh',
    '# Written by CoTo Studio: trains one run of a bundle.',
    `exec ${[...worker, folder].map(quoted).join(' ')} "$((SLURM_ARRAY_TASK_ID + ${offset}))"`,
    '',
  ].join('\n');
}

export const slurm: Target = {
  declaration,
  takesHost: true,
  open: (place) => openSlurm(place, programOf(place)),
};

function programOf({ host, parameters }: TargetPlace): RunProgram {
  return host === null ? runLocal : runRemote({ host, config: commonParameters(parameters).ssh_config });
}

function openSlurm({ host, parameters }: TargetPlace, run: RunProgram): TargetEngine {
  const common = commonParameters(parameters);
  const { folder, ssh_config } = common;
  const far = farHosts(host === null ? [] : [host], parameters);
  const placeOf = async (bundle: string) => (far === null || host === null ? bundle : far.folderOn(host, bundle));
  const { at_once } = ownSchema.parse(parameters);
  const resources = resourceWords(parameters);

  /** One question for all parts: sites ask not to be polled a job at a time. Null where there is no answer. */
  const queue = async (parts: readonly SubmittedPart[]) => {
    // Without it a range of tasks that wait is truncated to 64 characters.
    const words = ['env', 'SLURM_BITSTR_LEN=0', 'squeue', '--json', '--me', '--states=all'];
    const output = await run([...words, `--name=${parts.map(({ name }) => name).join(',')}`]);
    if (output.code === 0) return readQueue(output.stdout);
    requireJson(output, host);
    return null;
  };
  return {
    ...far?.engine,
    probe: () => {
      const share =
        far === null || host === null ? localMarker(folder) : remoteMarker({ host, config: ssh_config }, far.folder);
      return probeSlurm(run, { host, share, resources, ...common });
    },
    async parts(name, indices) {
      const output = await run(['scontrol', 'show', 'config']);
      if (output.code !== 0) throw unanswered(output);
      return arraysOf(name, indices, maxArraySize(output.stdout));
    },
    async submit(localFolder, { name, offset, indices }) {
      const bundle = await placeOf(localFolder);
      const throttle = at_once === 0 ? '' : `%${at_once}`;
      const words = [
        ...['sbatch', '--parsable', `--job-name=${name}`, `--chdir=${bundle}`],
        `--array=${rangeOf(indices.map((index) => index - offset))}${throttle}`,
        // A percent sign of the folder's own is not one of Slurm's.
        ...[`--output=${bundle.replaceAll('%', '%%')}/logs/%x_%a.out`, '--open-mode=append'],
        ...resources,
      ];
      const output = await run(words, { input: taskScript(bundle, workerWords(common), offset) });
      if (output.code !== 0) throw refusal(output);
      // "id", or "id;cluster".
      return lastLine(output.stdout).split(';')[0] ?? '';
    },
    async find(_bundle, parts) {
      const jobs = await queue(parts);
      if (jobs === null) throw unanswered({ code: 1, stdout: '', stderr: '' });
      return arraysByName(jobs);
    },
    async states(_bundle, parts) {
      try {
        const jobs = await queue(parts);
        return jobs === null ? null : statesByIndex(jobs, parts);
      } catch (thrown) {
        if (thrown instanceof StudioError && thrown.code === 'disconnected') return null;
        throw thrown;
      }
    },
    async cancel(_bundle, parts, only) {
      const ids = parts.flatMap(({ id, offset, indices }) => {
        if (id === null) return [];
        const tasks = indices.filter((index) => only?.includes(index)).map((index) => index - offset);
        return only === undefined ? [id] : tasks.length > 0 ? [`${id}_[${rangeOf(tasks)}]`] : [];
      });
      if (ids.length === 0) return;
      const output = await run(['scancel', '--quiet', ...ids]);
      if (output.code !== 0) throw unanswered(output);
    },
  };
}

/** Tasks of an array have indices below it. @throws StudioError refused for an answer without it */
export function maxArraySize(config: string): number {
  const size = Number(/^MaxArraySize\s*=\s*(\d+)/m.exec(config)?.[1] ?? 0);
  if (size > 1) return size;
  throw new StudioError(
    'refused',
    'This Slurm takes no job arrays (MaxArraySize).',
    'Ask who runs it to allow them, or use hosts by ssh.',
  );
}

function unanswered({ stderr }: ProgramOutput): StudioError {
  return new StudioError(
    'disconnected',
    `Slurm does not answer: ${lastLine(stderr) || 'its controller is out of reach'}.`,
    'Submitted runs continue. Resume the study when it answers.',
  );
}

function refusal(output: ProgramOutput): StudioError {
  const words = lastLine(output.stderr).replace(/^sbatch: (error|fatal): /, '');
  if (/contact|communicat|timed out|did not answer/i.test(words)) return unanswered(output);
  return new StudioError(
    'refused',
    `Slurm did not take the runs: ${words || 'without a word why'}.`,
    'Change what is asked of it (coto targets add: partition, account, gpus, memory, time_limit), then resume the study.',
  );
}
