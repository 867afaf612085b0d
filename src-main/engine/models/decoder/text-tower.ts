import { z } from 'zod';
import { parseConfig, unsupportedValue } from '../config-file.ts';
import type { FamilyDeclaration, ModelConfigFile, ModelFamily } from '../family.ts';
import { type DecoderFamily, familyOfLayouts } from './family.ts';
import type { DecoderLayout, Renaming } from './layout.ts';

const schema = z.object({
  architectures: z.array(z.string()).optional(),
  text_config: z.looseObject({ model_type: z.string().optional() }),
  tie_word_embeddings: z.boolean().optional(),
});

interface TextTower {
  /** e.g. "a Gemma 3 with images", for messages. */
  readonly label: string;
  /** Families of the text model by its `model_type`; the first counts where there is none. */
  readonly texts: ReadonlyMap<string, DecoderFamily>;
  /** Module of the text model in today's transformers. */
  readonly module: 'model.language_model' | 'model.text_model';
  /** True if the head is tied where config.json does not say. */
  readonly isTied: boolean;
}

/** A family of vision-language models, of which the text model alone is loaded. */
export function textTowerFamily(modelType: string, declaration: FamilyDeclaration, tower: TextTower): ModelFamily {
  return {
    modelType,
    declaration,
    unusedTensors: /^(model\.)?(vision_tower|vision_model|visual|multi_modal_projector|connector)\./,
    ...familyOfLayouts((file) => textLayout(file, tower)),
  };
}

function textLayout(file: ModelConfigFile, { label, texts, module, isTied }: TextTower): DecoderLayout {
  const { architectures, text_config: text, tie_word_embeddings = isTied } = parseConfig(file, schema, label);
  const [first] = texts.values();
  const family = text.model_type === undefined ? first : texts.get(text.model_type);
  if (family === undefined) {
    const known = [...texts.keys()].map((type) => JSON.stringify(type)).join(' or ');
    throw unsupportedValue(file, 'text_config.model_type', text.model_type, known);
  }
  const value = { ...text, tie_word_embeddings, ...(architectures ? { architectures } : {}) };
  const moduleNames: Renaming = [['model.', `${module}.`]];
  return {
    ...family.layout({ path: file.path, value, within: 'text_config' }),
    // Names that transformers writes, since version 5 and before.
    checkpointNames: [
      moduleNames,
      [
        ['model.', 'language_model.model.'],
        ['lm_head', 'language_model.lm_head'],
      ],
    ],
    moduleNames,
    ignoresImages: true,
  };
}
