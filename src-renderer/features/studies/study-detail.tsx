import { Button, Group, Stack, Text } from '@mantine/core';
import type { StudyRecord } from '../../../src-shared/domain/studies/study.ts';
import { studyKind } from '../../../src-shared/studies/index.ts';
import { useAction } from '../../api/query.ts';
import { navigate, pathOf } from '../../app/routes.tsx';
import { copyLinkItem } from '../../components/actions/copy-link-item.tsx';
import { removalItem } from '../../components/feedback/confirm.tsx';
import { StatusMark } from '../../components/feedback/status-mark.tsx';
import { notifyDeleted, undoMilliseconds } from '../../components/feedback/undo.tsx';
import { formatCount } from '../../components/format/format.ts';
import { RelativeTime } from '../../components/format/relative-time.tsx';
import { MoreMenu } from '../../components/layout/page.tsx';
import { Facts, Panel } from '../../components/layout/panel.tsx';
import { reportsStrings } from '../../strings/reports.ts';
import { studiesStrings as strings } from '../../strings/studies.ts';
import { createReport } from '../reports/create-report.tsx';
import { StudyPlaces } from './study-places.tsx';
import { StudyView } from './study-view.tsx';
import { useStudyWords } from './use-study-words.ts';

/** A study: its facts and its result, with what can be done with it. */
export function StudyDetail({ study }: { study: StudyRecord }) {
  const { id, name, status, config, result, target } = study;
  const remove = useAction('studies.remove', {
    failureTitle: strings.notRemoved,
    onSuccess: () => {
      notifyDeleted('studies', [id], strings.removed(name));
      navigate('/studies', { replace: true });
    },
  });
  const again = useAction('studies.create', {
    failureTitle: strings.notStarted,
    onSuccess: ({ study: started }) => navigate(pathOf('studies', started.id)),
  });
  const resume = useAction('studies.resume', { failureTitle: strings.notResumed });
  const words = useStudyWords();
  const canGoOn = ['interrupted', 'cancelled', 'failed'].includes(status);
  const isOpen = status === 'queued' || status === 'running';
  return (
    <Stack gap={12}>
      <Group justify="space-between" wrap="nowrap">
        <Text fw={600} lineClamp={2} title={name}>
          {name}
        </Text>
        <Group gap={8} wrap="nowrap" flex="none">
          {canGoOn ? (
            <Button onClick={() => resume.mutate({ id })} loading={resume.isPending}>
              {strings.resume}
            </Button>
          ) : null}
          {result ? (
            <Button variant="default" onClick={() => createReport({ studyIds: [id], name })}>
              {reportsStrings.create}
            </Button>
          ) : null}
          {isOpen || canGoOn ? null : (
            <Button
              variant="default"
              onClick={() => again.mutate({ name, config, ...(target === null ? {} : { target }) })}
              loading={again.isPending}
            >
              {strings.runAgain}
            </Button>
          )}
          <MoreMenu
            label={strings.more(name)}
            about={name}
            items={[
              copyLinkItem('study', id),
              removalItem({
                label: strings.remove,
                disabledReason: isOpen ? strings.stillRunning : null,
                question: strings.removeQuestion(name),
                consequence: strings.removeConsequence,
                verb: strings.remove,
                onConfirm: () => remove.mutate({ id, undoMilliseconds }),
              }),
            ]}
          />
        </Group>
      </Group>
      <Panel>
        <Facts
          items={[
            { label: strings.facts.status, value: <StatusMark status={status} /> },
            ...(target === null ? [] : [{ label: strings.facts.target, value: target }]),
            ...(result ? [{ label: strings.facts.examples, value: formatCount(result.examples) }] : []),
            ...studyKind(study.kind).describeConfig(config, words),
            { label: strings.facts.created, value: <RelativeTime at={study.createdAt} /> },
          ]}
        />
      </Panel>
      {target === null ? null : <StudyPlaces id={id} name={name} />}
      <StudyView study={study} />
    </Stack>
  );
}
