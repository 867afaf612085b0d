import { Text } from '@mantine/core';
import { type RunOrigin, runFormatLabels } from '../../../../src-shared/domain/runs/imported-run.ts';
import { EmptyState } from '../../../components/feedback/empty-state.tsx';
import { Facts, Panel } from '../../../components/layout/panel.tsx';
import { runStrings } from '../../../strings/run.ts';

const words = runStrings.imported;

/** Returns the source of an imported run as facts for its page. */
export function originFacts({ format, path }: RunOrigin) {
  return [
    { label: words.from, value: runFormatLabels[format] },
    {
      label: words.file,
      value: (
        <Text size="sm" ff="monospace" style={{ overflowWrap: 'anywhere' }} component="span">
          {path}
        </Text>
      ),
    },
  ];
}

/** The settings that the file of an imported run has. */
export function ImportedSettings({ origin }: { origin: RunOrigin }) {
  const settings = Object.entries(origin.settings);
  if (settings.length === 0) return <EmptyState>{words.noSettings}</EmptyState>;
  return (
    <Panel title={runStrings.config.title} note={words.settingsNote}>
      <Facts items={settings.map(([label, value]) => ({ label, value: String(value) }))} />
    </Panel>
  );
}
