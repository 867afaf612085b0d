import { Button, TagsInput, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconArrowBackUp, IconDeviceFloppy, IconFolderOpen } from '@tabler/icons-react';
import { useRequest } from '../../api/query.ts';
import { plural } from '../../components/format/format.ts';
import { Page } from '../../components/layout/page.tsx';
import { ConfigForm } from '../../features/train/config-form.tsx';
import { resetForm, setName, setTags } from '../../features/train/draft-store.ts';
import { EffectPanel } from '../../features/train/effect-panel.tsx';
import { QueueSeveral } from '../../features/train/queue-several.tsx';
import { useRunDraft } from '../../features/train/use-run-draft.ts';
import classes from './train-page.module.css';

/** The form of a run on the left, what it takes on the right, alive while it is typed. */
export default function TrainPage() {
  const run = useRunDraft();
  const { draft, name, tags, problems, isWhole, changed, estimate } = run;
  const models = useRequest('models.list', {});
  const datasets = useRequest('datasets.list', {});
  const catalog = useRequest('app.catalog', {});
  const [severalOpened, several] = useDisclosure(false);
  return (
    <Page
      title="Train"
      state={
        run.refusal ? (
          <Text span role="status" c="var(--studio-failure)" title={run.refusal.message}>
            Cannot start: {run.refusal.message}
          </Text>
        ) : isWhole ? (
          changed === 0 ? (
            'All defaults'
          ) : (
            `${plural(changed, 'change')} from the defaults`
          )
        ) : (
          plural(problems.size, 'invalid field')
        )
      }
      actions={
        <>
          <Button variant="default" onClick={several.open} disabled={!isWhole}>
            Sweep…
          </Button>
          <Button
            onClick={run.start}
            title={window.coto.platform === 'darwin' ? '⌘ Enter' : 'Ctrl + Enter'}
            disabled={!isWhole || run.refusal !== null}
            loading={run.isStarting}
          >
            Start training
          </Button>
        </>
      }
      more={[
        { label: 'Load YAML', icon: <IconFolderOpen size={16} />, onClick: run.load },
        {
          label: 'Save YAML',
          icon: <IconDeviceFloppy size={16} />,
          onClick: run.save,
          disabledReason: estimate && isWhole ? null : 'Some fields are invalid.',
        },
        {
          label: 'Reset all to the defaults',
          icon: <IconArrowBackUp size={16} />,
          onClick: resetForm,
          disabledReason: changed === 0 && name === '' && tags.length === 0 ? 'All defaults already.' : null,
        },
      ]}
      fill
    >
      <div className={classes['columns']}>
        <div className={classes['form']}>
          <div className={classes['naming']}>
            <TextInput
              label="Name"
              placeholder="auto-generated"
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <TagsInput
              label="Tags"
              placeholder={tags.length === 0 ? 'Add tags' : ''}
              value={[...tags]}
              onChange={(next) => setTags(next)}
            />
          </div>
          <ConfigForm
            models={models.data ?? []}
            datasets={datasets.data ?? []}
            catalog={catalog.data}
            problems={problems}
            targetOutcome={
              estimate
                ? `${plural(estimate.targetModules.length, 'module')} in ${plural(estimate.groups.length, 'group')}`
                : ''
            }
          />
        </div>
        <div className={classes['effect']}>
          <EffectPanel
            draft={draft}
            config={run.config}
            isCurrent={isWhole}
            estimate={estimate}
            failure={run.failure}
            onCheckAgain={run.checkAgain}
          />
        </div>
      </div>
      <QueueSeveral opened={severalOpened} onClose={several.close} draft={draft} name={name.trim()} tags={tags} />
    </Page>
  );
}
