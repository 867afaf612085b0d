import { useEffect, useEffectEvent } from 'react';
import type { GenerationResult } from '../../../src-shared/domain/generation/generation.ts';
import { changeTurn, usePlayground } from './playground-store.ts';
import { useChatKeeping } from './use-chats.ts';

/** Keeps the chat again once its answers are complete: in their turn, or beside the prompt. */
export function useKeptAnswers(written: GenerationResult | null): void {
  const keep = useChatKeeping();
  const keepAnswers = useEffectEvent((result: GenerationResult) => {
    const { asked } = usePlayground.getState();
    if (asked === null || asked.isKept) return;
    const answers = result.columns.map(({ text, finish }, at) => ({ name: asked.names[at] ?? '', text, finish }));
    if (asked.turnId !== null) changeTurn(asked.turnId, { answers });
    usePlayground.setState({ asked: { ...asked, isKept: true } });
    // The form may show another model by now.
    keep({ ...usePlayground.getState().draft, modelId: asked.modelId }, asked.turnId === null ? answers : []);
  });
  useEffect(() => {
    if (written !== null) keepAnswers(written);
  }, [written]);
}
