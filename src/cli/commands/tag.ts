import { GhostError } from '../../ghost-error.ts';
import type { Command } from '../command.ts';

export const tag: Command = () => Promise.reject(new GhostError('internal', 'ghost tag is being built'));
