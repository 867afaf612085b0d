import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';
import { adaptersOf, jobsOf, plural, runsOf, studiesOf } from './counts.ts';

export const home: Catalog['home'] = {
  title: 'Accueil',
  summary: (runs, studies) => [runsOf(runs), ...(studies > 0 ? [studiesOf(studies)] : [])].join(', '),
  tryAgain: 'Réessayer',

  now: 'En ce moment',
  nothing: 'Rien en cours.',
  startRun: 'Préparer un run',
  starting: 'Démarrage',
  cancel: 'Annuler',
  cancelJob: (title) => `Annuler ${title}`,
  progressOf: (title) => `Progression : ${title}`,
  liveLoss: 'Perte d’entraînement du job en cours',
  liveStrip: 'Couches actives du job en cours',
  queue: 'File d’attente',
  queued: jobsOf,
  left: (duration) => `environ ${duration} au total`,
  partsOfStudies: (count) => `et ${plural(count, { one: '# partie', other: '# parties' })} d’études`,
  more: (count) => `et ${plural(count, { one: '# autre', other: '# autres' })}`,
  pauseQueue: 'Suspendre la file',
  resumeQueue: 'Reprendre la file',
  pauseHelp:
    'Le job en cours continue. Aucun autre entraînement ni aucune étude ne démarre avant la reprise de la file d’attente.',
  move: (title) => `Déplacer ${title}`,
  moveHelp: 'Faire glisser, ou utiliser les flèches haut et bas, pour changer l’ordre',

  away: 'Pendant votre absence',
  attention: 'À traiter',
  finishedCount: (count) => plural(count, { one: '# terminé', other: '# terminés' }),
  interruptedCount: (count) => plural(count, { one: '# interrompu', other: '# interrompus' }),
  failedCount: (count) => plural(count, { one: '# échoué', other: '# échoués' }),
  pausedByQuitting: (count) =>
    plural(count, {
      one: '# run a été mis en pause à la fermeture',
      other: '# runs ont été mis en pause à la fermeture',
    }),
  pausedCount: (count) => `${formatCount(count)} en pause`,
  resume: 'Reprendre',
  resumeOne: (name) => `Reprendre ${name}`,
  resumeAll: 'Tout reprendre',
  dismiss: 'Ignorer',
  dismissOne: (name) => `Ignorer ${name}`,
  dismissAll: 'Tout ignorer',
  dismissed: (count) => plural(count, { one: '# entrée ignorée', other: '# entrées ignorées' }),
  runNotResumed: 'Le run n’a pas été repris',
  studyNotResumed: 'L’étude n’a pas été reprise',
  quitDuring: 'CoTo Studio s’est fermé pendant ce run.',
  notStarted: 'non démarré',
  step: (step, total) =>
    total === null ? `étape ${formatCount(step)}` : `étape ${formatCount(step)} sur ${formatCount(total)}`,

  checklist: {
    title: 'Premiers pas',
    note: 'marche hors ligne avec le modèle et les données fournis',
    progress: (done, all) => `${done} sur ${all} faits`,
    allDone: 'Tout est fait.',
    done: 'Fait :',
    running: 'En cours…',
    demo: {
      title: 'Lancer l’étude de démo',
      text: 'Entraîne LoRA avec et sans CoTo sur deux graines, puis fusionne, interpole et élague les adaptateurs et écrit un rapport. La version courte prend jusqu’à une minute sur deux cœurs, la complète de trois à vingt minutes selon le matériel.',
    },
    report: {
      title: 'Voir le rapport',
      text: 'Un seul fichier avec la comparaison, ses figures, ses réglages et ses hashes. Il s’ouvre ici.',
      action: 'Ouvrir le rapport',
      none: 'Disponible après la démo.',
    },
    data: {
      title: 'Ajouter ses données',
      text: 'Un fichier texte (CSV, JSONL, Parquet…), ou un dossier contenant un dossier d’images par classe.',
      action: 'Ajouter un jeu de données',
    },
    model: {
      title: 'Ajouter son modèle',
      text: 'Un dossier de modèle de Hugging Face, un fichier GGUF ou un téléchargement depuis le hub.',
      action: 'Ajouter un modèle',
    },
    merge: {
      title: 'Faire une première fusion',
      text: 'Faire glisser deux adaptateurs d’une même base sur l’établi et appuyer sur Fusionner.',
      action: 'Ouvrir Fusion',
    },
  },

  demo: {
    title: 'Étude de démo',
    note: 'base et données fournies',
    text: 'LoRA avec et sans CoTo, deux graines chacun, puis fusion et élagage, avec un rapport.',
    length: 'Durée de l’étude de démo',
    quick: 'Courte',
    full: 'Complète',
    start: 'Lancer l’étude de démo',
    notStarted: 'L’étude de démo n’a pas été lancée',
    queued: 'Étude de démo mise en file d’attente',
    contents: (runs, studies) => `${runsOf(runs)} et ${studiesOf(studies)}`,
  },

  findings: {
    title: 'La démo est terminée',
    metric: 'Métrique',
    difference: 'Différence',
    note: (pairs) =>
      pairs < 2
        ? 'Différence : avec CoTo moins sans.'
        : 'Différence : avec CoTo moins sans, appariée par graine ; ± est la moitié de l’intervalle à 95 %.',
    open: 'Ouvrir le rapport',
  },

  goOn: {
    title: 'Continuer',
    report: 'Dernier rapport',
    comparison: 'Dernière comparaison',
    comparedRuns: runsOf,
    bench: 'Établi de fusion',
    adapters: adaptersOf,
  },

  machine: {
    title: 'Cette machine',
    settings: 'Réglages',
    backend: 'Backend de calcul',
    memory: 'Mémoire',
    gpuMemory: 'Mémoire GPU',
    gpuHelp: (name) => `${name} : part de sa mémoire utilisée par tous les programmes`,
    gpuUtilization: 'Utilisation du GPU',
    memoryHelp: 'Part de la mémoire utilisée par le backend',
    of: (used, total) => `${used} sur ${total}`,
    storage: 'Espace utilisé',
    detecting: 'détection…',
    disk: 'Espace libre',
  },

  recent: {
    title: 'Runs récents',
    all: 'Tous les runs',
    label: 'Runs récents',
    columns: { name: 'Run', score: 'Score', step: 'Étape', finished: 'Fin' },
    withCoto: 'avec CoTo',
    scoreHelp: 'Exactitude ; pour les modèles de langue, correspondance exacte ou perplexité',
    stepHelp: 'Médiane de la durée réelle d’une étape de l’optimiseur',
  },
  jobNotStopped: 'Le run n’a pas été arrêté',
  jobNotMoved: 'Le job n’a pas été déplacé',
  queueNotChanged: 'La file d’attente n’a pas été modifiée',
  cancelEndsAtOnce: 'Le job s’arrête tout de suite et rien n’est enregistré.',
};
