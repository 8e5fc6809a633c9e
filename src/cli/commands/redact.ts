import { GhostError } from '../../ghost-error.ts';
import type { Command } from '../command.ts';

export const redact: Command = () => Promise.reject(new GhostError('internal', 'ghost redact is being built'));
