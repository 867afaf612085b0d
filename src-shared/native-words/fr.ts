import { localeText } from '../format/locale-text.ts';
import type { NativeWords } from './native-words.ts';

const { plural } = localeText('fr');

export const french: NativeWords = {
  pageLabels: {
    home: 'Accueil',
    data: 'Données',
    models: 'Modèles',
    train: 'Entraîner',
    runs: 'Runs',
    adapters: 'Adaptateurs',
    merge: 'Fusion',
    prune: 'Élagage',
    playground: 'Playground',
    studies: 'Études',
    reports: 'Rapports',
    guide: 'Guide',
    settings: 'Réglages',
  },
  commandLabels: {
    'new-run': 'Nouveau run',
    'open-yaml': 'Ouvrir un run depuis un YAML…',
    'add-text-data': 'Ajouter des données texte…',
    'add-images': 'Ajouter un dossier d’images…',
    'add-model': 'Ajouter un dossier de modèle…',
    'import-adapter': 'Importer un dossier d’adaptateur…',
    'import-adapter-file': 'Importer un fichier d’adaptateur…',
    'import-runs': 'Importer des runs depuis un dossier…',
    'import-runs-file': 'Importer des runs depuis un fichier…',
    settings: 'Réglages',
    guide: 'Guide',
    'method-cards': 'Fiches de méthodes',
    'new-window': 'Nouvelle fenêtre',
    find: 'Rechercher dans la page…',
    back: 'Précédent',
    forward: 'Suivant',
    palette: 'Recherche et commandes',
    tour: 'Visite de la fenêtre',
    shortcuts: 'Raccourcis clavier',
  },
  menu: {
    file: '&Fichier',
    edit: '&Édition',
    go: '&Aller',
    view: '&Affichage',
    window: 'Fe&nêtre',
    help: 'Ai&de',
    logs: 'Afficher le dossier des journaux',
    about: 'À propos de CoTo Studio',
  },
  roles: {
    undo: 'Annuler',
    redo: 'Rétablir',
    cut: 'Couper',
    copy: 'Copier',
    paste: 'Coller',
    delete: 'Supprimer',
    selectAll: 'Tout sélectionner',
    zoomIn: 'Agrandir',
    zoomOut: 'Réduire',
    resetZoom: 'Taille réelle',
    togglefullscreen: 'Plein écran',
    close: 'Fermer la fenêtre',
    minimize: 'Réduire dans la barre',
    zoom: 'Agrandir la fenêtre',
    front: 'Tout ramener au premier plan',
    hide: 'Masquer CoTo Studio',
    hideOthers: 'Masquer les autres',
    unhide: 'Tout afficher',
    quit: 'Quitter',
  },
  tray: {
    idle: 'Rien n’est en cours',
    running: (jobs) => plural(jobs, { one: '# job en cours', other: '# jobs en cours' }),
    open: 'Ouvrir CoTo Studio',
  },
  quit: {
    pause: 'Mettre en pause et quitter',
    anyway: 'Quitter quand même',
    inBackground: 'Continuer en arrière-plan',
    one: (title) => `« ${title} » est encore en cours.`,
    several: (jobs) => plural(jobs, { one: '# job est encore en cours.', other: '# jobs sont encore en cours.' }),
    more: (jobs) => `et ${jobs} de plus`,
    allPause: (jobs) =>
      plural(jobs, {
        one: 'Il est mis en pause à la fermeture et peut être repris depuis l’Accueil au prochain démarrage.',
        other: 'Ils sont mis en pause à la fermeture et peuvent être repris depuis l’Accueil au prochain démarrage.',
      }),
    somePause:
      'Les entraînements sont mis en pause et peuvent être repris depuis l’Accueil au prochain démarrage ; les autres jobs sont annulés.',
    nonePause: (jobs) =>
      plural(jobs, {
        one: 'Il est annulé à la fermeture et devra être relancé.',
        other: 'Ils sont annulés à la fermeture et devront être relancés.',
      }),
    backgroundHelp: 'En arrière-plan, le travail continue sans la fenêtre : relancer CoTo Studio la fait revenir.',
  },
  cancel: 'Annuler',
  tryAgain: 'Réessayer',
  recovery: {
    message: 'La base de données du dossier personnel est endommagée ou perdue.',
    ways: 'Une sauvegarde contient tout tel qu’au jour où elle a été faite. Une base reconstruite contient ce que renferment les dossiers des modèles, des runs et des adaptateurs ; les études, les jobs et les rapports n’en font pas partie.',
    nothingDeleted:
      'Rien n’est supprimé : les fichiers endommagés sont déplacés dans le dossier « damaged » du dossier personnel.',
    restore: 'Restaurer la dernière sauvegarde',
    rebuild: 'Reconstruire à partir des dossiers',
  },
  move: {
    message: (to) => `Déplacer le dossier personnel vers ${to} ?`,
    detail: (bytes, from, free) =>
      `${bytes} sont copiés depuis ${from} et comparés ; ${free} y sont libres. Les anciens fichiers sont ensuite supprimés, sauf si vous les gardez. CoTo Studio redémarre à la fin.`,
    move: 'Déplacer',
    keep: 'Déplacer et garder les anciens fichiers',
  },
  updates: {
    message: (host) => `Obtenir les nouvelles versions depuis ${host} ?`,
    detail: (address) =>
      `${address} n’est interrogé que lorsque vous choisissez Rechercher des mises à jour. Ce qu’il propose n’est installé que s’il est signé avec la clé de publication de cette application.`,
    turnOn: 'Activer',
  },
};
