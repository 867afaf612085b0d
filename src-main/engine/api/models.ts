/** Base models: families, folders, chat templates of folders, quantization and memory. */
export { modelFamilies } from '../models/families.ts';
export type { ModelConfigFile } from '../models/family.ts';
export { chatTemplateFile, writeChatTemplate } from '../models/huggingface/chat-template-file.ts';
export { withMembers } from '../models/huggingface/json-members.ts';
export { describeModel, familyOf, readConfig } from '../models/huggingface/model-folder.ts';
export { openModelWeights } from '../models/huggingface/model-weights.ts';
export { planQuantization } from '../models/huggingface/quantize-model.ts';
export { requireGrowable } from '../models/huggingface/resize-vocabulary.ts';
export { untrainedRows } from '../models/huggingface/untrained-rows.ts';
export { copyTokenizer } from '../models/huggingface/write-model.ts';
export { isLargeModel } from '../models/large-model.ts';
export type { AdapterMemory, ModelMemory } from '../models/memory.ts';
