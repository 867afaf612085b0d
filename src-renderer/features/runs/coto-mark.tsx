import { Badge } from '@mantine/core';
import { colors } from '../../../src-shared/figures/index.ts';

/** "CoTo" in CoTo's own color where the schedule was on; nothing else says so as briefly. */
export function CotoMark({ on }: { on: boolean }) {
  if (!on) return null;
  return (
    <Badge variant="filled" miw={44} style={{ background: colors.coto, color: '#ffffff', flex: 'none' }}>
      CoTo
    </Badge>
  );
}
