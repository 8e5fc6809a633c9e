import { GhostError } from '../../ghost-error.ts';
import type { Command } from '../command.ts';

export const diff: Command = () => Promise.reject(new GhostError('internal', 'ghost diff is being built'));
