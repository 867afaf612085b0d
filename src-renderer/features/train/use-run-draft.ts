import { useDebouncedValue } from '@mantine/hooks';
import type { UseQueryResult } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { pathLabel } from '../../../src-shared/contract/paths.ts';
import type { RequestOutput } from '../../../src-shared/contract/requests.ts';
import type { Declaration } from '../../../src-shared/domain/parameters/parameter.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import { request } from '../../api/client.ts';
import { useAction, useLastAnswer, useRequest } from '../../api/query.ts';
import { navigate, pathOf, useRoute } from '../../app/routes.tsx';
import { useRouteRequest } from '../../app/use-route-request.ts';
import { useActions } from '../../components/actions/action-registry.ts';
import { pageActions } from '../../components/actions/page-actions.ts';
import { notifyFailure, notifySuccess } from '../../components/feedback/notify.tsx';
import { fileName } from '../../components/format/file-name.ts';
import { trainStrings } from '../../strings/train.ts';
import { blockersOf } from './blockers.ts';
import { confirmMemory } from './confirm-memory.tsx';
import { checkDraft, type Draft, differingFields, fieldOf, withDefaults } from './draft.ts';
import { openConfig, setName, typeYaml, useTrainForm, useVariants } from './draft-store.ts';
import type { RecordNames } from './record-names.ts';
import { fieldLabels } from './run-fields.ts';
import { readRunYaml, writeRunYaml } from './run-yaml.ts';
import { useRecordNames } from './use-run-yaml.ts';

const filters = [{ name: 'Run as YAML', extensions: ['yaml', 'yml'] }];

/** Opens a run's file in the form; one with problems stays in the editor, where they are named. */
function openRun(
  file: { readonly path: string; readonly text: string },
  variants: readonly Declaration[],
  names: RecordNames,
): void {
  const { config, problems } = readRunYaml(file.text, variants, names);
  const name = fileName(pathLabel(file.path)).replace(/(?:\.coto-run)?\.ya?ml$/i, '');
  if (config === null) {
    typeYaml({ text: file.text, problems }, null);
    setName(name);
    return;
  }
  openConfig(config, name);
  notifySuccess(trainStrings.loaded, pathLabel(file.path));
}

async function saveRun(
  config: RunConfig,
  name: string,
  variants: readonly Declaration[],
  names: RecordNames,
): Promise<void> {
  const path = await window.coto.dialogs.saveText(writeRunYaml(config, variants, names), {
    title: trainStrings.saveTitle,
    defaultName: `${name.trim() === '' ? 'run' : name.trim()}.yaml`,
    filters,
  });
  if (path) notifySuccess(trainStrings.saved, pathLabel(path));
}

export type RunEstimate = RequestOutput<'runs.estimate'>;

/** The run of the form: what is wrong with it, what the backend says that it takes, its start, and its YAML file. */
export function useRunDraft() {
  useCloneFromRoute();
  const { draft, name, tags, yaml } = useTrainForm();
  const variants = useVariants();
  const names = useRecordNames();
  const check = useMemo(() => checkDraft(draft, variants), [draft, variants]);
  // The right side does not move while a field is being typed.
  const config = useLastAnswer(check.config ?? undefined) ?? null;
  const [settled] = useDebouncedValue(config, 200);
  const answer = useRequest('runs.estimate', { config: settled ?? {} }, { enabled: settled !== null });
  const estimate = useLastAnswer(answer.data);
  const refusal = useRefusal(answer);
  const [notQueued, setNotQueued] = useState<{ config: RunConfig | null; error: Error } | null>(null);
  const create = useAction('runs.create', {
    onError: (error) => setNotQueued({ config: check.config, error }),
    onSuccess: ({ run }) => {
      notifySuccess(trainStrings.queued, run.name);
      navigate(pathOf('runs', run.id));
    },
  });
  const problems = check.ok && refusal !== null ? problemOf(refusal, withDefaults(draft, variants)) : check.problems;
  const blockers = blockersOf(problems, check.ok ? refusal : null, yaml, fieldLabels(draft, variants));
  const start = () => {
    if (!check.ok || blockers.length > 0 || create.isPending) return;
    const { config } = check;
    const queue = () =>
      create.mutate({ config, tags: [...tags], ...(name.trim() === '' ? {} : { name: name.trim() }) });
    if (estimate === undefined) queue();
    else confirmMemory(estimate, queue);
  };
  useActions([{ ...pageActions.startTraining, run: start }]);
  const open = (file: Promise<{ readonly path: string; readonly text: string } | null>) =>
    file
      .then((found) => found && openRun(found, variants, names))
      .catch((thrown) => notifyFailure(thrown, trainStrings.notLoaded));
  const load = () => open(window.coto.dialogs.openText({ title: trainStrings.loadTitle, filters }));
  useRouteRequest('load', () => void load());
  useRouteRequest(
    'path',
    (path) => void open(request('app.identify', { path }).then(({ text }) => ({ path, text: text ?? '' }))),
  );
  return {
    draft,
    name,
    tags,
    variants,
    problems,
    /** All that keeps the run from being started. */
    blockers,
    isWhole: check.ok,
    /** Reason why the run cannot start although every field is valid by itself. */
    refusal: check.ok ? refusal : null,
    /** Asks again after something outside of the form was mended. */
    checkAgain: () => void answer.refetch(),
    /** The last config that was whole: what is shown while a field is being typed. */
    config,
    estimate,
    /** Reason why queueing the run failed. */
    failure: notQueued?.config === check.config ? notQueued.error : null,
    changed: differingFields(draft, variants).length,
    isStarting: create.isPending,
    start,
    load,
    save: () => {
      if (config === null) return;
      saveRun(config, name, variants, names).catch((thrown) => notifyFailure(thrown, trainStrings.notSaved));
    },
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

/** The sentence to show at the field that the error names; empty where it names no field of the form. */
function problemOf(refusal: Error, draft: Draft): ReadonlyMap<string, string> {
  if (!(refusal instanceof StudioError) || refusal.field === null) return new Map();
  const { message, hint, field: path } = refusal;
  const field = Object.hasOwn(draft, path) ? path : fieldOf(path.split('.'));
  return Object.hasOwn(draft, field) ? new Map([[field, hint === null ? message : `${message} ${hint}`]]) : new Map();
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
      .catch((error) => notifyFailure(error, trainStrings.notCloned));
    return () => {
      current = false;
    };
  }, [from]);
}
