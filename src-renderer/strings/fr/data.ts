import { anyLength } from '../../../src-shared/domain/models/model.ts';
import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';
import { classesOf, plural, rowsOf, tokensOf } from './counts.ts';

/** "la première ligne", "les 5 premières lignes" */
const firstRowsOf = (count: number): string =>
  plural(count, { one: 'la première ligne', other: 'les # premières lignes' });
const ofFirstRows = (count: number): string =>
  plural(count, { one: 'de la première ligne', other: 'des # premières lignes' });

export const data: Catalog['data'] = {
  example: (label, index) => `${label}, exemple ${index}`,
  content: {
    classes: classesOf,
    tags: (count) => plural(count, { one: '# tag', other: '# tags' }),
    preferences: 'préférences',
    questions: 'questions',
    conversations: 'conversations',
    prompts: 'prompts',
    pairs: 'paires',
    numbers: 'nombres',
    unlabeled: 'sans labels',
    split: (count, split) => `${formatCount(count)} ${split}`,
  },
  title: 'Données',
  count: (count) => plural(count, { one: '# jeu de données', other: '# jeux de données' }),
  list: 'Jeux de données',
  filter: 'Filtrer les jeux…',
  noMatch: 'Aucun jeu de données correspondant',
  empty:
    'Pas encore de jeux de données. Ajouter un fichier texte (CSV, TSV, JSON, JSONL, Excel, Parquet, Arrow, CoNLL), un dossier écrit par save_to_disk de datasets de Hugging Face, un dossier de fichiers IDX, ou un dossier contenant un dossier d’images par classe.',
  drop: 'Déposer un fichier texte (CSV, TSV, JSON, JSONL, Excel, Parquet, Arrow, CoNLL) ou un dossier (save_to_disk, images par classe ou IDX) pour l’ajouter',
  add: 'Ajouter des données',
  addFolder: 'Dossier (save_to_disk, images par classe ou IDX)',
  addFile: 'Fichier texte (CSV, TSV, JSON, JSONL, Excel, Parquet, Arrow, CoNLL)',
  chooseFolder: 'Choisir un dossier (save_to_disk, images par classe ou IDX)',
  chooseFile: 'Choisir un fichier de données',
  added: 'Jeu de données ajouté',
  bundled: 'fourni',
  draft: 'brouillon',
  unsaved: 'changements non enregistrés',
  import: 'Importer',
  unanswerable: 'sans réponse',
  dismiss: 'Ignorer',
  tryAgain: 'Réessayer',
  grayscale: 'niveaux de gris',
  channels: (count) => `${count} canaux`,
  pixels: (width, height) => `${width} × ${height} pixels`,
  rows: (rows, skipped) =>
    skipped === 0 ? rowsOf(rows) : `${rowsOf(rows)}, ${plural(skipped, { one: '# ignorée', other: '# ignorées' })}`,
  matchesNothing: (value, rows, column, found) =>
    `Aucune des ${formatCount(rows)} premières lignes n’a « ${value} » dans ${column} : rien ne serait réservé au test. Valeurs trouvées : ${found.join(', ')}.`,
  tooManyFaults: (faulty, rows) =>
    `Parmi ${firstRowsOf(rows)}, ${plural(faulty, { one: '# est fautive', other: '# sont fautives' })}. Corriger les lignes sous Problèmes, ou activer « Leave out faulty rows ».`,
  lengths: (examples, median, p95, longest) =>
    `Premiers exemples d’entraînement (${formatCount(examples)}) : médiane ${formatCount(median)} · p95 ${formatCount(p95)} · max. ${formatCount(longest)} tokens.`,
  accounting: {
    title: 'Utilisation des colonnes et des lignes',
    firstRows: (rows) => `${ofFirstRows(rows)} ; toutes sont lues à l’ajout du jeu de données`,
    what: 'Quoi',
    is: 'Est',
    detail: 'Pour quoi ou pourquoi',
    questions: 'Contenu sans rôle',
    questionsNote: 'choisir le rôle de chaque colonne, ou indiquer qu’elle n’est pas utilisée',
    choose: 'Choisir…',
    notUsed: 'Non utilisée',
    mergeLabels: 'Regrouper les labels',
    unanswered: (column) => `Choisir le rôle de la colonne « ${column} », ou indiquer qu’elle n’est pas utilisée.`,
  },
  problems: 'Problèmes',
  problemsNote: (isTooMany) =>
    `${isTooMany ? 'trop de lignes pour les ignorer sans demander' : 'ces lignes sont ignorées'} ; simple aperçu, les autres lignes sont vérifiées à l’import`,
  byRow: (title) => `${title} par ligne`,
  repairs: {
    repair: (rows) => `Réparer ${rowsOf(rows)}`,
    offered: 'Ce qu’une réparation changerait',
    repaired: 'Modifié par les étapes',
    inFirstRows: 'dans les premières lignes ; toutes sont lues à l’ajout du jeu de données',
  },
  truncates: (maxLength, count) => `max_length ${formatCount(maxLength)} en tronque ${formatCount(count)}.`,
  inWindows: (rows, limit) =>
    `${plural(rows, { one: '# texte', other: '# textes' })} de plus de ${formatCount(limit)} tokens (max_seq_length) ${plural(rows, { one: 'est lu', other: 'sont lus' })} par fenêtres.`,
  context: (model, tokens) =>
    tokens >= anyLength
      ? `${model} lit des textes de toute longueur.`
      : `${model} en lit jusqu’à ${formatCount(tokens)}.`,
  conversation: {
    title: 'Conversation',
    excluded: (role) => `${role} (hors de la perte)`,
    verdicts: { chosen: 'Préférée', rejected: 'Rejetée', wanted: 'Souhaitée', unwanted: 'Non souhaitée' },
  },
  tokens: {
    inTemplate: (model) => `Texte, dans le template de chat de ${model}`,
    plain: 'Texte brut',
    written: 'Texte tel que le modèle le lit',
    list: 'Tokens',
    count: (tokens, counted) =>
      counted === null ? tokensOf(tokens) : `${tokensOf(tokens)}, dont ${formatCount(counted)} dans la perte`,
    first: (shown) => `Les ${formatCount(shown)} premiers tokens sont affichés.`,
    loss: {
      completion: 'Les tokens surlignés comptent dans la perte.',
      text: 'Tous les tokens comptent dans la perte.',
      label: 'Le modèle lit ces tokens et prédit le label.',
      tags: 'Les tokens surlignés, premiers de chaque mot, reçoivent le tag du mot.',
      answer: 'Les tokens surlignés sont la réponse : le modèle apprend où elle commence et finit.',
      nothing: 'Le modèle ne fait que lire ces tokens : il n’y a pas de label à apprendre.',
    },
  },
  duplicates: {
    title: 'Doublons',
    none: 'Ni doublons ni fuites trouvés',
    words: {
      withinTrain: 'Doublons dans l’entraînement',
      withinTest: 'Doublons dans le test',
      across: 'Fuites entre entraînement et test',
      nearAcross: 'Quasi-doublons entre entraînement et test',
    },
    textMeaning: {
      withinTrain: 'Surpondérés à l’entraînement. Sans gravité s’ils sont rares ; sinon, n’en garder qu’un de chaque.',
      withinTest: 'Comptés plusieurs fois dans chaque score. N’en garder qu’un de chaque.',
      across: 'Gonflent le score de test. Les retirer de l’un des deux.',
      nearAcross:
        'Le même texte à quelques mots près, ce qui gonfle aussi le score de test. Les retirer de l’un des deux.',
    },
    imageMeaning: {
      withinTrain:
        'Les mêmes pixels : surpondérés à l’entraînement. Sans gravité s’ils sont rares ; sinon, n’en garder qu’un de chaque.',
      withinTest: 'Les mêmes pixels : comptés plusieurs fois dans chaque score. N’en garder qu’un de chaque.',
      across: 'Les mêmes pixels dans les deux : gonflent le score de test. Les retirer de l’un des deux.',
      nearAcross:
        'Elles se ressemblent, comme des copies redimensionnées ou recompressées, ce qui gonfle aussi le score de test. Les retirer de l’un des deux.',
    },
    wayOut: (ofFolder) =>
      ofFolder
        ? 'Retirer d’un des splits les fichiers cités sous Problèmes, puis comparer à nouveau.'
        : 'Retirer les images d’un des splits, puis comparer à nouveau.',
    compared: (images, near) =>
      near < images
        ? `${plural(images, { one: '# image comparée', other: '# images comparées' })} par pixels, ${formatCount(near)} par apparence`
        : plural(images, { one: '# image comparée', other: '# images comparées' }),
    removeFromTrain: 'Retirer de l’entraînement',
    texts: 'Lignes dans les deux splits',
    text: (kind, train, test) => {
      const both = [train === null ? 'entraînement' : `entraînement ${train}`, test === null ? 'test' : `test ${test}`];
      return `${kind === 'exact' ? 'Même texte' : 'Presque identique'} : ${both.join(', ')}`;
    },
    reimported: 'Jeu de données réimporté',
    notCompared: 'Les images n’ont pas encore été comparées entre elles.',
    compare: 'Chercher les doublons',
    again: 'Comparer à nouveau',
    notFound: 'Les images n’ont pas été comparées',
    pairs: 'Exemples de doublons',
    pair: (kind, one, other) => `${kind === 'exact' ? 'Mêmes pixels' : 'Semblables'} : ${one}, ${other}`,
    place: (split, index) => `${split} ${formatCount(index + 1)}`,
  },
  imageQuestion: { label: 'Colonne des labels', add: 'Ajouter' },
  template: {
    title: 'Telles que le modèle les lit',
    model: 'Modèle de base de l’aperçu',
    noModel: 'Ajouter un modèle de base qui lit du texte pour voir les lignes telles qu’il les lit.',
    noRows: 'Aucune des premières lignes n’est lisible.',
    previous: 'Ligne précédente',
    next: 'Ligne suivante',
    row: (place, total, where) => `${formatCount(place)} sur ${formatCount(total)} : ${where}`,
    lengths: (rows, median, longest) =>
      `Premières lignes (${formatCount(rows)}) : médiane ${formatCount(median)} · max. ${formatCount(longest)} tokens.`,
    truncated: (rows, limit) =>
      rows === 0
        ? ''
        : `${plural(rows, { one: '# ligne serait tronquée', other: '# lignes seraient tronquées' })} à ${formatCount(limit)} tokens (max_length).`,
  },
  removeQuestion: (name) => `Retirer le jeu de données « ${name} » ?`,
};
