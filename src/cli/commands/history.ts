import { GhostError } from '../../ghost-error.ts';
import type { Command } from '../command.ts';

export const history: Command = () => Promise.reject(new GhostError('internal', 'ghost history is being built'));
