import { useState } from 'react';
import type { ClassifiedImage } from '../../../src-shared/domain/classification.ts';
import type { ExamplePreview } from '../../../src-shared/domain/dataset.ts';
import { useAction } from '../../api/query.ts';
import { notifyFailure } from '../../components/feedback/notify.tsx';
import { playgroundStrings } from '../../strings/playground.ts';
import { changeDraft, type PickedImage, usePlayground } from './playground-store.ts';
import { type PlaygroundInput, useTriedModel } from './use-playground-form.ts';

const words = playgroundStrings.image;
const extensions = ['png', 'jpg', 'jpeg', 'webp', 'gif', 'tif', 'tiff', 'avif'];

/** What the form of a classifier shows and does: an image is classified as soon as it is picked. */
export function useClassification(input: Pick<PlaygroundInput, 'models' | 'adapters' | 'isWriting'>) {
  const { picked } = usePlayground();
  const { model, fitting, columns, nameOf } = useTriedModel(input);
  const [unreadable, setUnreadable] = useState<Error | null>(null);
  const start = useAction('classification.start', { failureTitle: words.failed });
  const problem = columns.length === 0 ? words.chooseColumn : null;

  const classify = (chosen: PickedImage | null) => {
    if (model === undefined || chosen === null || problem !== null || input.isWriting) return;
    const named = columns.map((id) => ({ id, name: nameOf(id) }));
    start.mutate(
      {
        model: model.id,
        columns: columns.map((adapterId) => (adapterId === null ? null : { adapterId })),
        image: chosen.image,
      },
      { onSuccess: (job) => usePlayground.setState({ classified: { jobId: job.id, picked: chosen, columns: named } }) },
    );
  };
  const pick = (chosen: PickedImage) => {
    setUnreadable(null);
    usePlayground.setState({ picked: chosen });
    if (model) changeDraft({ modelId: model.id, columns });
    classify(chosen);
  };
  const read = useAction('classification.image', {
    onError: setUnreadable,
    onSuccess: ({ name, fullWidth, fullHeight, ...pixels }, { path }) =>
      pick({
        image: { kind: 'file', path },
        name,
        size: words.size(fullWidth, fullHeight),
        truth: null,
        pixels,
      }),
  });
  const choose = async () => {
    try {
      const path = await window.coto.dialogs.openFile({
        title: words.chooseTitle,
        filters: [{ name: words.images, extensions }],
      });
      if (path) read.mutate({ path });
    } catch (error) {
      notifyFailure(error, words.failed);
    }
  };
  return {
    model,
    fitting,
    columns,
    picked,
    /** Why the last file is no image. */
    unreadable,
    problem: problem ?? (picked === null ? words.chooseFirst : null),
    isStarting: start.isPending || read.isPending,
    classify: () => classify(picked),
    choose: () => void choose(),
    take: (path: string) => read.mutate({ path }),
    pickExample: (image: Extract<ClassifiedImage, { kind: 'example' }>, example: ExamplePreview, label: string) =>
      pick({
        image,
        name: words.example(label, example.index),
        size: words.size(example.width, example.height),
        truth: label,
        pixels: example,
      }),
  };
}
