import { GhostError } from '../../ghost-error.ts';
import type { Command } from '../command.ts';

export const why: Command = () => Promise.reject(new GhostError('internal', 'ghost why is being built'));
