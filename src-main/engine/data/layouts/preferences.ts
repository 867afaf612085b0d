import { plain } from '../text/known-columns.ts';
import { isConversation, isObject } from '../text/raw-row.ts';
import { turnsOf } from '../text/turns.ts';
import { CellFault, type Layout } from './layout.ts';

const becomes = 'a preference: a prompt with a better and a worse answer';

/** Layouts of answers that were compared or rated. */
export const preferenceLayouts: readonly Layout[] = [
  {
    id: 'openai-preference',
    label: 'Preferences of OpenAI’s fine-tuning',
    sources: 'OpenAI (preference fine-tuning, DPO)',
    becomes,
    columns: { messages: ['input.messages'], completion: ['preferred_output'], rejected: ['non_preferred_output'] },
    made: { tools: { from: ['input'], value: ([input]) => (isObject(input) ? input['tools'] : undefined) } },
    shape: 'messages',
  },
  {
    id: 'arena-battle',
    label: 'Two conversations with a winner',
    sources: 'Chatbot Arena (chatbot_arena_conversations, lmsys)',
    becomes: `${becomes}; ties are faulty rows`,
    columns: {},
    made: {
      messages: { from: ['conversation_a', 'conversation_b', 'winner'], value: winnersOf },
      rejected: { from: ['conversation_b', 'conversation_a', 'winner'], value: winnersOf },
    },
    unread: { turn: 'number of turns', judge: 'who voted', language: 'language of the conversation' },
    shape: 'messages',
  },
  {
    id: 'human-references',
    label: 'Two references with a label',
    sources: 'Stanford Human Preferences (SHP)',
    becomes,
    columns: { prompt: ['history'] },
    made: {
      completion: { from: ['human_ref_A', 'human_ref_B', 'labels'], value: referenceOf },
      rejected: { from: ['human_ref_B', 'human_ref_A', 'labels'], value: referenceOf },
    },
  },
  {
    id: 'kto-tag',
    label: 'Instruction and answer with kto_tag',
    sources: 'LLaMA-Factory (KTO, alpaca format)',
    becomes: 'an answer that is wanted or not',
    columns: { prompt: ['instruction'], completion: ['output'], desirable: ['kto_tag'] },
    optional: { input: ['input'], system: ['system'], history: ['history'] },
  },
  {
    id: 'kto-conversation',
    label: 'Conversations with a label that is true or false',
    sources: 'LLaMA-Factory (KTO), TRL',
    becomes: 'an answer that is wanted or not',
    columns: { messages: ['messages', 'conversations'], desirable: ['label', 'kto_tag'] },
    optional: { system: ['system', 'system_prompt'], tools: ['tools'] },
    fits: (of) => of('messages').some((cell) => isConversation(turnsOf(cell))) && areFlags(of('desirable')),
  },
  {
    id: 'stepwise',
    label: 'Steps with labels',
    sources: 'TRL stepwise supervision, PRM800K, Math-Shepherd',
    becomes: 'rejected by name',
    columns: { prompt: ['prompt'], completion: ['completions'], label: ['labels'] },
    fits: (of) => of('completion').some((cell) => Array.isArray(cell)),
    refusal: {
      message: 'has steps of a solution with a label for each (stepwise supervision), which no task here learns from',
      hint: 'Join the steps into one completion, or name other columns, e.g. text=prompt.',
    },
  },
  {
    id: 'rated-completions',
    label: 'Completions with ratings',
    sources: 'UltraFeedback (raw)',
    becomes: 'rejected by name',
    columns: { prompt: ['instruction', 'prompt'], completion: ['completions'] },
    fits: (of) => of('completion').some((cell) => Array.isArray(cell) && isObject(cell[0])),
    refusal: {
      message: 'has several rated completions to each instruction (UltraFeedback), which are not read as they are',
      hint: 'Use its binarized version, or write pairs with chosen and rejected.',
    },
  },
  {
    id: 'ranked-answers',
    label: 'Answers with ranks',
    sources: 'Nectar',
    becomes: 'rejected by name',
    columns: { prompt: ['prompt', 'question'], completion: ['answers'] },
    fits: (of) =>
      of('completion').some(
        (cell) => Array.isArray(cell) && isObject(cell[0]) && 'rank' in cell[0] && 'answer' in cell[0],
      ),
    refusal: {
      message: 'has several ranked answers to each prompt, which are not read as they are',
      hint: 'Write pairs with prompt, chosen and rejected.',
    },
  },
];

function areFlags(cells: readonly unknown[]): boolean {
  const filled = cells.filter((cell) => cell !== undefined && cell !== null);
  return filled.length > 0 && filled.every((cell) => /^(?:true|false)$/i.test(String(cell)));
}

/** The first of two conversations if model a won, else the second one. */
function winnersOf([one, other, winner]: readonly unknown[]): unknown {
  const side = plain(String(winner ?? ''));
  if (side === 'modela' || side === 'a') return one;
  if (side === 'modelb' || side === 'b') return other;
  return new CellFault(
    `winner is "${String(winner ?? '').slice(0, 40)}", so neither answer is better: leave the row out`,
  );
}

/** The first of two texts if A is preferred (label 1), else the second one. */
function referenceOf([one, other, label]: readonly unknown[]): unknown {
  const choice = Number(label ?? -1);
  if (choice !== 0 && choice !== 1)
    return new CellFault(`labels is "${String(label ?? '').slice(0, 40)}": write 1 where A is preferred, 0 where B is`);
  return choice === 1 ? one : other;
}
