import { GhostError } from '../../ghost-error.ts';
import type { Command } from '../command.ts';

export const timeline: Command = () => Promise.reject(new GhostError('internal', 'ghost timeline is being built'));
