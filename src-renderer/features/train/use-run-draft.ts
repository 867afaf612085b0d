import { useDebouncedValue, useHotkeys } from '@mantine/hooks';
import { useEffect, useMemo, useState } from 'react';
import type { RequestOutput } from '../../../src-shared/contract/requests.ts';
import type { RunConfig } from '../../../src-shared/domain/run.ts';
import { request } from '../../api/client.ts';
import { useAction, useLastAnswer, useRequest } from '../../api/query.ts';
import { navigate, pathOf, useRoute } from '../../app/routes.tsx';
import { notifyFailure, notifySuccess } from '../../components/feedback/notify.tsx';
import { checkDraft, differingFields } from './draft.ts';
import { openConfig, useTrainForm, useVariants } from './draft-store.ts';

export type RunEstimate = RequestOutput<'runs.estimate'>;

const yamlFiles = [{ name: 'Run as YAML', extensions: ['yaml', 'yml'] }];

/** The run of the form: what is wrong with it, what the backend says that it takes, its start, and its YAML file. */
export function useRunDraft() {
  useCloneFromRoute();
  const { draft, name, tags } = useTrainForm();
  const variants = useVariants();
  const check = useMemo(() => checkDraft(draft, variants), [draft, variants]);
  const config = useLastWhole(check.config);
  const [settled] = useDebouncedValue(config, 200);
  const answer = useRequest('runs.estimate', { config: settled ?? {} }, { enabled: settled !== null });
  const estimate = useLastAnswer(answer.data);
  const create = useAction('runs.create', {
    failureTitle: 'The run was not queued',
    onSuccess: ({ run }) => {
      notifySuccess('Training queued', run.name);
      navigate(pathOf('runs', run.id));
    },
  });
  const start = () => {
    if (check.ok && !create.isPending)
      create.mutate({ config: check.config, tags: [...tags], ...(name.trim() === '' ? {} : { name: name.trim() }) });
  };
  useHotkeys([['mod+Enter', start]], []);
  return {
    draft,
    name,
    tags,
    problems: check.problems,
    isWhole: check.ok,
    /** The last config that was whole: what is shown while a field is being typed. */
    config,
    estimate,
    failure: answer.error,
    changed: differingFields(draft, variants).length,
    isStarting: create.isPending,
    start,
    load: () => loadYaml().catch((thrown) => notifyFailure(asError(thrown), 'The file was not loaded')),
    save: () =>
      saveYaml(estimate?.yaml ?? '', name).catch((thrown) => notifyFailure(asError(thrown), 'The file was not saved')),
  };
}

async function loadYaml(): Promise<void> {
  const file = await window.coto.dialogs.openText({ title: 'Load a run', filters: yamlFiles });
  if (!file) return;
  openConfig(await request('runs.parse', { yaml: file.text }), fileName(file.path));
  notifySuccess('Run loaded', file.path);
}

async function saveYaml(yaml: string, name: string): Promise<void> {
  const path = await window.coto.dialogs.saveText(yaml, {
    title: 'Save this run',
    defaultName: `${name.trim() === '' ? 'run' : name.trim()}.yaml`,
    filters: yamlFiles,
  });
  if (path) notifySuccess('Run saved', path);
}

/** The last complete config, so that the right side does not move while a field is being typed. */
function useLastWhole(config: RunConfig | null): RunConfig | null {
  const [last, setLast] = useState(config);
  if (config !== null && config !== last) setLast(config);
  return config ?? last;
}

/** `#/train?from=<run>` opens the form with that run's config. */
function useCloneFromRoute(): void {
  const from = useRoute().query.get('from');
  useEffect(() => {
    if (!from) return;
    let current = true;
    request('runs.get', { id: from })
      .then((run) => {
        if (!current) return;
        openConfig(run.config, '', run.tags);
        navigate('/train', { replace: true });
      })
      .catch((error) => notifyFailure(asError(error), 'The run was not cloned'));
    return () => {
      current = false;
    };
  }, [from]);
}

function fileName(path: string): string {
  return (path.split(/[\\/]/).at(-1) ?? '').replace(/\.ya?ml$/i, '');
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
