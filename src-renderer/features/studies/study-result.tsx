import { Button, Group, Stack, Table, Text, VisuallyHidden } from '@mantine/core';
import { type ReactNode, useMemo, useState } from 'react';
import type { StudyRecord } from '../../../src-shared/domain/studies/study.ts';
import { wordsOfFiles } from '../../../src-shared/studies/config/catalog-words.ts';
import type { PrunedChoice, StudyFigure, StudyTable } from '../../../src-shared/studies/define-study.ts';
import { studyKind } from '../../../src-shared/studies/index.ts';
import { tableCsv } from '../../../src-shared/studies/report/table-csv.ts';
import { tableLatex } from '../../../src-shared/studies/report/table-latex.ts';
import { downloadText, fileStem } from '../../components/download.ts';
import { DragHandle } from '../../components/drag-handle.tsx';
import { GlossaryText } from '../../components/help/glossary-text.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { Figure } from '../../plots/figure.tsx';
import { useFigureTheme } from '../../plots/figure-theme.ts';
import { studiesStrings } from '../../strings/studies.ts';
import { askToKeep } from './ask-to-keep.tsx';
import classes from './studies.module.css';
import { TunedBadge } from './tuned-badge.tsx';
import { useStudyWords } from './use-study-words.ts';

const strings = studiesStrings.result;

interface StudyResultViewProps {
  study: StudyRecord;
  /** Makes the pruned adapter of a row. */
  onKeep: (choice: PrunedChoice) => void;
}

/** The figures and the tables of a study's result, as its kind declares them. */
export function StudyResultView({ study, onKeep }: StudyResultViewProps) {
  const { kind, result, config } = study;
  const words = useStudyWords();
  const shown = useMemo(() => {
    if (result === null) return null;
    const { figures, table } = studyKind(kind);
    return {
      figures: figures(result, config, words),
      tables: table(result, config, words),
      files: table(result, config, wordsOfFiles(words)),
    };
  }, [kind, result, config, words]);
  if (shown === null) return null;
  return (
    <Stack gap={12}>
      {shown.figures.map((figure) => (
        <StudyFigurePanel key={figure.name} figure={figure} onKeep={onKeep} />
      ))}
      {shown.tables.map((table, at) => (
        <StudyTablePanel
          key={table.title}
          table={table}
          file={shown.files[at] ?? table}
          aside={<TunedBadge of={{ studyId: study.id }} />}
          onKeep={onKeep}
        />
      ))}
    </Stack>
  );
}

function StudyFigurePanel({ figure, onKeep }: { figure: StudyFigure; onKeep: (choice: PrunedChoice) => void }) {
  const theme = useFigureTheme();
  const drawn = useMemo(() => figure.draw(theme), [figure, theme]);
  const { keep } = figure;
  return (
    <Panel>
      <Figure
        figure={drawn}
        height={340}
        name={figure.name}
        caption={keep ? `${drawn.caption} ${strings.clickPoint}` : drawn.caption}
        {...(keep
          ? {
              onPointClick: (point: { customData: unknown }) => {
                askToKeep(keep(point.customData), onKeep);
              },
            }
          : {})}
      />
    </Panel>
  );
}

/** Longer tables show only their first rows, so that users find the content below. */
const foldedFrom = 30;
const firstRows = 15;

interface StudyTablePanelProps {
  table: StudyTable;
  /** The same as it is saved, with settings by their ids. */
  file: StudyTable;
  aside: ReactNode;
  onKeep: (choice: PrunedChoice) => void;
}

function StudyTablePanel({ table, file, aside, onKeep }: StudyTablePanelProps) {
  const { title, columns, rows, notes = [] } = table;
  const canKeep = rows.some(({ keep }) => keep !== undefined);
  const [isWhole, setWhole] = useState(canKeep || rows.length <= foldedFrom);
  const align = (at: number) => (columns[at]?.numeric === true ? { ta: 'right' as const } : {});
  return (
    <Panel
      title={title}
      flush
      aside={
        <Group gap={8} wrap="nowrap" flex="none">
          {aside}
          <DragHandle
            label={strings.dragTable}
            item={async () => ({ kind: 'file', name: `${fileStem(title)}.csv`, content: tableCsv(file) })}
          />
          <Button
            size="compact-xs"
            variant="default"
            aria-label={strings.saveTable(title)}
            onClick={() => downloadText(tableCsv(file), `${fileStem(title)}.csv`)}
          >
            {strings.saveCsv}
          </Button>
          <Button
            size="compact-xs"
            variant="default"
            aria-label={strings.saveTableLatex(title)}
            onClick={() => downloadText(tableLatex(table), `${fileStem(title)}.tex`)}
          >
            {strings.saveLatex}
          </Button>
        </Group>
      }
    >
      <Table.ScrollContainer minWidth={480}>
        <Table aria-label={title} verticalSpacing={canKeep ? 2 : 4} horizontalSpacing={12}>
          <Table.Thead>
            <Table.Tr>
              {columns.map(({ label }, at) => (
                <Table.Th key={`${label} ${at}`} {...align(at)} className={(at === 0 && classes['first']) || ''}>
                  {label}
                </Table.Th>
              ))}
              {canKeep ? (
                <Table.Th className={classes['end'] ?? ''}>
                  <VisuallyHidden>{strings.save}</VisuallyHidden>
                </Table.Th>
              ) : null}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {(isWhole ? rows : rows.slice(0, firstRows)).map(({ cells, keep }, row) => (
              <Table.Tr key={row}>
                {cells.map((cell, at) => (
                  <Table.Td
                    key={at}
                    {...align(at)}
                    className={(at === 0 && classes['first']) || ''}
                    style={{ whiteSpace: 'nowrap' }}
                  >
                    {cell}
                  </Table.Td>
                ))}
                {canKeep ? (
                  <Table.Td ta="right" h={34} className={classes['end'] ?? ''}>
                    {keep ? (
                      <Button
                        variant="subtle"
                        aria-label={strings.saveRow(`${cells[0]}, ${cells[1]}`)}
                        onClick={() => onKeep(keep)}
                      >
                        {strings.save}
                      </Button>
                    ) : null}
                  </Table.Td>
                ) : null}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {isWhole ? null : (
        <Button variant="subtle" size="compact-sm" m={8} onClick={() => setWhole(true)}>
          {strings.showAll(rows.length)}
        </Button>
      )}
      {notes.map((note) => (
        <Text key={note} size="xs" c="dimmed" px={12} pb={8}>
          – <GlossaryText text={note} />
        </Text>
      ))}
    </Panel>
  );
}
