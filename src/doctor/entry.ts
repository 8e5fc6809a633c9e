/** What `doctor.cjs` holds: all of the command line that reads files which only the daemon knows else. */
export { settingsSchema } from '../daemon/settings-schema.ts';
export { examine } from './examine.ts';
export { explainSettings } from './settings-origin.ts';
