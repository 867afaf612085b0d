import { Button, Stack, Text } from '@mantine/core';
import type {
  DatasetRecord,
  ExamplePreview,
  ImageDuplicates,
  ImagePlace,
} from '../../../src-shared/domain/data/dataset.ts';
import { useAction, useRequest } from '../../api/query.ts';
import { Panel } from '../../components/layout/panel.tsx';
import { dataStrings } from '../../strings/data.ts';
import classes from './data.module.css';
import { DuplicateCounts } from './duplicate-counts.tsx';
import { ExampleCanvas } from './example-canvas.tsx';

const strings = dataStrings.duplicates;
const shownPairs = 8;

/** Images that occur more than once, exactly or nearly, within and across the splits, with examples and the way out. */
export function ImageDuplicatesPanel({ dataset }: { dataset: DatasetRecord }) {
  const { duplicates } = dataset.description;
  const compare = useAction('datasets.compareImages', { failureTitle: strings.notFound });
  const button = (
    <Button variant="default" loading={compare.isPending} onClick={() => compare.mutate({ id: dataset.id })}>
      {duplicates ? strings.again : strings.compare}
    </Button>
  );
  if (duplicates === undefined)
    return (
      <Panel title={strings.title} aside={button}>
        <Text c="dimmed">{strings.notCompared}</Text>
      </Panel>
    );
  const { withinTrain, withinTest, across, nearAcross, comparedImages, nearComparedImages, pairs } = duplicates;
  const { words, imageMeaning } = strings;
  return (
    <Panel title={strings.title} note={strings.compared(comparedImages, nearComparedImages)} aside={button}>
      <Stack gap={12}>
        <DuplicateCounts
          found={[
            { what: words.across, count: across, meaning: imageMeaning.across },
            { what: words.nearAcross, count: nearAcross, meaning: imageMeaning.nearAcross },
            { what: words.withinTrain, count: withinTrain, meaning: imageMeaning.withinTrain },
            { what: words.withinTest, count: withinTest, meaning: imageMeaning.withinTest },
          ]}
        />
        {pairs.length > 0 ? <Pairs dataset={dataset} pairs={pairs.slice(0, shownPairs)} /> : null}
        {across + nearAcross > 0 && !dataset.bundled ? (
          <Text c="dimmed">{strings.wayOut(dataset.source.reader === 'image-folder')}</Text>
        ) : null}
      </Stack>
    </Panel>
  );
}

function Pairs({ dataset, pairs }: { dataset: DatasetRecord; pairs: ImageDuplicates['pairs'] }) {
  const places = pairs.flatMap(({ one, other }) => [one, other]);
  const train = useImages(dataset.id, 'train', places);
  const test = useImages(dataset.id, 'test', places);
  const imageOf = ({ split, index }: ImagePlace) => (split === 'train' ? train : test).get(index);
  return (
    <ul className={classes['pairs']} aria-label={strings.pairs}>
      {pairs.map(({ kind, one, other }) => {
        const [first, second] = [one, other].map(({ split, index }) => strings.place(split, index));
        const words = strings.pair(kind, first ?? '', second ?? '');
        return (
          <li key={words} className={classes['pair']}>
            <div>
              {[one, other].map((place) => (
                <Thumb
                  key={`${place.split} ${place.index}`}
                  image={imageOf(place)}
                  labels={dataset.description.labels}
                />
              ))}
            </div>
            <span>{words}</span>
          </li>
        );
      })}
    </ul>
  );
}

function Thumb({ image, labels }: { image: ExamplePreview | undefined; labels: readonly string[] }) {
  if (image === undefined) return <span className={classes['thumb']} />;
  return (
    <span className={classes['thumb']}>
      <ExampleCanvas example={image} label={labels[image.label] ?? String(image.label)} />
    </span>
  );
}

/** The images of one split by their places. */
function useImages(
  id: string,
  split: 'train' | 'test',
  places: readonly ImagePlace[],
): ReadonlyMap<number, ExamplePreview> {
  const indices = places.flatMap((place) => (place.split === split ? [place.index] : []));
  const { data } = useRequest('datasets.preview', { id, split, indices }, { enabled: indices.length > 0 });
  return new Map(data?.map((image) => [image.index, image]));
}
