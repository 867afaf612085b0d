import { Button, Group, NumberInput, Select, Skeleton, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import type { AdapterRecord } from '../../../src-shared/domain/adapter.ts';
import type { Catalog } from '../../../src-shared/domain/catalog.ts';
import { useAction, useLastAnswer, useRequest } from '../../api/query.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { notifySuccess } from '../../components/feedback/notify.tsx';
import { ParameterFields } from '../../components/form/parameter-fields.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { useVariantNames } from '../runs/use-variant-names.ts';
import { changeBench, useBench } from './bench-store.ts';
import { comparableGroups, lambdaPairs } from './lambda-pairs.ts';
import classes from './merge.module.css';
import { PreflightList } from './preflight-list.tsx';

interface MergePanelProps {
  chosen: readonly AdapterRecord[];
  catalog: Catalog | undefined;
}

/** How the bench is merged: method, parameters, preflight, and the three things that can be started from it. */
export function MergePanel({ chosen, catalog }: MergePanelProps) {
  const state = useBench();
  const { bench, method, parameters, name, evalSamples } = state;
  const variants = useVariantNames();
  const declaration = catalog?.mergeMethods.find((candidate) => candidate.id === method);
  const adapters = bench.map(({ adapterId, weight }) => ({ adapterId, weight }));
  const [asked] = useDebouncedValue({ adapters, method, parameters }, 150);
  const preflight = useRequest('merge.preflight', asked, { enabled: asked.adapters.length > 0 });
  const lines = useLastAnswer(preflight.data);
  const refused = lines?.some((line) => line.verdict === 'refused') ?? false;
  const merge = useAction('merge.start', {
    failureTitle: 'The merge was not started',
    onSuccess: (job) => changeBench({ mergeJobId: job.id }),
  });
  const createStudy = useAction('studies.create', {
    failureTitle: 'The study was not started',
    onSuccess: ({ study }) => {
      changeBench({ studyId: study.id });
      notifySuccess('Study queued', study.name);
    },
  });
  const dataset = commonDataset(chosen);
  const pairs = lambdaPairs(chosen, variants);
  const groups = comparableGroups(chosen, variants);
  const pairRefused = lines?.some((line) => line.verdict === 'refused' && line.check !== 'weights') ?? false;
  const pairReason = pairRefused
    ? 'The preflight refuses this pair.'
    : pairs === null
      ? 'A λ study needs exactly two adapters, or two with and two without CoTo.'
      : dataset === null
        ? 'The adapters were made for different datasets, or do not say for which.'
        : null;
  const groupReason =
    groups.length === 0 || groups.some((group) => group.adapters.length < 2)
      ? 'Comparing methods needs two or more seeds of each kind of adapter.'
      : dataset === null
        ? 'The adapters were made for different datasets, or do not say for which.'
        : null;
  const startLambda = () => {
    if (pairs === null || dataset === null) return;
    createStudy.mutate({
      config: {
        kind: 'lambda',
        dataset,
        eval_samples: evalSamples,
        method: method === 'weight-average' ? 'weight-average' : 'factor-average',
        pairs: pairs.map(({ label, coto, from, to }) => ({
          label,
          coto,
          from: { adapterId: from.id },
          to: { adapterId: to.id },
        })),
      },
    });
  };
  const startMerging = () => {
    if (dataset === null) return;
    createStudy.mutate({
      config: {
        kind: 'merging',
        dataset,
        eval_samples: evalSamples,
        groups: groups.map(({ label, coto, adapters: members }) => ({
          label,
          coto,
          adapters: members.map((member) => ({ adapterId: member.id })),
        })),
      },
    });
  };
  return (
    <>
      <Panel title="Method" note={declaration?.summary}>
        <div className={classes['fields']}>
          <Select
            label="Merge method"
            data={(catalog?.mergeMethods ?? []).map(({ id, label }) => ({ value: id, label }))}
            value={method}
            onChange={(next) => next !== null && changeBench({ method: next, parameters: {} })}
            allowDeselect={false}
          />
          <TextInput
            label="Name of the merge"
            placeholder="made from the method"
            value={name}
            onChange={(event) => changeBench({ name: event.currentTarget.value })}
            disabled={declaration?.makes === 'outputs'}
          />
          <NumberInput
            label="Test examples a task"
            description="0 takes all"
            inputWrapperOrder={['label', 'input', 'description']}
            min={0}
            step={100}
            allowDecimal={false}
            value={evalSamples}
            onChange={(value) => changeBench({ evalSamples: Math.max(0, Math.round(Number(value) || 0)) })}
          />
          {declaration ? (
            <ParameterFields
              specs={declaration.parameters}
              values={parameters}
              onChange={(next) => changeBench({ parameters: next })}
            />
          ) : null}
        </div>
      </Panel>
      <Panel title="Preflight">
        {bench.length === 0 ? (
          <Text size="sm" c="dimmed">
            Base, ranks, targets, scaling and heads are checked as soon as an adapter lies on the bench.
          </Text>
        ) : preflight.error ? (
          <ErrorNote error={preflight.error} />
        ) : lines ? (
          <PreflightList lines={lines} />
        ) : (
          <Skeleton h={120} />
        )}
        <Group gap={8} mt={12}>
          <Button
            onClick={() =>
              merge.mutate({
                adapters,
                method,
                parameters,
                eval_samples: evalSamples,
                ...(name.trim() === '' ? {} : { name: name.trim() }),
              })
            }
            disabled={bench.length === 0 || refused || lines === undefined}
            loading={merge.isPending}
          >
            {declaration?.makes === 'outputs' ? 'Evaluate the ensemble' : 'Merge'}
          </Button>
          <Button
            variant="default"
            onClick={startLambda}
            disabled={pairReason !== null}
            title={pairReason ?? 'Accuracy along the line between two adapters'}
            loading={createStudy.isPending}
          >
            λ study
          </Button>
          <Button
            variant="default"
            onClick={startMerging}
            disabled={groupReason !== null}
            title={groupReason ?? 'Each adapter alone against every merge method'}
            loading={createStudy.isPending}
          >
            Compare methods
          </Button>
          {bench.length > 0 && pairReason ? (
            <Text size="xs" c="dimmed">
              {pairReason}
            </Text>
          ) : null}
        </Group>
      </Panel>
    </>
  );
}

/** The dataset that all these adapters were made for, else null. */
function commonDataset(adapters: readonly AdapterRecord[]): string | null {
  const ids = new Set(adapters.map((adapter) => adapter.datasetId));
  const [only] = ids;
  return ids.size === 1 && only ? only : null;
}
