import { GhostError } from '../../ghost-error.ts';
import type { Command } from '../command.ts';

export const screen: Command = () => Promise.reject(new GhostError('internal', 'ghost ui is being built'));
