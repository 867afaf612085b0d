import { Badge } from '@mantine/core';

/** "CoTo" in CoTo's own colour where the schedule was on; nothing else says so as briefly. */
export function CotoMark({ on }: { on: boolean }) {
  if (!on) return null;
  return (
    <Badge variant="filled" style={{ background: '#0072B2', color: '#ffffff' }}>
      CoTo
    </Badge>
  );
}
