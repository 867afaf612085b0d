import { Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import type { Catalog } from '../../../src-shared/domain/app/catalog.ts';
import { mergeStrings } from '../../strings/merge.ts';
import { StudyButton } from '../studies/study-button.tsx';
import type { AdapterNames } from './adapter-card.tsx';
import { BenchPanel } from './bench-panel.tsx';
import { useBench } from './bench-store.ts';
import { useIdentityTest } from './identity-panel.tsx';
import classes from './merge.module.css';
import { MergeOutcome, StudyOutcome } from './merge-outcome.tsx';
import { MergeControls, MergeFoot } from './merge-rail.tsx';
import { MergeabilityPanel } from './mergeability-panel.tsx';
import { useMergePanel } from './use-merge-panel.ts';

interface WorkbenchProps {
  adapters: ReadonlyMap<string, AdapterRecord>;
  /** Adapters on the bench, in its order. */
  chosen: readonly AdapterRecord[];
  namesOf: (adapter: AdapterRecord) => AdapterNames;
  catalog: Catalog | undefined;
  isDragging: boolean;
}

/**
 * The bench with what came of it, and the rail with method, checks and the merge: beside it where there is room, else between
 * bench and results, with the merge always in sight.
 */
export function Workbench({ adapters, chosen, namesOf, catalog, isDragging }: WorkbenchProps) {
  const isWide = useMediaQuery('(min-width: 1280px)', true);
  const panel = useMergePanel(chosen, catalog);
  const identity = useIdentityTest();
  const { bench, mergeJobId, studyId } = useBench();
  const nameOf = (id: string | undefined) => adapters.get(id ?? '')?.name ?? mergeStrings.deleted;
  const nameAt = (place: number) => nameOf(bench[place]?.adapterId);
  const { asked } = identity;
  const tested = mergeStrings.identityResult(
    catalog?.mergeMethods.find(({ id }) => id === asked?.method)?.label ?? asked?.method ?? '',
    nameOf(asked?.adapterId),
  );
  const controls = <MergeControls panel={panel} catalog={catalog} nameAt={nameAt} />;
  const foot = <MergeFoot panel={panel} identity={identity} tested={tested} />;
  const benchPanel = (
    <BenchPanel adapters={adapters} namesOf={namesOf} checks={panel.preflight.lines ?? []} isDragging={isDragging} />
  );
  const outcomes = (
    <>
      <div className={classes['studies']}>
        <Text size="sm" c="dimmed">
          {mergeStrings.studies}
        </Text>
        {panel.studies.map(({ kind, input, refusal }) => (
          <StudyButton
            key={kind.kind}
            kind={kind}
            input={input}
            refusal={refusal}
            onStarted={({ id }) => panel.showStudy(id)}
          />
        ))}
      </div>
      {mergeJobId ? <MergeOutcome jobId={mergeJobId} /> : null}
      <MergeabilityPanel />
      {studyId ? <StudyOutcome studyId={studyId} /> : null}
    </>
  );
  if (isWide)
    return (
      <div className={classes['wide']}>
        <div className={classes['main']}>
          {benchPanel}
          {outcomes}
        </div>
        <aside className={classes['rail']}>
          <div className={classes['railScroll']}>{controls}</div>
          {foot}
        </aside>
      </div>
    );
  return (
    <div className={classes['narrow']}>
      <div className={classes['main']}>
        {benchPanel}
        <div className={classes['inlineRail']}>{controls}</div>
        {outcomes}
      </div>
      {foot}
    </div>
  );
}
