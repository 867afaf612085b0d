import { linkHint, linkText } from '../../files/below.ts';
import { findLinks } from '../recovery/orphans.ts';
import type { DoctorCheck } from './check.ts';

export const links: DoctorCheck = {
  id: 'links',
  label: 'Links in the home',
  run: (services) =>
    findLinks(services).map((path) => ({ message: linkText(services.home.path, path), hint: linkHint })),
};
