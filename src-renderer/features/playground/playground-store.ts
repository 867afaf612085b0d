import { create } from 'zustand';
import type { GenerationRates, GenerationRequest, TextPiece } from '../../../src-shared/domain/generation.ts';
import { onEvent } from '../../api/client.ts';
import { type Draft, emptyDraft } from './draft.ts';

interface Column {
  readonly text: string;
  readonly rates: GenerationRates | null;
}

interface PlaygroundState {
  readonly draft: Draft;
  /** What was last asked for, and the job that answers. */
  readonly asked: {
    readonly jobId: string;
    readonly request: GenerationRequest;
    readonly names: readonly string[];
  } | null;
  /** The texts of that job as far as they came. */
  readonly columns: readonly Column[];
}

/** Outlives the page: a text goes on while another page is looked at. */
export const usePlayground = create<PlaygroundState>(() => ({ draft: emptyDraft, asked: null, columns: [] }));
/** Texts may come before the answer that says whose they are. */
const early = new Map<string, TextPiece[]>();

onEvent('generation.text', ({ jobId, pieces }) => {
  const { asked, columns } = usePlayground.getState();
  if (asked?.jobId === jobId) usePlayground.setState({ columns: grown(columns, pieces) });
  else early.set(jobId, [...(early.get(jobId) ?? []), ...pieces]);
});

function grown(columns: readonly Column[], pieces: readonly TextPiece[]): Column[] {
  const next = [...columns];
  for (const { column, text, ...rates } of pieces) next[column] = { text: (next[column]?.text ?? '') + text, rates };
  return next;
}

export function changeDraft(changes: Partial<Draft>): void {
  usePlayground.setState(({ draft }) => ({ draft: { ...draft, ...changes } }));
}

/** Shows the texts of this job from now on. */
export function showGeneration(jobId: string, request: GenerationRequest, names: readonly string[]): void {
  const empty = request.columns.map((): Column => ({ text: '', rates: null }));
  const columns = grown(empty, early.get(jobId) ?? []);
  early.clear();
  usePlayground.setState({ asked: { jobId, request, names }, columns });
}
