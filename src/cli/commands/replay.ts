import { GhostError } from '../../ghost-error.ts';
import type { Command } from '../command.ts';

export const replay: Command = () => Promise.reject(new GhostError('internal', 'ghost replay is being built'));
