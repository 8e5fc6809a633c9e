import { GhostError } from '../../ghost-error.ts';
import type { Command } from '../command.ts';

export const rename: Command = () => Promise.reject(new GhostError('internal', 'ghost rename is being built'));
