import { Button, TagsInput, TextInput } from '@mantine/core';
import { useDebouncedValue, useDisclosure, useHotkeys } from '@mantine/hooks';
import { IconArrowBackUp, IconDeviceFloppy, IconFolderOpen } from '@tabler/icons-react';
import { useEffect, useMemo, useState } from 'react';
import type { RunConfig } from '../../../src-shared/domain/run.ts';
import { request } from '../../api/client.ts';
import { useAction, useLastAnswer, useRequest } from '../../api/query.ts';
import { navigate, pathOf, useRoute } from '../../app/routes.tsx';
import { notifyFailure, notifySuccess } from '../../components/feedback/notify.tsx';
import { plural } from '../../components/format/format.ts';
import { Page } from '../../components/layout/page.tsx';
import { ConfigForm } from '../../features/train/config-form.tsx';
import { checkDraft, differingFields } from '../../features/train/draft.ts';
import {
  openConfig,
  resetForm,
  setName,
  setTags,
  useTrainForm,
  useVariants,
} from '../../features/train/draft-store.ts';
import { EffectPanel } from '../../features/train/effect-panel.tsx';
import { QueueSeveral } from '../../features/train/queue-several.tsx';
import classes from './train-page.module.css';

const yamlFiles = [{ name: 'Run as YAML', extensions: ['yaml', 'yml'] }];

/** The form of a run on the left, what it comes to on the right, alive while it is typed. */
export default function TrainPage() {
  useCloneFromRoute();
  const { draft, name, tags } = useTrainForm();
  const models = useRequest('models.list', {});
  const datasets = useRequest('datasets.list', {});
  const catalog = useRequest('app.catalog', {});
  const [severalOpened, several] = useDisclosure(false);
  const variants = useVariants();
  const check = useMemo(() => checkDraft(draft, variants), [draft, variants]);
  const config = useLastWhole(check.config);
  const [settled] = useDebouncedValue(config, 200);
  const forecast = useRequest('runs.forecast', { config: settled ?? {} }, { enabled: settled !== null });
  const answer = useLastAnswer(forecast.data);
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
  const load = async () => {
    try {
      const file = await window.coto.dialogs.openText({ title: 'Load a run', filters: yamlFiles });
      if (!file) return;
      openConfig(await request('runs.parse', { yaml: file.text }), fileName(file.path));
      notifySuccess('Run loaded', file.path);
    } catch (error) {
      notifyFailure(asError(error), 'The file was not loaded');
    }
  };
  const save = async () => {
    try {
      const path = await window.coto.dialogs.saveText(answer?.yaml ?? '', {
        title: 'Save this run',
        defaultName: `${name.trim() === '' ? 'run' : name.trim()}.yaml`,
        filters: yamlFiles,
      });
      if (path) notifySuccess('Run saved', path);
    } catch (error) {
      notifyFailure(asError(error), 'The file was not saved');
    }
  };
  const changed = differingFields(draft, variants).length;
  return (
    <Page
      title="Train"
      state={
        check.ok
          ? changed === 0
            ? 'Everything stands at its default.'
            : `${plural(changed, 'setting')} differ${changed === 1 ? 's' : ''} from the defaults`
          : `${plural(check.problems.size, 'field needs', 'fields need')} another value`
      }
      actions={
        <>
          <Button variant="default" onClick={several.open} disabled={!check.ok}>
            Queue several
          </Button>
          <Button
            onClick={start}
            title={window.coto.platform === 'darwin' ? '⌘ Enter' : 'Ctrl + Enter'}
            disabled={!check.ok}
            loading={create.isPending}
          >
            Start training
          </Button>
        </>
      }
      more={[
        { label: 'Load YAML', icon: <IconFolderOpen size={16} />, onClick: load },
        {
          label: 'Save YAML',
          icon: <IconDeviceFloppy size={16} />,
          onClick: save,
          disabledReason: answer && check.ok ? null : 'The form has no whole run yet.',
        },
        {
          label: 'Reset all to the defaults',
          icon: <IconArrowBackUp size={16} />,
          onClick: resetForm,
          disabledReason:
            changed === 0 && name === '' && tags.length === 0 ? 'Everything stands at its default.' : null,
        },
      ]}
      fill
    >
      <div className={classes['columns']}>
        <div className={classes['form']}>
          <div className={classes['naming']}>
            <TextInput
              label="Name"
              placeholder="made from the settings"
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <TagsInput
              label="Tags"
              placeholder={tags.length === 0 ? 'none' : ''}
              value={[...tags]}
              onChange={(next) => setTags(next)}
            />
          </div>
          <ConfigForm
            models={models.data ?? []}
            datasets={datasets.data ?? []}
            catalog={catalog.data}
            problems={check.problems}
            targetOutcome={
              answer
                ? `${plural(answer.targetModules.length, 'module')} in ${plural(answer.groups.length, 'group')}`
                : ''
            }
          />
        </div>
        <div className={classes['effect']}>
          <EffectPanel draft={draft} config={config} forecast={answer} failure={forecast.error} />
        </div>
      </div>
      <QueueSeveral opened={severalOpened} onClose={several.close} draft={draft} name={name.trim()} tags={tags} />
    </Page>
  );
}

/** The last config that was whole, so that the right side stands still while a field is being typed. */
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
