import { textLimit } from '../../../src-shared/domain/models/model.ts';
import { formatBytes } from '../../../src-shared/format/bytes.ts';
import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';
import { classesOf, layersOf, plural } from './counts.ts';

export const models: Catalog['models'] = {
  title: 'Modèles',
  count: (count) => plural(count, { one: '# modèle de base', other: '# modèles de base' }),
  list: 'Modèles de base',
  filter: 'Filtrer les modèles…',
  noMatch: 'Aucun modèle correspondant',
  empty: 'Pas encore de modèles. Ajouter un dossier de Hugging Face (config.json et safetensors) ou un fichier GGUF.',
  drop: 'Déposer un dossier de modèle (config.json et safetensors) ou un fichier GGUF pour l’ajouter',
  download: 'Télécharger de Hugging Face…',
  add: 'Ajouter un dossier de modèle',
  addGguf: 'Ajouter un fichier GGUF…',
  chooseFolder: 'Choisir un dossier de modèle de Hugging Face',
  chooseGguf: 'Choisir un fichier GGUF',
  added: 'Modèle ajouté',
  known: 'Déjà dans la liste',
  bundled: 'fourni',
  folderGone: {
    message: 'Le dossier de ce modèle manque ou n’est pas lisible : aucun entraînement n’est possible.',
    hint: 'Restaurer le dossier, ou retirer le modèle de la liste.',
  },
  rename: {
    item: 'Renommer…',
    title: 'Renommer le modèle de base',
    label: 'Nom',
    confirm: 'Renommer',
    cancel: 'Annuler',
    failed: 'Le modèle n’a pas été renommé',
  },
  weightFormat: 'Poids',
  weightFormatHelp:
    'Les fichiers GGUF restent quantifiés en mémoire. Les safetensors se fusionnent et s’exportent sans perte.',
  dismiss: 'Ignorer',
  tryAgain: 'Réessayer',
  quantize: {
    action: 'Quantifier…',
    title: (name) => `Quantifier ${name}`,
    help: 'Écrit une copie plus petite de la base ; la base elle-même reste. Les adaptateurs s’entraînent sur la copie avec une fraction de la mémoire, au prix d’un peu d’exactitude.',
    type: 'Type',
    choice: (label, sizes) => (sizes === '' ? label : `${label} : ${sizes}`),
    sizes: (before, after) =>
      `${formatBytes(after)} au lieu de ${formatBytes(before)} (${Math.round((100 * after) / before)} %)`,
    name: 'Nom',
    cancel: 'Annuler',
    start: 'Quantifier',
    from: 'Quantifié depuis',
  },
  addTokens: {
    action: 'Ajouter des tokens…',
    title: (name) => `Ajouter des tokens à ${name}`,
    help: 'Écrit une copie de la base dont le tokenizer a ces tokens ; la base elle-même reste. Leurs lignes dans l’embedding et la tête partent de la moyenne de toutes les autres : les entraîner avec Trained tokens dans un run.',
    tokens: 'Tokens',
    tokensHelp: 'Un token par ligne.',
    special: 'Tokens spéciaux',
    specialHelp: 'Omis du texte généré, comme les marques d’un template de chat.',
    name: 'Nom',
    cancel: 'Annuler',
    start: 'Ajouter les tokens',
    noText: 'Ce modèle ne lit pas de texte.',
  },
  layers: (layers, width, encoder) =>
    `${layersOf(layers)}${encoder === null ? '' : ` (encodeur ${encoder}, décodeur ${layers - encoder})`} · dimension cachée ${formatCount(width)}`,
  experts: (count) => `${formatCount(count)} dans chaque couche à experts`,
  roles: { head: 'tête de tâche', expert: 'expert', adapter: 'adaptateur' },
  roleHelp:
    'Une tête de tâche est entraînée en entier. Les experts portent un adaptateur par target_parameters, tous les autres par target_modules.',
  classes: classesOf,
  ignoredImages: 'Non utilisé : c’est ici le modèle de texte seul',
  unusedHead: (architecture) => `Non utilisée : celle de ${architecture}`,
  textInput: (positions, vocabulary) => `texte, ${textLimit(positions)} ; vocabulaire de ${formatCount(vocabulary)}`,
  asTheyAre: 'telles quelles',
  memoryToTrain: 'Mémoire d’entraînement',
  memoryNote: (tokens, free, device) =>
    `LoRA r 16 sur toutes les couches linéaires${tokens === null ? '' : `, ${formatCount(tokens)} tokens`} ; ${free} libres${device === null ? '' : ` sur ${device}`} en ce moment`,
  trainWith: (batch, checkpointing) =>
    `Fine-tuning avec batch ${batch}${checkpointing ? ', gradient checkpointing' : ''}`,
  batch: 'Batch',
  batchHelp: 'per_device_train_batch_size × gradient_accumulation_steps : le batch effectif est le même',
  batchOf: (size, accumulation) => `${size} × ${accumulation}`,
  checkpointing: 'Gradient checkpointing',
  parameters: (count) => `${count} paramètres`,
  plannedMemory: (bytes, batch, free) =>
    `L’entraînement avec LoRA r 16 sur toutes les couches linéaires prend ${bytes} (batch ${batch}) sur ${free} libres :`,
  on: 'activé',
  off: 'désactivé',
  memory: 'Mémoire',
  verdict: 'Sur cette machine',
  verdicts: { fits: 'tient', tight: 'juste', 'does not fit': 'ne tient pas' },
  trainsIn: (memory) => `s’entraîne dans ${memory}`,
  removeQuestion: (name) => `Retirer le modèle « ${name} » ?`,
};
