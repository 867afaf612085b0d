import { describeSchedule } from '../../../src-shared/coto/describe.ts';
import { type AdapterRecord, baseNameOf } from '../../../src-shared/domain/adapters/adapter.ts';
import { rankText } from '../../../src-shared/domain/parameters/parameter-values.ts';
import { useAction, useRequest } from '../../api/query.ts';
import { Link, pathOf } from '../../app/routes.tsx';
import { DragHandle } from '../../components/drag-handle.tsx';
import { TagsInput } from '../../components/form/choices.tsx';
import { formatBytes, formatCount } from '../../components/format/format.ts';
import { HashText, PathText } from '../../components/format/path-text.tsx';
import { RelativeTime } from '../../components/format/relative-time.tsx';
import { Facts, Panel } from '../../components/layout/panel.tsx';
import { adaptersStrings } from '../../strings/adapters.ts';
import { useAdapterNames } from '../merge/use-adapter-names.ts';

const words = adaptersStrings.overview;

/** Overview of an adapter: method, settings, target modules, size and location. */
export function AdapterOverview({ adapter }: { adapter: AdapterRecord }) {
  const contents = useRequest('adapters.contents', { id: adapter.id }).data;
  const declarations = useRequest('app.catalog', {}).data?.adapterVariants;
  const update = useAction('adapters.update', { failureTitle: adaptersStrings.notChanged });
  const { model, dataset, variant } = useAdapterNames()(adapter);
  const { origin, datasetId, modelId, modulesToSave } = adapter;
  const specs = declarations?.find(({ id }) => id === adapter.variant)?.parameters ?? [];
  // The rank is said with the method, and what is as declared need not be said.
  const settings = specs.filter(
    ({ name, default: usual }) =>
      name !== 'r' && adapter.parameters[name] !== undefined && !isSame(adapter.parameters[name], usual),
  );
  return (
    <Panel
      title={words.title}
      aside={
        <DragHandle
          label={words.drag}
          item={async () => ({ kind: 'adapter', name: adapter.name, folder: adapter.folder })}
        />
      }
    >
      <Facts
        items={[
          { label: words.method, value: [variant, rankText(adapter.parameters)].filter(Boolean).join(', ') },
          ...settings.map(({ name, label, help }) => ({ label, value: valueText(adapter.parameters[name]), help })),
          { label: words.schedule, value: adapter.coto ? describeSchedule(adapter.coto) : words.scheduleOff },
          {
            label: words.base,
            value:
              modelId === null ? (
                words.notHere(baseNameOf(adapter))
              ) : (
                <Link to={pathOf('models', modelId)}>{model}</Link>
              ),
          },
          ...(datasetId === null
            ? []
            : [{ label: words.data, value: <Link to={pathOf('data', datasetId)}>{dataset}</Link> }]),
          { label: words.targets, value: adapter.targetModules.join(', ') },
          { label: words.layers, value: layersText(adapter.layers) },
          ...(modulesToSave.length > 0 ? [{ label: words.modulesToSave, value: modulesToSave.join(', ') }] : []),
          ...(contents
            ? [
                {
                  label: words.modules,
                  value: words.modulesText(contents.linears, contents.embeddings.length, contents.replacedBiases),
                },
              ]
            : []),
          { label: words.parameters, value: formatCount(adapter.parameterCount) },
          { label: words.size, value: formatBytes(adapter.sizeBytes) },
          { label: words.created, value: <RelativeTime at={adapter.createdAt} /> },
          ...(origin.kind === 'import' ? [{ label: words.importedFrom, value: <PathText path={origin.path} /> }] : []),
          ...(origin.kind === 'import' && origin.note !== undefined
            ? [{ label: words.importNote, value: origin.note }]
            : []),
          { label: words.hash, value: <HashText hash={adapter.sha256} /> },
          ...(contents ? [{ label: words.folder, value: <PathText path={contents.folder} /> }] : []),
        ]}
      />
      <TagsInput
        mt={12}
        label={words.tags}
        placeholder={adapter.tags.length === 0 ? words.tagsPlaceholder : ''}
        value={adapter.tags}
        onChange={(tags) => update.mutate({ id: adapter.id, tags })}
      />
    </Panel>
  );
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function valueText(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}

/** "0–11", or the layers one by one where some are left out. */
function layersText(layers: readonly number[]): string {
  const [first, last] = [layers[0], layers.at(-1)];
  if (first === undefined || last === undefined) return '–';
  if (layers.length === last - first + 1) return first === last ? String(first) : `${first}–${last}`;
  return layers.join(', ');
}
