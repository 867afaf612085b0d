import { Badge, Tooltip } from '@mantine/core';
import type { RequestInput } from '../../../src-shared/contract/requests.ts';
import { type TunedVerdict, tunedStates } from '../../../src-shared/domain/runs/tuned.ts';
import { useRequest } from '../../api/query.ts';

const colors: Record<TunedVerdict['state'], string> = { tuned: 'blue', edge: 'orange', untuned: 'gray' };

/**
 * The badge "tuned", "at the edge of the grid" or "untuned" beside a comparison, whose tooltip gives the reason; nothing if
 * no adapters are compared.
 */
export function TunedBadge({ of }: { of: RequestInput<'studies.tuned'> }) {
  const { data: verdict } = useRequest('studies.tuned', of);
  if (verdict == null) return null;
  const { state, reason } = verdict;
  const word = tunedStates[state];
  return (
    <Tooltip label={reason} multiline w={340} events={{ hover: true, focus: true, touch: true }}>
      <Badge
        component="button"
        type="button"
        variant={state === 'untuned' ? 'outline' : 'light'}
        color={colors[state]}
        tt="none"
        flex="none"
        fw={500}
        aria-label={`${word}: ${reason}`}
      >
        {word}
      </Badge>
    </Tooltip>
  );
}
