import type { Catalog } from '../catalog.ts';

export const tour: Catalog['tour'] = {
  label: 'Visite de la fenêtre',
  count: (at, all) => `Visite · ${at} sur ${all}`,
  skip: 'Passer la visite',
  back: 'Précédent',
  next: 'Suivant',
  done: 'Terminé',
  stops: {
    data: {
      title: 'Vos données',
      text: 'La liste contient de petits jeux de données fournis avec l’application. Ajouter les vôtres ici, ou déposer un fichier texte ou un dossier d’images sur la fenêtre.',
    },
    models: {
      title: 'Un modèle de base',
      text: 'Une petite base est déjà là. Ajouter ici un dossier de modèle ou un fichier GGUF, ou en télécharger un de Hugging Face.',
    },
    train: {
      title: 'Préparer un run',
      text: 'Choisir ici une base, un jeu de données et une recette, puis lancer. Tous les autres réglages ont une valeur qui convient ; le « ? » à côté d’un réglage l’explique.',
    },
    results: {
      title: 'Voir le résultat',
      text: 'Runs montre les courbes pendant l’entraînement d’un run. Son adaptateur est ensuite prêt à fusionner, à élaguer ou à essayer dans le Playground. Les études comparent les runs avec et sans CoTo. Aide › Visite de la fenêtre montre ceci à nouveau.',
    },
  },
};
