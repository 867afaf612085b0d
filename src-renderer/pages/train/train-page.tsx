import { Button, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconArrowBackUp, IconDeviceFloppy, IconFolderOpen } from '@tabler/icons-react';
import { useRequest } from '../../api/query.ts';
import { TagsInput } from '../../components/form/choices.tsx';
import { Page } from '../../components/layout/page.tsx';
import { ConfigForm } from '../../features/train/config-form.tsx';
import { resetForm, setName, setTags } from '../../features/train/draft-store.ts';
import { EffectPanel } from '../../features/train/effect-panel.tsx';
import { taskOf } from '../../features/train/fields-in-use.ts';
import { FormMode, useSimpleForms } from '../../features/train/form-mode.tsx';
import { needsFullForm, SimpleForm } from '../../features/train/simple-form.tsx';
import { Steps } from '../../features/train/steps.tsx';
import { sweepMetric } from '../../features/train/sweep.ts';
import { SweepDialog } from '../../features/train/sweep-dialog.tsx';
import { type RunEstimate, useRunDraft } from '../../features/train/use-run-draft.ts';
import { trainStrings } from '../../strings/train.ts';
import classes from './train-page.module.css';

/** Base, data and recipe on top; the form of the recipe on the left, what it takes on the right, alive while it is typed. */
export default function TrainPage() {
  const run = useRunDraft();
  const { draft, name, tags, variants, problems, blockers, isWhole, changed, estimate } = run;
  const models = useRequest('models.list', {});
  const datasets = useRequest('datasets.list', {});
  const catalog = useRequest('app.catalog', {});
  const isSimple = useSimpleForms() && !needsFullForm(problems);
  const [sweepOpened, sweep] = useDisclosure(false);
  const base = models.data?.find(({ id }) => id === draft['model'])?.description;
  const data = datasets.data?.find(({ id }) => id === draft['dataset'])?.description;
  const metric = sweepMetric(taskOf(draft, base, data), data?.text?.labelKind);
  const [first, ...others] = blockers;
  const reason = first && `${first.label}: ${first.message}${trainStrings.moreReasons(others.length)}`;
  return (
    <Page
      title={trainStrings.title}
      state={
        reason ? (
          <Text span role="status" id="train-reason" c="var(--studio-failure)" title={reason}>
            {trainStrings.cannotStart(reason)}
          </Text>
        ) : changed === 0 ? (
          trainStrings.allDefaults
        ) : (
          trainStrings.changes(changed)
        )
      }
      actions={
        <>
          <Button variant="default" onClick={sweep.open} disabled={blockers.length > 0}>
            {trainStrings.sweep}
          </Button>
          <Button
            onClick={run.start}
            title={reason ?? (window.coto.platform === 'darwin' ? '⌘ Enter' : 'Ctrl + Enter')}
            aria-describedby={reason ? 'train-reason' : undefined}
            disabled={blockers.length > 0}
            loading={run.isStarting}
          >
            {trainStrings.start}
          </Button>
        </>
      }
      more={[
        { label: trainStrings.loadYaml, icon: <IconFolderOpen size={16} />, onClick: run.load },
        {
          label: trainStrings.saveYaml,
          icon: <IconDeviceFloppy size={16} />,
          onClick: run.save,
          disabledReason: isWhole ? null : trainStrings.someInvalid,
        },
        {
          label: trainStrings.resetAll,
          icon: <IconArrowBackUp size={16} />,
          onClick: resetForm,
          disabledReason: changed === 0 && name === '' && tags.length === 0 ? trainStrings.allDefaultsAlready : null,
        },
      ]}
      fill
    >
      <Steps models={models.data ?? []} datasets={datasets.data ?? []} variants={variants} problems={problems} />
      <div className={classes['columns']}>
        <div className={classes['form']}>
          <div className={classes['mode']}>
            <FormMode fits={isSimple} />
          </div>
          <div className={classes['naming']}>
            <TextInput
              label={trainStrings.name}
              placeholder={trainStrings.autoNamed}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <TagsInput
              label={trainStrings.tags}
              placeholder={tags.length === 0 ? trainStrings.addTags : ''}
              value={[...tags]}
              onChange={(next) => setTags(next)}
            />
          </div>
          {isSimple ? (
            <SimpleForm variants={variants} problems={problems} />
          ) : (
            <ConfigForm
              models={models.data ?? []}
              datasets={datasets.data ?? []}
              catalog={catalog.data}
              problems={problems}
              targetOutcome={estimate ? trainStrings.targets(estimate.targetModules.length, layersOf(estimate)) : ''}
            />
          )}
        </div>
        <div className={classes['effect']}>
          <EffectPanel
            draft={draft}
            config={run.config}
            isCurrent={isWhole}
            estimate={estimate}
            blockers={blockers}
            isRefused={run.refusal !== null}
            failure={run.failure}
            onCheckAgain={run.checkAgain}
          />
        </div>
      </div>
      {sweepOpened ? <SweepDialog onClose={sweep.close} draft={draft} name={name} tags={tags} metric={metric} /> : null}
    </Page>
  );
}

/** Returns the number of layers with target modules; null if CoTo switches other units. */
function layersOf({ groups }: RunEstimate): number | null {
  return groups.every((group) => /^layers?[. ]\d+$/.test(group)) ? groups.length : null;
}
