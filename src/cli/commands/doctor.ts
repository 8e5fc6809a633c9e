import { GhostError } from '../../ghost-error.ts';
import type { Command } from '../command.ts';

export const doctor: Command = () => Promise.reject(new GhostError('internal', 'ghost doctor is being built'));
