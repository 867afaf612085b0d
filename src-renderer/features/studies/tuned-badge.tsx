import { Badge, Tooltip } from '@mantine/core';
import type { RequestInput } from '../../../src-shared/contract/requests.ts';
import { useRequest } from '../../api/query.ts';

/**
 * The badge "tuned" or "untuned" beside a comparison, whose tooltip says what it rests on; nothing where no adapters are
 * compared.
 */
export function TunedBadge({ of }: { of: RequestInput<'studies.tuned'> }) {
  const { data: verdict } = useRequest('studies.tuned', of);
  if (verdict == null) return null;
  const { tuned, reason } = verdict;
  const word = tuned ? 'tuned' : 'untuned';
  return (
    <Tooltip label={reason} multiline w={340} events={{ hover: true, focus: true, touch: true }}>
      <Badge
        component="button"
        type="button"
        variant={tuned ? 'light' : 'outline'}
        color={tuned ? 'blue' : 'gray'}
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
