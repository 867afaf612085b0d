import type { ChatContent, ChatTurn } from '../../../src-shared/domain/generation/chat.ts';
import type { ChatMessage } from '../../../src-shared/domain/generation/chat-message.ts';

/** The turns from the first one to this one. */
export function branchTo(turns: readonly ChatTurn[], last: string | null): ChatTurn[] {
  const byId = new Map(turns.map((turn) => [turn.id, turn]));
  const branch: ChatTurn[] = [];
  for (let turn = byId.get(last ?? ''); turn !== undefined; turn = byId.get(turn.parentId ?? '')) {
    branch.unshift(turn);
    byId.delete(turn.id);
  }
  return branch;
}

/** Versions of a turn, the oldest first. */
export function versionsOf(turns: readonly ChatTurn[], { parentId }: ChatTurn): ChatTurn[] {
  return turns.filter((turn) => turn.parentId === parentId);
}

/** Last turn of the newest branch through this turn. */
export function newestEnd(turns: readonly ChatTurn[], id: string): string {
  const next = turns.findLast(({ parentId }) => parentId === id);
  return next === undefined ? id : newestEnd(turns, next.id);
}

/** The messages of a branch, each turn with the answer that the conversation continues. */
export function messagesOf(branch: readonly ChatTurn[]): ChatMessage[] {
  return branch
    .flatMap(({ user, answers, continued }) => [
      { role: 'user', content: user },
      { role: 'assistant', content: answers[continued]?.text ?? '' },
    ])
    .filter(({ content }) => content.trim() !== '');
}

/** The line of a JSON Lines file that teaches an answer, with the conversation before it. */
export function exampleLine(system: string, branch: readonly ChatTurn[], answer: string): string {
  const said = messagesOf(branch.slice(0, -1));
  const messages = [
    ...(system.trim() === '' ? [] : [{ role: 'system', content: system }]),
    ...said,
    { role: 'user', content: branch.at(-1)?.user ?? '' },
    { role: 'assistant', content: answer.trim() },
  ];
  return `${JSON.stringify({ messages })}\n`;
}

/** The turns of a saved chat. Chats saved before turns existed have one turn for each message of the user. */
export function conversationIn({
  kind,
  system,
  messages,
  turns,
  lastTurn,
  answers,
}: ChatContent): Pick<ChatContent, 'system' | 'turns' | 'lastTurn'> {
  if (turns.length > 0 || kind !== 'chat') return { system, turns, lastTurn };
  const made: ChatTurn[] = [];
  const systems = [system];
  const add = (user: string): ChatTurn => {
    const turn = {
      id: `turn-${made.length + 1}`,
      parentId: made.at(-1)?.id ?? null,
      ...{ user, seed: 0, answers: [], continued: 0 },
    };
    made.push(turn);
    return turn;
  };
  for (const { role, content } of messages) {
    if (content.trim() === '') continue;
    if (role === 'system') systems.push(content);
    else if (role === 'user') add(content);
    else (made.at(-1) ?? add('')).answers.push({ name: '', text: content, finish: 'end' });
  }
  const last = made.at(-1);
  if (last !== undefined && answers.length > 0) {
    const said = last.answers.at(-1)?.text;
    last.answers = answers;
    last.continued = Math.max(
      0,
      answers.findIndex(({ text }) => text === said),
    );
  }
  return {
    system: systems.filter((text) => text.trim() !== '').join('\n\n'),
    turns: made,
    lastTurn: last?.id ?? null,
  };
}
