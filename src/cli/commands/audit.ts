import { GhostError } from '../../ghost-error.ts';
import type { Command } from '../command.ts';

export const audit: Command = () => Promise.reject(new GhostError('internal', 'ghost audit is being built'));
