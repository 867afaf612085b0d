import { useEffect } from 'react';
import type { ChatAnswer } from '../../../src-shared/domain/generation/chat.ts';
import type { GenerationResult } from '../../../src-shared/domain/generation/generation.ts';
import { isOver, type JobRecord, resultOf } from '../../../src-shared/domain/jobs/job.ts';
import { onEvent, request } from '../../api/client.ts';
import { notifyFailure } from '../../components/feedback/notify.tsx';
import { playgroundStrings } from '../../strings/playground.ts';
import { useJobResult } from '../jobs/use-job.ts';
import { chatName } from './draft.ts';
import { changeTurn, contentOf, forgetLeftChat, type LeftChat, openChatId, usePlayground } from './playground-store.ts';

const words = playgroundStrings.chats;

const jobKind = 'generate';

/** Returns the complete answers of a job, and keeps them in the open chat: in their turn, or beside the prompt. */
export function useKeptAnswers(job: JobRecord | undefined): GenerationResult | null {
  const written = useJobResult(job, jobKind);
  useEffect(() => {
    if (written !== null) void keepOpenChat(written);
  }, [written]);
  return written;
}

// Answers that are complete while another page or chat is shown are kept too.
onEvent('job.changed', (job) => {
  if (!isOver(job)) return;
  const { asked, left } = usePlayground.getState();
  const isOpen = asked?.jobId === job.id && !asked.isKept;
  const chat = left.find((one) => one.asked.jobId === job.id);
  if (isOpen || chat !== undefined) void keepResult(job.id);
});

async function keepResult(jobId: string): Promise<void> {
  try {
    const result = resultOf(await request('jobs.result', { id: jobId }), jobKind);
    const { asked, left } = usePlayground.getState();
    // The chat may have been opened or left since the request.
    const chat = left.find((one) => one.asked.jobId === jobId);
    if (chat !== undefined) await keepLeftChat(chat, result);
    else if (asked?.jobId === jobId && result !== null) await keepOpenChat(result);
  } catch (error) {
    notifyFailure(error, words.failedToSave);
  }
}

async function keepOpenChat(result: GenerationResult): Promise<void> {
  const { asked } = usePlayground.getState();
  if (asked === null || asked.isKept) return;
  const answers = answersOf(asked.names, result);
  if (asked.turnId !== null) changeTurn(asked.turnId, { answers });
  usePlayground.setState({ asked: { ...asked, isKept: true } });
  const { draft } = usePlayground.getState();
  await keep(openChatId(), { ...draft, modelId: asked.modelId }, asked.turnId === null ? answers : []);
}

/** Keeps the answers of a chat that is not shown; without a result, its texts as far as they came. */
async function keepLeftChat({ chatId, draft, asked, columns }: LeftChat, result: GenerationResult | null) {
  const answers =
    result === null
      ? columns.map(({ text }, at) => ({ name: asked.names[at] ?? '', text, finish: 'cancelled' as const }))
      : answersOf(asked.names, result);
  const turns = draft.turns.map((turn) => (turn.id === asked.turnId ? { ...turn, answers } : turn));
  const isEmpty = answers.every(({ text }) => text === '');
  if (!isEmpty) await keep(chatId, { ...draft, turns, modelId: asked.modelId }, asked.turnId === null ? answers : []);
  forgetLeftChat(chatId);
}

function answersOf(names: readonly string[], { columns }: GenerationResult): ChatAnswer[] {
  return columns.map(({ text, finish }, at) => ({ name: names[at] ?? '', text, finish }));
}

/** Saves a chat under the model that it asked: the form may show another by now. */
async function keep(id: string, draft: LeftChat['draft'], answers: ChatAnswer[]): Promise<void> {
  const { modelId } = draft;
  if (modelId === null) return;
  const name = chatName(draft, words.untitled);
  try {
    await request('chats.save', { id, name, modelId, content: contentOf(draft, answers) });
  } catch (error) {
    notifyFailure(error, words.failedToSave);
  }
}
