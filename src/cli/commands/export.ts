import { GhostError } from '../../ghost-error.ts';
import type { Command } from '../command.ts';

export const exportTask: Command = () => Promise.reject(new GhostError('internal', 'ghost export is being built'));
