export type { Handlers, RequestContext, RequestHandlers, StreamHandlers } from '../protocol/handlers.ts';
