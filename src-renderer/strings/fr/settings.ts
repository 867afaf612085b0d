import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';
import { plural, runsOf } from './counts.ts';

const bundlesOf = (count: number): string => plural(count, { one: '# lot', other: '# lots' });

export const settings: Catalog['settings'] = {
  title: 'Réglages',
  state: (label, device) => `calcul sur ${label}${device === null ? '' : `, ${device}`}`,
  diagnostics: {
    collect: 'Recueillir un diagnostic…',
    title: 'Diagnostic',
    note: 'À joindre à un rapport de bug. Contient les versions, la machine, les réglages, des décomptes et les dernières lignes du journal, mais ni données, ni prompts, ni noms, ni chemins. À lire avant l’envoi.',
    window: ({ electron, chrome }) => `Window\n  Electron ${electron}, Chromium ${chrome}`,
    copy: 'Copier',
    copied: 'Copié',
    save: 'Enregistrer…',
    saved: 'Diagnostic enregistré',
    notSaved: 'Le diagnostic n’a pas été enregistré',
  },
  tryAgain: 'Réessayer',
  notSaved: 'Le réglage n’a pas été enregistré',

  appearance: 'Apparence',
  theme: 'Thème',
  language: 'Langue',
  languageHelp:
    'Les textes de la fenêtre. Le guide, les fiches de méthodes, les rapports, les noms de paramètres et la ligne de commande sont en anglais.',
  systemLanguage: 'Système',
  changeKeys: 'Modifier…',
  themes: { system: 'Système', light: 'Clair', dark: 'Sombre' },

  compute: 'Calcul',
  computeNote: 'par défaut pour les runs réglés sur auto',
  computeBackend: 'Backend de calcul',
  computeBackendHelp:
    'Automatique prend le premier du tableau qui est disponible, sauf si le benchmark en a trouvé un autre nettement plus rapide. Un job en cours garde son backend.',
  automatic: 'Automatique',
  notAvailable: (label) => `${label} (indisponible)`,
  probing: 'Vérification',
  threads: 'Threads CPU',
  threadsHelp: 'Les résultats ne sont identiques au bit près qu’à nombre égal. Laisser vide pour tous les cœurs.',
  threadsRange: (cores) => `Saisir 1–${cores}, ou laisser vide pour tous.`,
  allThreads: (cores) => `tous (${cores})`,
  all: 'tous',

  leftOver: {
    title: 'Dossiers résiduels',
    note: 'ne font partie d’aucun run, adaptateur ou modèle',
    button: 'Supprimer',
    verb: 'Supprimer',
    consequence: (count) =>
      `CoTo Studio n’a trouvé ${plural(count, { one: 'dans ce dossier', other: 'dans ces dossiers' })} ni run, ni checkpoint, ni adaptateur, ni modèle lisible.`,
    deleted: 'Dossiers résiduels supprimés',
    freed: (size) => `${size} libérés`,
    failed: 'Les dossiers n’ont pas été supprimés',
    question: (paths) =>
      paths.length === 1
        ? `Supprimer le dossier ${paths[0]} ?`
        : `Supprimer les ${formatCount(paths.length)} dossiers résiduels ?`,
  },

  targets: {
    title: 'Cibles',
    note: 'autres machines qui entraînent les runs d’une étude',
    none: 'Aucune pour le moment. Ajouter un cluster ou d’autres machines dans un terminal : coto targets add.',
    probe: 'Vérifier',
    failed: (name) => `${name} n’a pas été vérifiée`,
    ready: 'Une étude peut y tourner.',
    clean: 'Nettoyer',
    notListed: (name) => `Les fichiers sur ${name} n’ont pas pu être listés`,
    notCleaned: (name) => `${name} n’a pas été nettoyée`,
    nothingLeft: 'Aucune étude n’y a laissé quoi que ce soit.',
    removedStudy: 'Une étude supprimée',
    bundle: (study, runs) => `${study} (${runsOf(runs)})`,
    keptFor: (reason) => `Conservé : ${reason}.`,
    removable: 'Importé ; peut être supprimé.',
    remove: (bundles) => `Retirer ${bundlesOf(bundles)}`,
    consequence:
      'Supprime leurs réglages, journaux et résultats sur la cible. Les bases et les données y restent pour la prochaine étude. Les runs, adaptateurs et tableaux locaux restent.',
    removeQuestion: (bundles, name) => `Retirer ${bundlesOf(bundles)} de ${name} ?`,
  },

  evaluation: 'Évaluation',
  forgetting: 'Mesurer l’oubli',
  forgettingHelp:
    'Affiche à côté de chaque exactitude ce qu’un adaptateur coûte à sa base sur des entrées neutres fixes : quelques centaines d’images ou deux mille tokens par adaptateur.',

  unreadable: {
    title: 'Entrées illisibles',
    note: 'la base de données est endommagée ou d’une autre version',
    entry: (kind, id) => `${kind} ${id}`,
    delete: 'Supprimer',
    notDeleted: 'L’entrée n’a pas été supprimée',
  },

  backends: 'Backends de calcul',
  backendsNote: 'dans l’ordre où Automatique les essaie',
  benchmark: 'Benchmark',
  notBenchmarked: 'Les backends de calcul n’ont pas été mesurés',
  benchmarking: (label) => `Mesure de ${label}`,
  columns: { backend: 'Backend', device: 'Appareil', float32: 'float32', bfloat16: 'bfloat16', unit: 'GFLOPS' },
  float32Help: 'produit matriciel 512 × 512 × 512 (sur un GPU 2048), meilleur débit',
  bfloat16Help: 'le même produit en bfloat16 avec sommes en float32, si le backend le permet',
  inUse: 'utilisé',
  chosen: 'choisi',
  available: 'disponible',
  unavailable: 'indisponible',
  noDevice: 'Aucun appareil',
  software: 'rendu logiciel',
  largestTensor: (bytes) => `tenseurs jusqu’à ${bytes}`,
  withFloat16: 'float16',
  withoutFloat16: 'sans float16',

  tensorflow: {
    title: 'TensorFlow',
    note: 'facultatif, téléchargement volumineux',
    setUp: 'Installer',
    setUpAgain: 'Réinstaller',
    cancel: 'Annuler',
    failed: 'TensorFlow n’a pas été installé',
    progress: 'Installation de TensorFlow',
    log: 'Journal',
    isSetUp:
      'libtensorflow est installé. Le réinstaller après un changement de carte graphique, ou pour faire vérifier ses fichiers : seul ce qui manque ou est endommagé est téléchargé.',
    explanation:
      'Télécharge libtensorflow depuis PyPI (0.3 GB ; 3.4 GB avec CUDA, si un pilote NVIDIA est installé) et compile ses bindings. Nécessite g++ et Linux.',
    starting: 'Démarrage',
    running: (phase, done, total) => `${phase} : ${done} sur ${total}`,
    done: 'Installé. Le prochain job qui en a besoin l’utilisera.',
    cancelled: 'Annulé. Ce qui est déjà téléchargé est gardé pour la prochaine fois.',
    setupFailed: 'L’installation a échoué ; voir la fin du journal.',
  },

  updates: {
    title: 'Mises à jour',
    off: 'désactivées',
    onRequest: 'seulement sur demande',
    feed: 'Source',
    feedHelp: 'Adresse du dossier des versions. Rien n’est demandé avant « Rechercher des mises à jour ».',
    example: 'https://example.org/coto-studio/',
    turnOn: 'Activer…',
    turnOff: 'Désactiver',
    check: 'Rechercher des mises à jour',
    download: 'Télécharger',
    cancel: 'Annuler',
    progress: 'Téléchargement de la mise à jour',
    failed: 'La mise à jour a échoué',
    idle: 'Pas encore recherché.',
    checking: 'Recherche',
    current: 'Cette version est la plus récente.',
    available: (version, size) => `La version ${version} est disponible${size === null ? '' : ` (${size})`}.`,
    downloading: (version, done, size) =>
      `Téléchargement de ${version} : ${done}${size === null ? '' : ` sur ${size}`}`,
    ready: (version) => `La version ${version} est vérifiée. Elle sera installée à la fermeture.`,
  },

  machine: 'Cette machine',
  processor: 'Processeur',
  cores: (cpu, cores) => `${cpu}, ${plural(cores, { one: '# cœur', other: '# cœurs' })}`,
  memory: 'Mémoire',
  memoryFree: (free, total) => `${free} libres sur ${total}`,
  platform: 'Plateforme',
  home: 'Dossier principal',
  homeHelp:
    'Runs, adaptateurs, rapports et base de données. Pour en utiliser un autre, définir COTO_STUDIO_HOME avant le démarrage.',
  moveHome: {
    button: 'Déplacer le dossier principal…',
    choose: 'Déplacer le dossier principal vers',
    title: 'Déplacement du dossier principal',
    note: 'Rien d’autre n’est possible pendant ce temps. CoTo Studio redémarre à la fin. En cas d’annulation, le dossier reste où il est.',
    progress: 'Progression du déplacement',
    done: (phase, done, total, unit) => `${phase} : ${done} sur ${total} ${unit}`,
    cancel: 'Annuler',
    failed: 'Le dossier principal n’a pas été déplacé',
  },
  logs: 'Dossier des journaux',
  logsHelp: 'Un fichier par jour pour le backend et l’application. Joindre le plus récent pour signaler une erreur.',
  diskFree: 'Espace libre',

  versions: 'Versions',
  backendNode: 'Node du backend',
  sqlite: (version, schema) => `${version}, schéma ${schema}`,
  languageNotChanged: 'La langue n’a pas été changée',
};
