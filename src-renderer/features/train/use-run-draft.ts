import { useDebouncedValue } from '@mantine/hooks';
import type { UseQueryResult } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { RequestOutput } from '../../../src-shared/contract/requests.ts';
import type { RunConfig } from '../../../src-shared/domain/run.ts';
import { request } from '../../api/client.ts';
import { useAction, useLastAnswer, useRequest } from '../../api/query.ts';
import { navigate, pathOf, useRoute } from '../../app/routes.tsx';
import { useRouteRequest } from '../../app/use-route-request.ts';
import { useActions } from '../../components/actions/action-registry.ts';
import { notifyFailure, notifySuccess } from '../../components/feedback/notify.tsx';
import { checkDraft, type Draft, differingFields } from './draft.ts';
import { openConfig, useTrainForm, useVariants } from './draft-store.ts';
import { refusedField } from './refused-field.ts';

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
  const refusal = useRefusal(answer);
  const [notQueued, setNotQueued] = useState<{ config: RunConfig | null; error: Error } | null>(null);
  const create = useAction('runs.create', {
    onError: (error) => setNotQueued({ config: check.config, error }),
    onSuccess: ({ run }) => {
      notifySuccess('Training queued', run.name);
      navigate(pathOf('runs', run.id));
    },
  });
  const start = () => {
    if (check.ok && refusal === null && !create.isPending)
      create.mutate({ config: check.config, tags: [...tags], ...(name.trim() === '' ? {} : { name: name.trim() }) });
  };
  useActions([
    {
      id: 'start-training',
      label: 'Start training',
      scope: 'page',
      shortcut: 'mod+Enter',
      whileTyping: true,
      run: start,
    },
  ]);
  const load = () => loadYaml().catch((thrown) => notifyFailure(asError(thrown), 'The file was not loaded'));
  useRouteRequest('load', () => void load());
  return {
    draft,
    name,
    tags,
    problems: check.ok && refusal !== null ? problemOf(refusal, draft) : check.problems,
    isWhole: check.ok,
    /** Why the run cannot be started, although every field by itself is valid. */
    refusal: check.ok ? refusal : null,
    /** Asks anew after something outside of the form was mended. */
    checkAgain: () => void answer.refetch(),
    /** The last config that was whole: what is shown while a field is being typed. */
    config,
    estimate,
    failure: refusal ?? (notQueued?.config === check.config ? notQueued.error : null),
    changed: differingFields(draft, variants).length,
    isStarting: create.isPending,
    start,
    load,
    save: () =>
      saveYaml(estimate?.yaml ?? '', name).catch((thrown) => notifyFailure(asError(thrown), 'The file was not saved')),
  };
}

/** The error of the last estimate that has come; it stands until the next one comes, so that nothing flickers. */
function useRefusal({
  isError,
  isSuccess,
  error,
}: Pick<UseQueryResult, 'isError' | 'isSuccess' | 'error'>): Error | null {
  const [last, setLast] = useState<Error | null>(null);
  const told = isError ? error : isSuccess ? null : last;
  if (told !== last) setLast(told);
  return told;
}

function problemOf(refusal: Error, draft: Draft): ReadonlyMap<string, string> {
  const field = refusedField(refusal.message, draft);
  const hint = refusal instanceof StudioError ? refusal.hint : null;
  return new Map(field === null ? [] : [[field, hint === null ? refusal.message : `${refusal.message} ${hint}`]]);
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
