import { Badge } from '@mantine/core';
import { colours } from '../../../src-shared/figures/index.ts';

/** "CoTo" in CoTo's own colour where the schedule was on; nothing else says so as briefly. */
export function CotoMark({ on }: { on: boolean }) {
  if (!on) return null;
  return (
    <Badge variant="filled" miw={44} style={{ background: colours.coto, color: '#ffffff', flex: 'none' }}>
      CoTo
    </Badge>
  );
}
