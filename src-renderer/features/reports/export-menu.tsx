import { Button, Menu } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { pathLabel } from '../../../src-shared/contract/paths.ts';
import type { ReportRecord } from '../../../src-shared/domain/app/report.ts';
import { request } from '../../api/client.ts';
import { fileStem } from '../../components/download.ts';
import { notifyFailure, notifySuccess } from '../../components/feedback/notify.tsx';
import { reportsStrings as strings } from '../../strings/reports.ts';

/** Files that are saved as they are, in the order of the menu; a PDF is printed from the page. */
const formats = ['html', 'md', 'tex', 'csv', 'json'] as const;

/** Saves a report in another form. */
export function ExportMenu({ report }: { report: ReportRecord }) {
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" rightSection={<IconChevronDown size={14} />}>
          {strings.export}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => void exported(savePdf(report))}>{strings.exportAs.pdf}</Menu.Item>
        {formats.map((format) => (
          <Menu.Item key={format} onClick={() => void exported(saveFile(report, format))}>
            {strings.exportAs[format]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

async function exported(work: Promise<string | null>): Promise<void> {
  try {
    const path = await work;
    if (path !== null) notifySuccess(strings.exported, pathLabel(path));
  } catch (error) {
    notifyFailure(error, strings.notExported);
  }
}

function savePdf(report: ReportRecord): Promise<string | null> {
  return window.coto.savePdf(report.path, { defaultName: `${stemOf(report)}.pdf` });
}

async function saveFile(report: ReportRecord, format: (typeof formats)[number]): Promise<string | null> {
  const files = await request('reports.files', { id: report.id });
  const file = files.find(({ name }) => name === `report.${format}`);
  // Reports of earlier versions have no Markdown or no LaTeX.
  if (file === undefined) throw new Error(strings.noFormat(strings.exportAs[format]));
  return window.coto.dialogs.saveText(file.text, {
    defaultName: `${stemOf(report)}.${format}`,
    filters: [{ name: strings.exportAs[format], extensions: [format] }],
  });
}

function stemOf({ name }: ReportRecord): string {
  return fileStem(name) || 'report';
}
