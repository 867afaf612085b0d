import { useRequest } from '../../api/query.ts';
import { MultiSelect } from '../../components/form/choices.tsx';
import { reportsStrings } from '../../strings/reports.ts';

export interface ReportSources {
  readonly runIds: readonly string[];
  readonly studyIds: readonly string[];
}

interface ReportSourcesProps {
  value: ReportSources;
  onChange: (value: ReportSources) => void;
}

/** The runs and studies that a report can be made of: those that have something to show. */
export function ReportSourcesFields({ value, onChange }: ReportSourcesProps) {
  const strings = reportsStrings.dialog;
  const { data: runs = [] } = useRequest('runs.list', { archived: false });
  const { data: studies = [] } = useRequest('studies.list', {});
  const field = (
    label: string,
    items: readonly { readonly id: string; readonly name: string }[],
    ids: readonly string[],
    change: (ids: string[]) => void,
  ) => (
    <MultiSelect
      label={label}
      data={items.map(({ id, name }) => ({ value: id, label: name }))}
      value={[...ids]}
      onChange={change}
      disabled={items.length === 0}
      searchable
      hidePickedOptions
      maxDropdownHeight={220}
      nothingFoundMessage={strings.noMatch}
    />
  );
  return (
    <>
      {field(
        strings.studies,
        studies.filter(({ result }) => result !== null),
        value.studyIds,
        (studyIds) => onChange({ ...value, studyIds }),
      )}
      {field(
        strings.runs,
        runs.filter(({ result }) => result !== null),
        value.runIds,
        (runIds) => onChange({ ...value, runIds }),
      )}
    </>
  );
}
