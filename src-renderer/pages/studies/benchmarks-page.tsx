import { Button, Skeleton } from '@mantine/core';
import { benchmarkChatSchema } from '../../../src-shared/domain/evaluation/benchmark.ts';
import { useRequest } from '../../api/query.ts';
import { navigate, pathOf, useRoute } from '../../app/routes.tsx';
import { EmptyState } from '../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { Page } from '../../components/layout/page.tsx';
import { SplitPanel } from '../../components/layout/split-panel.tsx';
import { DataTable } from '../../components/table/data-table.tsx';
import { benchmarkColumns } from '../../features/benchmarks/benchmark-columns.tsx';
import { BenchmarkDetail } from '../../features/benchmarks/benchmark-detail.tsx';
import { NewBenchmark } from '../../features/benchmarks/new-benchmark.tsx';
import { type BenchmarkStart, firstStart } from '../../features/benchmarks/use-benchmark-form.ts';
import { benchmarksStrings as words } from '../../strings/benchmarks.ts';
import { studiesStrings } from '../../strings/studies.ts';
import classes from './studies-page.module.css';

const crumb = { label: studiesStrings.title, path: '/studies' };
const newPath = pathOf('studies', 'benchmarks', 'new');

/** Every benchmark on the left and the chosen one on the right, or the form of a new one. */
export function BenchmarksPage({ id }: { id: string | null }) {
  return id === 'new' ? <NewBenchmarkPage /> : <BenchmarkList id={id} />;
}

/** `?adapters=<id>,<id>` chooses these adapters, `?as=<job>` what an earlier benchmark was asked. */
function NewBenchmarkPage() {
  const { query } = useRoute();
  const [earlier, adapters] = [query.get('as') ?? null, query.get('adapters') ?? ''];
  const { data, isPending } = useRequest('benchmarks.list', {}, { enabled: earlier !== null });
  const request = data?.find(({ job }) => job.id === earlier)?.request;
  const start: BenchmarkStart =
    request === undefined
      ? { ...firstStart, adapterIds: adapters.split(',').filter(Boolean) }
      : {
          modelId: request.model,
          adapterIds: request.columns.flatMap((column) => (column && 'adapterId' in column ? [column.adapterId] : [])),
          tasks: request.tasks,
          limit: request.limit,
          shots: request.num_fewshot,
          chat: benchmarkChatSchema.parse(request),
        };
  return (
    <Page
      crumb={crumb}
      title={words.newBenchmark}
      actions={
        <Button variant="default" onClick={() => navigate(pathOf('studies', 'benchmarks'))}>
          {words.cancel}
        </Button>
      }
    >
      {earlier !== null && isPending ? (
        <Skeleton h={240} />
      ) : (
        <NewBenchmark
          key={`${earlier} ${adapters}`}
          start={start}
          onStarted={({ id }) => navigate(pathOf('studies', 'benchmarks', id), { replace: true })}
        />
      )}
    </Page>
  );
}

function BenchmarkList({ id }: { id: string | null }) {
  const { data, error } = useRequest('benchmarks.list', {});
  const shown = data?.find(({ job }) => job.id === id) ?? data?.[0] ?? null;
  const create = <Button onClick={() => navigate(newPath)}>{words.newBenchmark}</Button>;
  return (
    <Page crumb={crumb} title={words.title} state={data ? words.count(data.length) : ''} actions={create} fill>
      {error ? <ErrorNote error={error} /> : null}
      {data?.length === 0 ? (
        <EmptyState>{words.empty}</EmptyState>
      ) : (
        <SplitPanel
          name="benchmarks"
          initial={Math.min(360, Math.round(window.innerWidth * 0.25))}
          minimum={240}
          minimumRight={480}
          left={
            data ? (
              <div className={classes['list']}>
                <DataTable
                  label={words.title}
                  items={data}
                  itemId={({ job }) => job.id}
                  columns={benchmarkColumns}
                  initialSort={{ column: 'created', descending: true }}
                  activeId={shown?.job.id ?? null}
                  onActivate={({ job }) => navigate(pathOf('studies', 'benchmarks', job.id), { replace: id !== null })}
                />
              </div>
            ) : (
              <Skeleton h={240} m={12} />
            )
          }
          right={
            <div className={classes['detail']}>
              {shown ? <BenchmarkDetail key={shown.job.id} record={shown} /> : <Skeleton h={240} />}
            </div>
          }
        />
      )}
    </Page>
  );
}
