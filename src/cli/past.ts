/**
 * The commands that look at the past in time. They are a bundle of their own, `dist/past.cjs`, which is loaded when one
 * of them is asked for: no other command has to load what only these need.
 */
export { audit } from './past/audit.ts';
export { diff } from './past/diff.ts';
export { exportCast, exportTask } from './past/export.ts';
export { openKeyInput } from './past/key-input.ts';
export { replay } from './past/replay.ts';
export { timeline } from './past/timeline.ts';
export { why } from './past/why.ts';
