export { drive } from './drive.ts';
export { type NodeHost, type NodeHostOptions, nodeHost } from './host.ts';
export { secureRandom } from './random.ts';
export { type ResolverOptions, systemResolvers } from './resolvers.ts';
export { type ServeOptions, type Serving, serve } from './serve.ts';
export { Turn } from './turn.ts';
