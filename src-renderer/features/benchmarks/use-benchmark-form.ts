import { useState } from 'react';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import { type BenchmarkChat, benchmarkChatSchema } from '../../../src-shared/domain/evaluation/benchmark.ts';
import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import { useAction, useRequest } from '../../api/query.ts';
import { notifySuccess } from '../../components/feedback/notify.tsx';
import { benchmarksStrings as words } from '../../strings/benchmarks.ts';

/** Limit of adapters per benchmark, besides the base. */
const maxAdapters = 15;

/** Initial values of the form: those of an earlier benchmark, or an adapter to measure. */
export interface BenchmarkStart {
  readonly modelId: string | null;
  readonly adapterIds: readonly string[];
  readonly tasks: string | null;
  readonly limit: number;
  readonly shots: number | null;
  readonly chat: BenchmarkChat;
}

export const firstStart: BenchmarkStart = {
  modelId: null,
  adapterIds: [],
  tasks: null,
  limit: 0,
  shots: null,
  chat: benchmarkChatSchema.parse({}),
};

/** The choices of a benchmark, what is still missing, and its start. */
export function useBenchmarkForm(start: BenchmarkStart, onStarted: (job: JobRecord) => void) {
  const [tasks, setTasks] = useState(start.tasks);
  const [chosenModel, setModel] = useState(start.modelId);
  const [chosen, setChosen] = useState(start.adapterIds);
  const [limit, setLimit] = useState(start.limit);
  const [shots, setShots] = useState(start.shots);
  const [chat, setChat] = useState(start.chat);
  const models = useRequest('models.list', {}).data?.filter(({ description }) => description.kind === 'causal-lm');
  const allAdapters = useRequest('adapters.list', {}).data ?? [];
  const read = useRequest('benchmarks.tasks', { tasks: tasks ?? '' }, { enabled: tasks !== null });
  const begin = useAction('benchmarks.start', {
    failureTitle: words.notStarted,
    onSuccess: (job) => {
      notifySuccess(words.started, job.title);
      onStarted(job);
    },
  });
  const modelId = chosenModel ?? allAdapters.find(({ id }) => chosen.includes(id))?.modelId ?? models?.[0]?.id ?? null;
  const adapters = beforeAndAfter(allAdapters.filter((one) => one.modelId === modelId && isOffered(one, chosen)));
  const listed = adapters.map(({ id }) => id).filter((id) => chosen.includes(id));
  // Keep the order of the earlier benchmark, then that of the list.
  const selected = [...new Set([...start.adapterIds, ...listed])].filter((id) => listed.includes(id));
  const found = tasks === null ? undefined : read.data;
  const examples = (found ?? []).reduce((sum, { total }) => sum + (limit === 0 ? total : Math.min(limit, total)), 0);
  const missing = (): string | null => {
    if (modelId === null) return words.chooseModel;
    if (tasks === null) return words.chooseTasks;
    if (found === undefined) return read.error ? words.notRead : words.reading;
    return selected.length > maxAdapters ? words.tooMany(maxAdapters) : null;
  };
  const problem = missing();
  return {
    tasks,
    setTasks,
    found,
    /** Reason why the tasks cannot run. */
    fault: tasks === null ? null : read.error,
    readAgain: () => void read.refetch(),
    isReading: tasks !== null && read.isPending,
    models: models ?? [],
    modelId,
    setModel,
    adapters,
    selected,
    setChosen,
    limit,
    setLimit,
    shots,
    setShots,
    chat,
    setChat,
    examples,
    problem,
    isStarting: begin.isPending,
    start: () => {
      if (problem !== null || modelId === null || tasks === null) return;
      begin.mutate({
        model: modelId,
        tasks,
        columns: [null, ...selected.map((adapterId) => ({ adapterId }))],
        limit,
        num_fewshot: shots,
        ...chat,
      });
    },
  };
}

function isOffered({ id, archived }: AdapterRecord, chosen: readonly string[]): boolean {
  return !archived || chosen.includes(id);
}

/** Sorts trained and imported adapters first, then pruned ones, then merges; each newest first. */
function beforeAndAfter(adapters: readonly AdapterRecord[]): AdapterRecord[] {
  const place = ({ origin }: AdapterRecord) => (origin.kind === 'merge' ? 2 : origin.kind === 'prune' ? 1 : 0);
  return adapters.toSorted((one, other) => place(one) - place(other) || other.createdAt - one.createdAt);
}
