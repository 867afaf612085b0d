import { z } from 'zod';
import { computeIdSchema, computeLabels } from '../../../src-shared/domain/app/catalog.ts';
import type { ParameterSpec, ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';

export const folderParameter: ParameterSpec = {
  name: 'folder',
  label: 'Shared folder',
  type: 'text',
  default: '',
  empty: "below the studio's home",
  help: 'Where bundles are written, at the same path here and on every node.',
};

export const folderThereParameter: ParameterSpec = {
  name: 'folder_there',
  label: 'Folder on the host',
  type: 'text',
  default: '',
  empty: 'folder is shared',
  help: 'Without a shared folder: where inputs are copied to on the host, below its home folder, e.g. coto. Results are copied back.',
};

export const commandParameter: ParameterSpec = {
  name: 'command',
  label: 'coto on a node',
  type: 'text-list',
  default: ['coto'],
  help: 'Words that start the coto command on a node; job, the bundle and an index are added.',
};

export const computeParameter: ParameterSpec = {
  name: 'compute_backend',
  label: 'Compute backend there',
  type: 'choice',
  default: 'auto',
  choices: [
    { value: 'auto', label: "The study's" },
    ...computeIdSchema.options.map((value) => ({ value, label: computeLabels[value] })),
  ],
  advanced: true,
  help: 'In place of the one that the study is computed with here, for nodes that do not have it: wasm runs on any processor.',
};

export const pollParameter: ParameterSpec = {
  name: 'poll_seconds',
  label: 'Poll every',
  type: 'number',
  default: 10,
  minimum: 0.1,
  maximum: 3600,
  unit: 's',
  advanced: true,
  help: 'How often the states of all runs are asked for, in one question.',
};

export const retriesParameter: ParameterSpec = {
  name: 'retries',
  label: 'Retries',
  type: 'integer',
  default: 2,
  minimum: 0,
  maximum: 20,
  advanced: true,
  help: 'How often runs are submitted again that ended without a result and without an error of their own, as when a node is lost.',
};

export const sshConfigParameter: ParameterSpec = {
  name: 'ssh_config',
  label: 'ssh config',
  type: 'text',
  default: '',
  names: 'file',
  empty: 'your own',
  advanced: true,
  help: 'Config file for ssh. Keys come from its agent; none is stored.',
};

const commonSchema = z.object({
  folder: z.string().default(''),
  folder_there: z.string().default(''),
  command: z.array(z.string()).min(1, 'names no program').default(['coto']),
  compute_backend: z.enum(['auto', ...computeIdSchema.options]).default('auto'),
  poll_seconds: z.number().default(10),
  retries: z.number().default(2),
  ssh_config: z.string().default(''),
});

/** Parses the parameters that all targets share. @throws ZodError for a command without words */
export function commonParameters(parameters: ParameterValues): z.infer<typeof commonSchema> {
  return commonSchema.parse(parameters);
}

/** The words that start a run on a node; the bundle's folder and an index follow. */
export function workerWords({
  command,
  compute_backend,
}: Pick<z.infer<typeof commonSchema>, 'command' | 'compute_backend'>): string[] {
  return [...command, 'job', ...(compute_backend === 'auto' ? [] : ['--compute-backend', compute_backend])];
}
