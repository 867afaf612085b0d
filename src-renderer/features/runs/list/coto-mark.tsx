import { Badge } from '@mantine/core';

/** "CoTo" outlined in CoTo's own color where the schedule was on; nothing else says so as briefly. */
export function CotoMark({ on }: { on: boolean }) {
  if (!on) return null;
  return (
    <Badge variant="outline" color="var(--studio-coto)" miw={44} flex="none">
      CoTo
    </Badge>
  );
}
