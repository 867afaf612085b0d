import { adapterVariants, initializations } from '../../src-main/engine/api/adapters.ts';
import { lisa } from '../../src-shared/coto/schedules/lisa.ts';
import { namedAnswers, plainTexts } from './made-data.ts';
import { answers, images, type SetUp, seeded, texts } from './set-up.ts';

const letters = { ...images, dataset: 'font-letters', max_steps: 60, learning_rate: 2e-3 };
const spam = { ...texts, dataset: 'spam-subjects', max_steps: 40 };
const said = { ...answers, max_steps: 60 };
const made = { ...texts, max_length: 64, max_steps: 48 };
const asked = { ...texts, max_length: 64, max_steps: 60, sample_tokens: 16 };

type Named = readonly [name: string, run: SetUp['run'], data?: SetUp['data']];

const ofImages: Named[] = [
  ['defaults on images', images],
  ['rate of 2e-3', { ...images, learning_rate: 2e-3 }],
  ['DoRA', { ...images, adapter: { variant: idOf(adapterVariants, 'DoRA') } }],
  ['rsLoRA, rank 4', { ...images, adapter: { variant: idOf(adapterVariants, 'rsLoRA'), r: 4 } }],
  ['CoTo', { ...images, learning_rate: 2e-3, coto: {} }],
  ['100 images of each class', { ...images, train_samples_per_class: 100, max_steps: 60, eval_steps: 20 }],
  ['a fitted head', { ...images, head: 'frozen_after_base_probe' }],
  ['80 steps at a constant rate', { ...images, lr_scheduler_type: 'constant', max_steps: 80 }],
  [
    'weight decay and dropout',
    { ...images, lr_scheduler_type: 'linear', weight_decay: 0.01, adapter: { lora_dropout: 0.1 } },
  ],
  [
    'HiRA',
    { ...images, adapter: { variant: idOf(adapterVariants, 'HiRA'), r: 16 }, learning_rate: 5e-3, max_steps: 60 },
  ],
  ['CoTo on 16 images of each class', { ...images, train_samples_per_class: 16, max_steps: 60, coto: {} }],
  ['accumulated batches', { ...images, per_device_train_batch_size: 4, gradient_accumulation_steps: 4 }],
  ['evaluated before training', { ...images, eval_on_start: true, eval_steps: 20 }],
  ['a validation split', { ...images, validation_samples: 400, eval_split: 'validation', eval_samples: 0 }],
  ['LoRA+', { ...images, adapter: { variant: idOf(adapterVariants, 'LoRA+') }, learning_rate: 5e-4 }],
  ['LoRA-FA', { ...images, adapter: { variant: idOf(adapterVariants, 'LoRA-FA') }, learning_rate: 2e-3 }],
  ['PiSSA', { ...images, adapter: { init_lora_weights: idOf(initializations, 'PiSSA') }, learning_rate: 5e-4 }],
  ['queries and values only', { ...images, adapter: { target_modules: ['query', 'value'] }, learning_rate: 2e-3 }],
  ['the lower layers only', { ...images, adapter: { layers_to_transform: [0, 1, 2, 3] }, learning_rate: 2e-3 }],
  [
    'LISA',
    {
      ...images,
      learning_rate: 2e-3,
      max_steps: 60,
      coto: { schedule: lisa.declaration.id, lisa_activated_layers: 4 },
    },
  ],
  ['batches of 4', { ...images, per_device_train_batch_size: 4, max_steps: 80 }],
];

const ofLetters: Named[] = [
  ['letters', letters],
  ['letters with CoTo', { ...letters, coto: {} }],
  ['letters, rank 2', { ...letters, adapter: { r: 2 } }],
  ['letters, augmented', { ...letters, augmentation: { rotation_radians: 0.1 } }],
  ['letters, early stopping', { ...letters, eval_steps: 15, early_stopping_patience: 2 }],
  ['letters, 40 of each class', { ...letters, train_samples_per_class: 40, eval_steps: 20 }],
];

const ofTexts: Named[] = [
  ['spam', spam],
  ['spam with CoTo', { ...spam, coto: {}, learning_rate: 2e-3 }],
  ['spam, DoRA', { ...spam, adapter: { variant: idOf(adapterVariants, 'DoRA') } }],
  ['spam, batches of 8', { ...spam, per_device_train_batch_size: 8 }],
  ['sea or land', made, plainTexts],
  ['sea or land, rank 2', { ...made, adapter: { r: 2 } }, plainTexts],
];

const ofAnswers: Named[] = [
  ['sounds of words', { ...said, eval_steps: 60 }],
  ['sounds of words with CoTo', { ...said, coto: {}, learning_rate: 2e-3 }],
  ['sounds of words, evaluated often', { ...said, eval_steps: 15 }],
  ['sounds of words, batches of 8', { ...said, per_device_train_batch_size: 8, max_steps: 40 }],
  ['made answers', { ...asked, eval_steps: 60 }, namedAnswers],
  ['made answers, rate of 2e-3', { ...asked, learning_rate: 2e-3 }, namedAnswers],
  ['paragraphs', { ...texts, dataset: 'state-of-the-union', max_length: 128, max_steps: 30, eval_samples: 40 }],
];

/** Id of the entry with a label, which is written in its own file only. */
function idOf(
  list: readonly { readonly declaration: { readonly id: string; readonly label: string } }[],
  label: string,
): string {
  const entry = list.find(({ declaration }) => declaration.label === label);
  if (entry === undefined) throw new Error(`no entry has the label ${label}`);
  return entry.declaration.id;
}

/** Trainings with nothing wrong. */
export const goodSetUps: readonly SetUp[] = seeded(
  [...ofImages, ...ofLetters, ...ofTexts, ...ofAnswers].map(([name, run, data]) => ({
    ...{ name, expected: null, run },
    ...(data === undefined ? {} : { data }),
  })),
  200,
);
